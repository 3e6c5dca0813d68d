/** A value for each step of a series; `null` is unknown. */
type Column = (number | null)[];

/**
 * What was observed of a run over time, in steps of equal length. A step in which nothing was observed is absent: no process drove
 * the run then, or nothing answered.
 */
export interface RunSeries {
  /** Begin of the first step, ms since the epoch. */
  from: number;
  /** Length of a step, ms. It doubles when there are too many of them. */
  stepMs: number;
  /** Numbers of the observed steps, ascending. All columns have their order. */
  steps: number[];
  /** Connections and sessions of the two sets, as last observed in the step. Without a green set its numbers are unknown. */
  blue: SetSeries;
  green: SetSeries;
  /** The most devices that were offline at a time. */
  away: Column;
  /** Devices that were disconnected and that reconnected in the step, and the most in a second, as far as polling shows. */
  disconnects: Column;
  disconnectsPerSecond: Column;
  reconnects: Column;
  reconnectsPerSecond: Column;
  /** Connections of each node. */
  nodes: { pod: string; connections: Column }[];
}

export interface SetSeries {
  connections: Column;
  sessions: Column;
}

/** One observation, as it goes into a series. */
export interface Reading {
  at: number;
  blue: { connections: number | null; sessions: number | null };
  green: { connections: number | null; sessions: number | null };
  away: number | null;
  disconnects: number | null;
  disconnectsPerSecond: number | null;
  reconnects: number | null;
  reconnectsPerSecond: number | null;
  nodes: ReadonlyMap<string, number | null>;
}

/** Shortest step, ms: during an evacuation nodes are polled once a second. */
const FINEST_MS = 1_000;
/** A chart shows no more. */
const MOST_STEPS = 600;
/** With fewer, a chart shows little. */
const FEWEST_STEPS = 100;
/** Most characters of the series as JSON: it is in one ConfigMap with the rest of the journal, which may have 1 MiB in all. */
const MOST_CHARACTERS = 160_000;

/** How two values of a column become one. */
type Merge = (earlier: number | null, later: number | null) => number | null;

/** What is known stays known: only gaps as long as a step are kept. */
const known =
  (merge: (a: number, b: number) => number): Merge =>
  (a, b) =>
    a === null || b === null ? (b ?? a) : merge(a, b);
const last = known((_, later) => later);
const most = known(Math.max);
const sum = known((a, b) => a + b);

/** The series with more readings, in their order. */
export function withReadings(series: RunSeries | undefined, readings: readonly Reading[]): RunSeries | undefined {
  const [first] = readings;
  if (!first) return series;
  let next = appended(series ?? emptySeries(first.at), readings);
  while (next.steps.length > MOST_STEPS) next = coarser(next);
  while (JSON.stringify(next).length > MOST_CHARACTERS && next.steps.length > FEWEST_STEPS) next = coarser(next);
  // Of hundreds of nodes there is no room for each.
  return JSON.stringify(next).length > MOST_CHARACTERS ? { ...next, nodes: [] } : next;
}

function emptySeries(from: number): RunSeries {
  const set = (): SetSeries => ({ connections: [], sessions: [] });
  const rates = { disconnects: [], disconnectsPerSecond: [], reconnects: [], reconnectsPerSecond: [] };
  return { from, stepMs: FINEST_MS, steps: [], blue: set(), green: set(), away: [], ...rates, nodes: [] };
}

function appended(series: RunSeries, readings: readonly Reading[]): RunSeries {
  const { from, stepMs, nodes } = series;
  const pods = new Set([...nodes.map(({ pod }) => pod), ...readings.flatMap((reading) => [...reading.nodes.keys()])]);
  const steps = [...series.steps];
  // A clock that was set back does not reorder them.
  for (const { at } of readings) steps.push(Math.max(steps.at(-1) ?? 0, Math.floor((at - from) / stepMs)));
  const unknown = series.steps.map(() => null);
  const all = [...pods].map((pod) => nodes.find((node) => node.pod === pod) ?? { pod, connections: unknown });
  return merged({
    from,
    stepMs,
    steps,
    ...columnsOf({ ...series, nodes: all }, (column, name, owner) => [
      ...column,
      ...readings.map((reading) => readingOf(reading, name, owner)),
    ]),
  });
}

/** The same in steps of twice the length. */
function coarser(series: RunSeries): RunSeries {
  return merged({ ...series, stepMs: series.stepMs * 2, steps: series.steps.map((step) => Math.floor(step / 2)) });
}

/** Neighbours with the same number become one step. */
function merged(series: RunSeries): RunSeries {
  const { steps } = series;
  const isFirst = steps.map((step, index) => step !== steps[index - 1]);
  if (isFirst.every(Boolean)) return series;
  return {
    ...series,
    steps: steps.filter((_, index) => isFirst[index]),
    ...columnsOf(series, (column, name) => {
      const merge = MERGES[name];
      const values: Column = [];
      column.forEach((value, index) => {
        if (isFirst[index]) values.push(value);
        else values.push(merge(values.pop() ?? null, value));
      });
      return values;
    }),
  };
}

const MERGES = {
  connections: last,
  sessions: last,
  away: most,
  disconnects: sum,
  disconnectsPerSecond: most,
  reconnects: sum,
  reconnectsPerSecond: most,
} as const satisfies Record<string, Merge>;

type ColumnName = keyof typeof MERGES;
/** A set, or the pod of a node; undefined for the whole cluster. */
type Owner = 'blue' | 'green' | { pod: string } | undefined;

function columnsOf(series: RunSeries, change: (column: Column, name: ColumnName, owner: Owner) => Column) {
  const set = (owner: 'blue' | 'green'): SetSeries => ({
    connections: change(series[owner].connections, 'connections', owner),
    sessions: change(series[owner].sessions, 'sessions', owner),
  });
  return {
    blue: set('blue'),
    green: set('green'),
    away: change(series.away, 'away', undefined),
    disconnects: change(series.disconnects, 'disconnects', undefined),
    disconnectsPerSecond: change(series.disconnectsPerSecond, 'disconnectsPerSecond', undefined),
    reconnects: change(series.reconnects, 'reconnects', undefined),
    reconnectsPerSecond: change(series.reconnectsPerSecond, 'reconnectsPerSecond', undefined),
    nodes: series.nodes.map(({ pod, connections }) => ({
      pod,
      connections: change(connections, 'connections', { pod }),
    })),
  };
}

function readingOf(reading: Reading, name: ColumnName, owner: Owner): number | null {
  if (name !== 'connections' && name !== 'sessions') return reading[name];
  if (owner === undefined) return null;
  if (typeof owner === 'object') return reading.nodes.get(owner.pod) ?? null;
  return reading[owner][name];
}

/** Whether it is what this module has written: every column has a value for each step. */
export function isWhole(series: RunSeries): boolean {
  let whole = series.steps.every((step, index) => index === 0 || step > series.steps[index - 1]!);
  columnsOf(series, (column) => {
    whole &&= column.length === series.steps.length;
    return column;
  });
  return whole;
}
