import { max } from 'd3-array';
import type { Comparison } from '../../simulator/comparison';
import type { RunReport } from '../../simulator/run-report';
import type { Phase } from '../../upgrade';
import { count, known, time } from '../render/text';
import type { BarChart } from './bar-chart';
import type { ReportDocument } from './document';
import { countsOf, disconnectBars, pointsOf, ratesOf, secondsOf } from './points';
import type { ChartLine, Point, TimeChart } from './time-chart';

/** Nodes disconnect in one burst per second; what one poll misses is in the next. */
const AVERAGES = 'which hold five or six bursts of a node and so may be a fifth too high';

/** A moment in the list of incidents, and its mark in the charts. */
const MOST_MARKS = 9;
/** The shortest time a chart spans, ms. */
const LEAST_SPAN_MS = 1_000;

/** What all charts over time have in common. */
function frameOf({ durationMs, phases, incidents, startedAt }: ReportDocument) {
  let from = 0;
  const stretches = phases.map(({ phase, ms }) => {
    const stretch = { phase, from, to: from + ms };
    from += ms;
    return stretch;
  });
  const moving: readonly Phase[] = ['evacuate', 'return', 'native'];
  return {
    spanMs: Math.max(LEAST_SPAN_MS, durationMs),
    bands: stretches
      .filter(({ phase }) => moving.includes(phase))
      .map(({ phase, ...stretch }) => ({ ...stretch, name: `phase ${phase}` })),
    marks: incidents
      .slice(0, MOST_MARKS)
      .map(({ at, what }, index) => ({ at: at - startedAt, name: String(index + 1), title: what })),
  };
}

/** The charts over time of a run, without those of which nothing is known. */
export function timeCharts(document: ReportDocument): TimeChart[] {
  return [connections(document), rates(document), away(document), sessions(document)].flatMap((chart) => {
    if (!chart) return [];
    const lines = chart.lines.map((line) => ({ ...line, points: line.points.filter(({ at }) => at <= chart.spanMs) }));
    return lines.some(({ points, isDashed }) => !isDashed && points.some(({ value }) => value !== null))
      ? [{ ...chart, lines }]
      : [];
  });
}

function connections(document: ReportDocument): TimeChart | undefined {
  const { series } = document;
  if (!series) return undefined;
  const blue = pointsOf(document, series, series.blue.connections);
  const green = pointsOf(document, series, series.green.connections);
  return {
    ...frameOf(document),
    title: 'Connections of each set',
    description: `${courseOf('Blue, the old nodes', blue)}. ${courseOf('Green, the new nodes', green)}. A gap is a time in which they are unknown.`,
    unit: 'connections',
    lines: [
      { name: 'blue', tone: 'blue', shape: 'area', points: blue, nameAt: 'start' },
      { name: 'green', tone: 'green', shape: 'area', points: green, nameAt: 'end' },
    ],
  };
}

function rates(document: ReportDocument): TimeChart | undefined {
  const { series, devices, pace, startedAt, durationMs, driver } = document;
  const cap: ChartLine = {
    name: 'cap',
    tone: 'amber',
    shape: 'step',
    isDashed: true,
    points: [
      ...pace.map(({ at, perSecond }) => ({ at: Math.max(0, at - startedAt), value: perSecond })),
      { at: durationMs, value: pace.at(-1)?.perSecond ?? null },
    ],
  };
  const caps = driver === 'pilot' ? [cap] : [];
  const common = { ...frameOf(document), title: 'Disconnects and reconnects', unit: 'devices per second' };
  if (devices) {
    const { seconds } = devices;
    const refused: ChartLine = {
      name: 'refused',
      tone: 'red',
      shape: 'step',
      isThin: true,
      points: secondsOf(startedAt, seconds, seconds.refused),
    };
    return {
      ...common,
      description: `What the devices saw: at most ${count(devices.peakDisconnectsPerSecond)} disconnects and ${count(devices.peakReconnectsPerSecond)} reconnects in a second${capText(document)}.`,
      lines: [
        ...caps,
        {
          name: 'disconnects',
          tone: 'blue',
          shape: 'step',
          points: secondsOf(startedAt, seconds, seconds.disconnects),
        },
        {
          name: 'reconnects',
          tone: 'green',
          shape: 'step',
          isThin: true,
          points: secondsOf(startedAt, seconds, seconds.reconnects),
        },
        ...(devices.refusedConnects > 0 ? [refused] : []),
      ],
    };
  }
  if (!series) return undefined;
  return {
    ...common,
    description: `As far as polling shows: averages over 5 s, ${AVERAGES}, and the most in a second, which is never more than there were: ${known(document.peakDisconnectsPerSecond)}${capText(document)}.`,
    lines: [
      ...caps,
      { name: 'disconnects', tone: 'blue', shape: 'step', points: ratesOf(document, series, series.disconnects) },
      {
        name: 'most in a second',
        tone: 'muted',
        isThin: true,
        points: pointsOf(document, series, series.disconnectsPerSecond),
      },
      {
        name: 'reconnects',
        tone: 'green',
        shape: 'step',
        isThin: true,
        points: ratesOf(document, series, series.reconnects),
      },
    ],
  };
}

