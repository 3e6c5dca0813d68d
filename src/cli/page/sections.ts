import { max } from 'd3-array';
import { line } from 'd3-shape';
import type { Comparison } from '../../simulator/comparison';
import type { RunReport } from '../../simulator/run-report';
import { GATE_NAMES } from '../../upgrade';
import { deafTexts, lossesOf } from '../render/losses';
import { neverBack, retrying, willLines, willText } from '../render/report';
import { count, known, moment, time } from '../render/text';
import { wayName } from './charts';
import type { ReportDocument } from './document';
import { table } from './figures';
import { type Html, html } from './html';
import { pointsOf } from './points';
import { elapsed } from './time-axis';
import { round } from './time-chart';

const SOURCES: Readonly<Record<ReportDocument['source'], string | undefined>> = {
  cluster: undefined,
  simulation: 'This is a model in virtual time: no cluster was touched.',
  demo: 'This is a simulated cluster on one machine, with real MQTT clients.',
};

/** What, when, who, and how it ended. */
export function headline(document: ReportDocument): Html {
  const { namespace, cluster, from, to, startedAt, finishedAt, durationMs, driver, drivers, source } = document;
  const who = [...new Set(drivers.map((holder) => holder.split(' ')[0]!))];
  const facts: [string, string | Html][] = [
    ['Cluster', `${namespace}/${cluster}`],
    ['Began', html`<time datetime="${moment(startedAt)}">${momentText(startedAt)}</time>`],
    ['Ended', html`<time datetime="${moment(finishedAt)}">${momentText(finishedAt)}</time>`],
    ['Took', took(durationMs)],
    ['Driven by', driver === 'pilot' ? 'the pilot, with the operator held' : 'the operator alone'],
    ['Run from', who.length > 0 ? who.join(', ') : 'not on record'],
    ['Nodes', `${from.set} → ${to.set}`],
  ];
  const { text, tone } = outcomeOf(document);
  return html`<header>
<p class="badge ${tone}">${text}</p>
<h1>${cluster}: EMQX ${from.version} → ${to.version}</h1>
${SOURCES[source] !== undefined && html`<p class="note">${SOURCES[source]}</p>`}
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>`;
}

function outcomeOf({ outcome, hasLosses, incidents, devices, gates }: ReportDocument): { text: string; tone: string } {
  const lost = hasLosses || (devices?.sessionsLost ?? 0) > 0;
  if (outcome === 'aborted') return { text: 'Aborted: the cluster is as it was before', tone: 'amber' };
  if (lost) return { text: 'Completed with losses', tone: 'red' };
  if (gates.some(({ verdict }) => verdict === 'not passed')) {
    return { text: 'Completed, but not all is as before', tone: 'amber' };
  }
  return incidents.length > 0
    ? { text: 'Completed, with incidents', tone: 'amber' }
    : { text: 'Completed', tone: 'green' };
}

/** The few figures that matter most. */
export function keyFigures(document: ReportDocument): Html {
  const { devices, capPerSecond, driver, series, planned, sessionsLost, incidents } = document;
  const peak = devices?.peakDisconnectsPerSecond ?? document.peakDisconnectsPerSecond;
  const away = mostAway(document);
  const cards: [name: string, value: string, note: string][] = [
    [
      'Sessions lost',
      known(devices?.sessionsLost ?? sessionsLost),
      devices ? 'as the devices saw' : 'as far as observed',
    ],
    ['Most disconnects in a second', known(peak), driver === 'pilot' ? `cap ${count(capPerSecond)}` : 'no cap'],
    [
      'Most devices offline',
      known(away),
      planned?.devicesAway == null || series === null ? 'at a time' : `planned ${count(planned.devicesAway)}`,
    ],
    ['Incidents', count(incidents.length), incidents.length > 0 ? 'listed below' : 'nothing went wrong'],
  ];
  return html`<ul class="cards">${cards.map(
    ([name, value, note]) => html`<li><span>${name}</span><strong>${value}</strong><span>${note}</span></li>`,
  )}</ul>`;
}

function mostAway({ series }: ReportDocument): number | null {
  const seen = series?.away.filter((value) => value !== null) ?? [];
  return max(seen) ?? null;
}

