import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CapsDocument } from '../../src/cli/page/caps-document';
import type { CapRun } from '../../src/simulator/caps';
import { run } from './_shell';
import { SimulatedCluster } from './_simulated';

const folder = mkdtempSync(path.join(tmpdir(), 'caps-'));
afterAll(() => rmSync(folder, { recursive: true }));

const simulated = (words: string) => run(`simulate ${words}`.split(' '));

async function asJson(words: string): Promise<CapsDocument> {
  const { code, out } = await simulated(`${words} -o json`);
  expect(code).toBe(0);
  return JSON.parse(out) as CapsDocument;
}

describe('an upgrade with several caps', () => {
  test('takes longer with a lower one, and fewer devices are offline at once', async () => {
    const document = await asJson('--clients 2000 --nodes 5 --cap 400,100,200,100');
    expect(document).toMatchObject({ clients: 2_000, offlineDevices: 200, nodes: 5, from: '4.4.14', to: '4.4.15' });
    const runs = document.caps as CapRun[];
    expect(runs.map(({ capPerSecond }) => capPerSecond)).toEqual([100, 200, 400]);
    const durations = runs.map(({ report }) => report.durationMs);
    expect(durations).toEqual([...durations].sort((a, b) => b - a));
    const away = runs.map(({ mostDevicesAway }) => mostDevicesAway);
    expect(away).toEqual([...away].sort((a, b) => a - b));
    for (const { capPerSecond, report, mostDevicesAway, offlineDeviceSeconds } of runs) {
      expect(report).toMatchObject({ outcome: 'completed', disconnectsPerClient: { max: 1 }, capPerSecond });
      expect(report.peakDisconnectsPerSecond).toBeLessThanOrEqual(capPerSecond);
      expect(mostDevicesAway).toBeGreaterThanOrEqual(2_000 - Math.min(...report.seconds.connected));
      expect(mostDevicesAway).toBeLessThanOrEqual(2 * capPerSecond);
      expect(offlineDeviceSeconds).toBeGreaterThan(0);
    }
  });

  test('is what the same upgrade with that rate is', async () => {
    const { caps } = await asJson('--clients 300 --cap 50,60');
    const { out } = await simulated('--clients 300 --rate 60 --seed 1 -o json');
    const { report } = JSON.parse(out) as { report: CapRun['report'] };
    const { outcome, clients, disconnectsPerClient, refusedConnects } = (caps[1] as CapRun).report;
    expect({ outcome, clients, disconnectsPerClient, refusedConnects }).toEqual({
      outcome: report.outcome,
      clients: report.clients,
      disconnectsPerClient: report.disconnectsPerClient,
      refusedConnects: report.refusedConnects,
    });
  });

  test('is shown as a table and a chart', async () => {
    const { code, out, err } = await simulated('--clients 300 --cap 50,100');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const blocks = out.trimEnd().split('\n\n');
    expect(blocks[0]).toMatch(
      /^This is a model in virtual time: .*\ndefault\/emqx-ee: 4.4.14 → 4.4.15, 3 nodes, 300 devices and 30 /,
    );
    expect(blocks[1]).toMatch(/^cap per second +50 +100\nwhole upgrade +\S+/);
    expect(blocks[2]).toMatch(/\n {1}50\/s {2}█+ \S.* {2}█+░+ \d+\n100\/s {2}█+░+ .* {2}█+ \d+$/);
    expect(blocks[3]).toMatch(/ were simulated in /);
  });

  test('which listeners of real nodes would not accept is named', async () => {
    const file = path.join(folder, 'high.html');
    const { out } = await simulated(`--clients 300 --cap 100,4000 --html ${file}`);
    const words = out.replaceAll(/\s+/g, ' ');
    expect(words).toMatch(
      / 4,000\/s: the new nodes accept 3000 connections\/s by mqtt .*; the model has no such limit /,
    );
    expect(words).not.toContain('100/s: the new nodes');
    expect(readFileSync(file, 'utf8')).toContain('4,000/s: the new nodes accept 3000 connections/s');
    const { caps } = await asJson('--clients 300 --cap 100,4000');
    expect(caps.map((run) => 'notModelled' in run)).toEqual([false, true]);
  });

  test('with an adaptive pace says so', async () => {
    const { out } = await simulated('--clients 300 --cap 50,100 --pacing adaptive');
    expect(out).toMatch(/ 30 offline ones, adaptive pacing\n/);
    expect(await asJson('--clients 300 --cap 50 --pacing adaptive')).toMatchObject({ pacing: 'adaptive' });
  });

  test('is written as a page that names each cap', async () => {
    const file = path.join(folder, 'caps.html');
    const { err } = await simulated(`--clients 300 --cap 50,100 --html ${file}`);
    expect(err).toBe(`the report is in ${file}\n`);
    const page = readFileSync(file, 'utf8');
    for (const text of [
      'emqx-ee: EMQX 4.4.14 → 4.4.15',
      'At most 50 a second',
      'At most 100 a second',
      'devices offline',
    ])
      expect(page).toContain(text);
    expect(page).not.toContain('<script');
  });

  test('of a cluster that cannot be upgraded says why for each, and exits as blocked', async () => {
    const { code, out } = await simulated('--clients 90000 --cap 1 -o json');
    expect(code).toBe(3);
    const { caps } = JSON.parse(out) as CapsDocument;
    expect(caps).toEqual([
      {
        capPerSecond: 1,
        reason: expect.stringMatching(/^the upgrade would take \d+ hours; at most 24 are simulated$/),
      },
    ]);
  });

  test.each([
    ['--cap 10,x', /'--cap' \("x"\) must be a whole number from 1 to 1000000: /],
    ['--cap 10 --rate 5', /'--cap <per second>' cannot be used with option '--rate <per second>'/],
    ['--nodes 3 --replicas 5', /'--nodes <count>' cannot be used with option '--replicas <count>'/],
    ['--from-cluster a -f b.yaml', /'--from-cluster <name>' cannot be used with option '-f, --file <manifest>'/],
  ])('is not simulated with %s', async (words, message) => {
    expect(await simulated(words)).toMatchObject({ code: 2, err: expect.stringMatching(message) });
  });
});

describe('a cluster that runs', () => {
  test.each([
    ['EmqxEnterprise', 'emqx-ee', '4.4.14'],
    ['EMQX', 'emqx', '5.8.8'],
  ] as const)(
    'is simulated with its nodes and its devices, and nothing is written to it: %s',
    async (kind, name, from) => {
      const cluster = await SimulatedCluster.atRest(300, kind);
      const { code, out } = await cluster.run(`simulate --from-cluster ${name} --cap 50,100 -o json`);
      expect(code).toBe(0);
      const document = JSON.parse(out) as CapsDocument;
      expect(document).toMatchObject({ cluster: name, from, clients: 300, offlineDevices: 30, nodes: 3 });
      expect(document.caps).toHaveLength(2);
      expect(cluster.traces).toEqual([]);
    },
  );

  test('may be simulated with more devices than it has', async () => {
    const cluster = await SimulatedCluster.atRest(30);
    const { out } = await cluster.run('simulate --from-cluster emqx-ee --clients 500 --nodes 4 --cap 100 -o json');
    expect(JSON.parse(out)).toMatchObject({ clients: 500, offlineDevices: 50, nodes: 4 });
  });

  test('that is not there is named', async () => {
    const cluster = await SimulatedCluster.atRest(30);
    const { code, err } = await cluster.run('simulate --from-cluster other');
    expect(code).not.toBe(0);
    expect(err).toContain('other');
  });
});