function capText({ driver, caps }: ReportDocument): string {
  if (driver === 'operator') return '; the operator alone keeps no cap';
  return `; the cap was ${caps.map(({ perSecond }) => count(perSecond)).join(', then ')}`;
}

function away(document: ReportDocument): TimeChart | undefined {
  const { series, planned } = document;
  if (!series) return undefined;
  const points = pointsOf(document, series, series.away);
  const most = max(points, ({ value }) => value ?? 0) ?? 0;
  const allowed = planned?.devicesAway ?? null;
  const frame = frameOf(document);
  const limit: ChartLine[] =
    allowed === null
      ? []
      : [
          {
            name: 'most as planned',
            tone: 'amber',
            shape: 'step',
            isDashed: true,
            points: [
              { at: 0, value: allowed },
              { at: frame.spanMs, value: allowed },
            ],
          },
        ];
  return {
    ...frame,
    title: 'Devices that are offline',
    description: `Devices that were connected before and are not at that moment, while devices are moved: at most ${count(most)}${allowed === null ? '' : `, of ${count(allowed)} as planned`}.`,
    unit: 'devices',
    lines: [...limit, { name: 'offline', tone: 'red', shape: 'area', points, nameAt: 'peak' }],
  };
}

function sessions(document: ReportDocument): TimeChart | undefined {
  const { series } = document;
  if (!series) return undefined;
  const blue = countsOf(document, series, series.blue.sessions);
  const green = countsOf(document, series, series.green.sessions);
  return {
    ...frameOf(document),
    title: 'Sessions of each set',
    description: `Sessions of connected and of offline devices. ${courseOf('On blue', blue)}. ${courseOf('On green', green)}.`,
    unit: 'sessions',
    lines: [
      { name: 'blue', tone: 'blue', points: blue, nameAt: 'start' },
      { name: 'green', tone: 'green', points: green, nameAt: 'end' },
    ],
  };
}

function courseOf(name: string, points: readonly Point[]): string {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
  if (values.length === 0) return `${name}: unknown`;
  return `${name}: from ${count(values[0]!)} to ${count(values.at(-1)!)}`;
}

/** Of the seconds in which devices were disconnected. */
export function disconnectChart(document: ReportDocument): BarChart | undefined {
  const found = disconnectBars(document);
  if (!found) return undefined;
  const { driver, caps } = document;
  const cap = driver === 'pilot' ? max(caps, ({ perSecond }) => perSecond) : undefined;
  return {
    title: 'Seconds by their disconnects',
    description: found.isExact
      ? 'How many seconds had how many disconnects, as the devices saw them.'
      : `How many seconds had how many disconnects, as far as polling shows: averages over 5 s, ${AVERAGES}.`,
    unit: 'seconds',
    valueUnit: 'disconnects in the second',
    tone: 'blue',
    bars: found.bars,
    ...(cap !== undefined && { limit: { value: cap, name: `cap ${count(cap)}` } }),
  };
}

/** One way to upgrade, for comparison. */
export interface Way {
  name: string;
  report: RunReport;
}

/** The names of the ways: an upgrade by the pilot, by the operator alone, and in any other way. */
export function wayName({ driver }: Comparison): string {
  return { pilot: 'pilot', operator: 'operator alone', rolling: 'rolling restart' }[driver];
}

/** For each way the devices that are connected, on one time axis and one scale. */
export function wayCharts(ways: readonly Way[]): TimeChart[] {
  const ends = ways.map(({ report }) => restOf(report));
  const spanMs = Math.max(LEAST_SPAN_MS, ...ends);
  return ways.map(({ name, report }) => {
    const { seconds, clients, disconnectsPerClient, sessionsLost, durationMs, peakDisconnectsPerSecond } = report;
    const points = secondsOf(seconds.from, seconds, seconds.connected).filter(({ at }) => at <= spanMs);
    const least = Math.min(...seconds.connected);
    return {
      title: name,
      description: `Connected devices: ${count(clients)} at first, at least ${count(least)}. ${disconnectsPerClient.mean.toFixed(2)} disconnects per device, at most ${disconnectsPerClient.max}; at most ${count(peakDisconnectsPerSecond)} in a second; ${count(sessionsLost)} sessions lost; it took ${time(durationMs)}.`,
      unit: 'connected devices',
      spanMs,
      marks: [{ at: durationMs, name: 'done', title: 'the upgrade is done', tone: 'muted' }],
      lines: [
        {
          name: 'all devices',
          tone: 'muted',
          shape: 'step',
          isDashed: true,
          isThin: true,
          points: [
            { at: 0, value: clients },
            { at: spanMs, value: clients },
          ],
        },
        { name: 'connected', tone: report.driver === 'pilot' ? 'green' : 'red', shape: 'area', points },
      ],
    };
  });
}

/** When a way has ended and no device reconnects any more, ms since it began. */
function restOf({ durationMs, seconds }: RunReport): number {
  const last = Math.max(
    ...[seconds.disconnects, seconds.reconnects].map((each) => each.findLastIndex((value) => value > 0)),
  );
  return Math.max(durationMs, (last + 1) * seconds.stepMs);
}
