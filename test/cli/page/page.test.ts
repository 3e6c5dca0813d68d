import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { ReportDocument } from '../../../src/cli/page/document';
import { renderPage } from '../../../src/cli/page/page';
import { run } from '../_shell';
import { eventful } from './_document';

/** Every tag with the names of its attributes, in order: what a browser makes of a page, but for its texts. */
function structureOf(page: string): string[] {
  const [, body = ''] = page.split('</style>');
  return [...body.matchAll(/<(\/?[a-z][^\s>]*)([^>]*)>/gi)].map(([, tag, attributes = '']) => {
    const rest = attributes.replace(/"[^"]*"/g, '""');
    return `${tag}${rest}`;
  });
}

/** The same report of a cluster in which everything that has a name has this one. */
function named(name: string): ReportDocument {
  const plain = eventful();
  return {
    ...plain,
    namespace: name,
    cluster: name,
    run: name,
    drivers: [name],
    from: { version: name, set: name },
    to: { version: name, set: name },
    incidents: plain.incidents.map((incident) => ({ ...incident, what: name, subjects: [name] })),
    shares: plain.shares.map((share) => ({ ...share, pod: `${name}${share.pod}` })),
    series: { ...plain.series!, nodes: plain.series!.nodes.map((node) => ({ ...node, pod: name })) },
    comparisons: [{ outcome: 'cannot', driver: 'operator', reason: name }],
  };
}

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onload='alert(1)",
  '</title></style></svg><script>',
  '<!--',
  ']]>',
  '&lt;script&gt;',
  '&#60;b&#62;',
  '\u202egnp.exe',
  '\u0000\u001b[2J',
  '{{7*7}}',
];

describe('the page of a report', () => {
  test('is one file without script, network, or anything that its own policy would not allow', () => {
    const page = renderPage(eventful()).replaceAll('&#39;', "'");
    expect(page).not.toMatch(/<script|\son\w+=|javascript:|<iframe|<object|<form|\sstyle=|@import|url\(/i);
    // No address but the name of SVG in the icon.
    expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/(https?:)?\/\/\w/);
    const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(
      page.includes(
        `content="default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'"`,
      ),
    ).toBe(true);
  });

  test('says what, when, who and how it ended, and numbers the incidents as the charts do', () => {
    const page = renderPage(eventful());
    for (const text of [
      'Completed with losses',
      'mqtt/emqx',
      '2026-01-01 00:00:00 UTC',
      'ana@laptop, runner@pod-0',
      '78 sessions lost',
      'of it paused',
      '<text class="mark red" x="33.33%" y="-4" text-anchor="middle">1</text>',
    ]) {
      expect(page).toContain(text);
    }
  });

  test('is the same page whatever a cluster calls its objects', () => {
    const expected = structureOf(renderPage(named('name')));
    expect(expected.length).toBeGreaterThan(200);
    const strings = fc.oneof(
      fc.constantFrom(...HOSTILE),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'<>"\'&/=! -`') }),
    );
    fc.assert(
      fc.property(strings, (name) => {
        expect(structureOf(renderPage(named(`x${name}`)))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('shows no control character, and none that turns the direction of writing', () => {
    const page = renderPage(named(HOSTILE.join('')));
    expect(page).not.toMatch(/[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  test('has no id twice, and every chart has a title, a description and its numbers', () => {
    const page = renderPage(eventful());
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const charts = [...page.matchAll(/role="img" aria-labelledby="([^"]*)" aria-describedby="([^"]*)"/g)];
    expect(charts).toHaveLength(5);
    for (const [, title, description] of charts) expect(ids).toEqual(expect.arrayContaining([title, description]));
    expect(page.match(/<details>/g)).toHaveLength(5);
  });

  test('says that not all is back, which devices never come back, and what keeps them', async () => {
    const half = 'mosquitto-mqtt5=50%,paho-python=50%';
    const { out } = await run(`simulate --clients 60 --offline-budget none --devices ${half} -o json`.split(' '));
    const text = renderPage((JSON.parse(out) as { record: ReportDocument }).record)
      .split('</style>')[1]!
      .replace(/<[^>]*>/g, ' ');
    expect(text).toContain('Completed, but not all is as before');
    expect(text).toMatch(/Never back\s+30\s+\d+/);
    expect(text).toMatch(/Connected, without their subscription\s+0\s+\d+/);
    expect(text).toMatch(/libmosquitto 2\.0\.11 .* the DISCONNECT of an eviction ends them/);
    expect(text).toContain('To keep them: run the program again');
  });

  test('never shows what is unknown as zero', () => {
    const unknown = eventful({
      connections: null,
      sessions: null,
      subscriptions: null,
      after: null,
      sessionsLost: null,
      hasLosses: false,
      peakDisconnectsPerSecond: null,
      planned: null,
      drivers: [],
      series: null,
      incidents: [],
    });
    const text = renderPage(unknown)
      .split('</style>')[1]!
      .replace(/<[^>]*>/g, ' ');
    expect(text).toMatch(/Sessions lost\s+unknown/);
    expect(text).toMatch(/Connections\s+unknown before\s+unknown after/);
    expect(text).toMatch(/Most devices offline\s+unknown/);
    expect(text).toContain('Nothing was observed over time');
    expect(text).toContain('not on record');
  });

  test.each(['completed', 'aborted'] as const)('draws each node in the colour of its set: %s', (outcome) => {
    const plain = eventful();
    // In an abort the new nodes are those that are evacuated.
    const pod = `${outcome === 'aborted' ? plain.to.set : plain.from.set}-0`;
    const page = renderPage({ ...plain, outcome, shares: [{ ...plain.shares[0]!, pod }] });
    const tones = [...page.matchAll(/<path class="line thin (blue|green)"/g)].map(([, tone]) => tone);
    expect(tones).toEqual(['blue', 'blue', 'green']);
  });

  test('leaves gaps in the lines where a number is unknown, and where nobody observed', () => {
    const page = renderPage(eventful());
    // Blue: until nobody observed, and after that. Green: also without the node that was silent.
    const lines = (tone: string) =>
      [...page.matchAll(new RegExp(`<path class="line ${tone}" d="([^"]*)"`, 'g'))].map(
        ([, d = '']) => d.match(/M/g)?.length ?? 0,
      );
    expect(lines('blue')[1]).toBe(2);
    expect(lines('green')[1]).toBe(3);
  });
});