/** What was planned, beside what came of it. */
export function planTable(document: ReportDocument): Html {
  const { planned, durationMs, evacuateMs, lowerBoundMs, devices, connections, sessions, subscriptions, after } =
    document;
  const { gates, rollback, pausedMs, ratio } = document;
  const duration = (ms: number | null | undefined) => (ms == null ? 'unknown' : took(ms));
  const rows: [string, string, string][] = [
    ['Whole upgrade', `about ${duration(planned?.estimateMs)}`, took(durationMs)],
    ...(evacuateMs > 0
      ? ([
          [
            'Evacuation',
            `about ${duration(planned?.evacuateMs)}`,
            `${took(evacuateMs)}${pausedMs > 0 ? `, of it paused ${took(pausedMs)}` : ''}`,
          ],
          [
            'Lower bound of it',
            duration(planned?.lowerBoundMs),
            `${took(lowerBoundMs)}${ratio === null ? '' : ` (× ${ratio.toFixed(3)})`}`,
          ],
        ] as [string, string, string][])
      : []),
    [
      'Most disconnects in a second',
      known(planned?.peakDisconnectsPerSecond ?? null),
      known(devices?.peakDisconnectsPerSecond ?? document.peakDisconnectsPerSecond),
    ],
    ['Most devices offline', known(planned?.devicesAway ?? null), known(mostAway(document))],
    ['Connections', `${known(connections)} before`, `${known(after?.connections ?? null)} after`],
    ['Sessions', `${known(sessions)} before`, `${known(after?.sessions ?? null)} after`],
    ['Subscriptions', `${known(subscriptions)} before`, `${known(after?.subscriptions ?? null)} after`],
    ...gates.map(({ id, verdict, after, least, most }): [string, string, string] => [
      GATE_NAMES[id][0]!.toUpperCase() + GATE_NAMES[id].slice(1),
      least === undefined ? `at most ${known(most ?? null)}` : `at least ${known(least)}`,
      `${known(after)}: ${verdict}`,
    ]),
    ...(rollback
      ? ([['Moved, and moved back', '–', `${known(rollback.moved)}, ${known(rollback.movedBack)}`]] as [
          string,
          string,
          string,
        ][])
      : []),
  ];
  return table('Plan and outcome', ['figure', 'plan', 'outcome'], rows);
}

/** The phases as bars on one time axis. */
export function timeline({ phases, durationMs }: ReportDocument): Html {
  const span = Math.max(1, durationMs);
  let from = 0;
  const rows = phases.map(({ phase, ms }) => {
    const bar = html`<svg class="spark" width="100%" height="14" aria-hidden="true"><line class="grid" x1="0" x2="100%" y1="7" y2="7"/><rect class="bar fill blue" x="${round((from / span) * 100)}%" width="${round(Math.max(0.4, (ms / span) * 100))}%" y="1" height="12" rx="2"/></svg>`;
    const row = [phase, elapsed(from, span), took(ms), bar];
    from += ms;
    return row;
  });
  return table('Phases', ['phase', 'began', 'took', 'when'], rows);
}

/** What went wrong, in the order of the marks in the charts. */
export function incidentList({ incidents, startedAt, durationMs }: ReportDocument): Html {
  if (incidents.length === 0) return html`<p>None: nothing went wrong that the run noticed.</p>`;
  return html`<ol class="incidents">${incidents.map(({ at, endedAt, what, devicesAway, sessionsLost }) => {
    const cost = [
      ...(endedAt === undefined ? [] : [`over after ${took(endedAt - at)}`]),
      ...(devicesAway === undefined ? [] : [`at most ${count(devicesAway)} devices offline`]),
      ...(sessionsLost ? [`${count(sessionsLost)} sessions lost`] : []),
    ];
    return html`<li><p><strong>${elapsed(at - startedAt, durationMs)}</strong> ${what}</p>${cost.length > 0 && html`<p class="note">${cost.join(', ')}</p>`}</li>`;
  })}</ol>`;
}

/** Each node with its share of the cap and its connections over time. */
export function nodeTable(document: ReportDocument): Html | undefined {
  const { series, shares, startedAt, durationMs, from, stages = [] } = document;
  const old = [from.set, ...stages.map((stage) => stage.from)];
  const isBlue = (pod: string) => old.some((set) => pod.startsWith(`${set}-`));
  const pods = (series ? series.nodes : shares)
    .map(({ pod }) => pod)
    .sort((a, b) => Number(isBlue(b)) - Number(isBlue(a)) || a.localeCompare(b, 'en', { numeric: true }));
  if (pods.length === 0) return undefined;
  const highest = max(series?.nodes ?? [], ({ connections }) => max(connections, (value) => value ?? 0)) || 1;
  const rows = pods.map((pod) => {
    const values = series?.nodes.find((node) => node.pod === pod)?.connections ?? [];
    const seen = values.filter((value) => value !== null);
    const share = shares.find((each) => each.pod === pod);
    const points = series ? pointsOf({ ...document, startedAt }, series, values) : [];
    const path = line<(typeof points)[number]>(
      ({ at }) => round((at / Math.max(1, durationMs)) * 200),
      ({ value }) => round(27 - ((value ?? 0) / highest) * 25),
    ).defined(({ value }) => value !== null)(points);
    const tone = isBlue(pod) ? 'blue' : 'green';
    return [
      pod,
      share ? `${count(share.connectionsPerSecond)}/s` : '–',
      seen.length > 0 ? count(seen[0]!) : 'unknown',
      seen.length > 0 ? count(max(seen)!) : 'unknown',
      seen.length > 0 ? count(seen.at(-1)!) : 'unknown',
      html`<svg class="spark" width="100%" height="28" viewBox="0 0 200 28" preserveAspectRatio="none" aria-hidden="true"><path class="line thin ${tone}" d="${path ?? ''}"/></svg>`,
    ];
  });
  return table(
    'Connections of each node',
    ['node', 'share of the cap', 'at first', 'most', 'at last', 'over time'],
    rows,
  );
}

/** What the devices saw, for each way. */
export function deviceTable(document: ReportDocument): Html {
  const { devices, comparisons } = document;
  if (!devices) {
    return html`<p>How often and for how long each device was disconnected, only the devices know: the cluster does not count it. What the nodes counted is above.</p>`;
  }
  const ways: readonly Comparison[] = [devices, ...comparisons];
  const contenders = ways.flatMap((report) => (report.outcome === 'cannot' ? [] : [{ by: wayName(report), report }]));
  const row = (name: string, of: (report: RunReport) => string) => [
    name,
    ...ways.map((way) => (way.outcome === 'cannot' ? '–' : of(way))),
  ];
  const longest = Math.max(
    ...ways.map((way) => (way.outcome === 'cannot' ? 0 : way.disconnectsPerClient.histogram.length)),
  );
  const rows = [
    ['Outcome', ...ways.map(({ outcome }) => outcome)],
    row('Duration', ({ durationMs }) => took(durationMs)),
    row('Devices', ({ clients }) => count(clients)),
    row('Disconnects per device', ({ disconnectsPerClient: { mean, max } }) => `${mean.toFixed(3)}, at most ${max}`),
    ...Array.from({ length: longest }, (_, times) =>
      row(times === 1 ? '– once' : `– ${times} times`, ({ disconnectsPerClient }) =>
        count(disconnectsPerClient.histogram[times] ?? 0),
      ),
    ),
    row('Offline, half of the times', ({ offlineMs }) => `up to ${took(offlineMs.p50)}`),
    row('Offline, at most', ({ offlineMs }) => took(offlineMs.max)),
    row('Most disconnects in a second', (way) => count(way.peakDisconnectsPerSecond)),
    row('Most reconnects in a second', (way) => count(way.peakReconnectsPerSecond)),
    row('Refused attempts to connect', ({ refusedConnects }) => count(refusedConnects)),
    row('Sessions moved by nodes', ({ sessionsMoved }) => count(sessionsMoved)),
    row('Sessions found again', ({ sessionsKept }) => count(sessionsKept)),
    row('Sessions lost', ({ sessionsLost }) => count(sessionsLost)),
    ...[
      { name: 'Connected, without their subscription', of: ({ deaf }: RunReport) => deaf },
      { name: 'Never back', of: neverBack },
      { name: 'Still offline', of: retrying },
    ].flatMap(({ name, of }) =>
      contenders.some(({ report }) => of(report) > 0) ? [row(name, (report) => count(of(report)))] : [],
    ),
    ...(contenders.some(({ report }) => report.wills)
      ? [row('Wills published', ({ wills }) => (wills ? willText(wills) : '–'))]
      : []),
  ];
  const reasons = [
    ...comparisons.flatMap((way) => (way.outcome === 'cannot' ? [`The ${wayName(way)} cannot: ${way.reason}`] : [])),
    ...willLines(contenders),
    ...deafTexts(contenders),
  ];
  const losses = lossesOf(contenders);
  const never =
    losses.length > 0 &&
    html`<h3>Devices that never come back</h3><ul>${losses.map(
      ({ text, fix }) => html`<li>${text}${fix !== undefined && html` To keep them: ${fix}.`}</li>`,
    )}</ul>`;
  return html`${table('What the devices saw', ['figure', ...ways.map(wayName)], rows)}${reasons.map((reason) => html`<p>${reason}</p>`)}${never}`;
}

/** A duration whose numbers stay with their units. */
function took(ms: number): string {
  return time(ms).replace(/(?<=\d) /g, '\u00a0');
}

function momentText(at: number): string {
  return moment(at).replace('T', ' ').replace('Z', ' UTC');
}
