import { max } from 'd3-array';
import type { DeviceSeconds } from '../../simulator/device-seconds';
import type { RunSeries } from '../../upgrade';
import type { Bar } from './bar-chart';
import type { ReportDocument } from './document';
import type { Point } from './time-chart';

/** Time without an observation that is shown as a gap, ms: outside of the evacuation a run may wait this long between two. */
const GAP_MS = 30_000;
/** Rates are averaged over this time, ms: nodes evict in bursts of a second, and are polled at other moments. */
const AVERAGE_MS = 5_000;
const MOST_BARS = 20;

/** Whether nothing was observed between two steps. */
function isGap({ steps, stepMs }: RunSeries, index: number): boolean {
  const ms = (steps[index]! - (steps[index - 1] ?? steps[index]!)) * stepMs;
  return ms > Math.max(GAP_MS, 2.5 * stepMs);
}

/** A column of the series over the time since the run began. */
export function pointsOf(
  { startedAt }: ReportDocument,
  series: RunSeries,
  column: readonly (number | null)[],
): Point[] {
  const at = (index: number) => Math.max(0, series.from - startedAt + (series.steps[index]! + 0.5) * series.stepMs);
  return column.flatMap((value, index) => {
    const point = { at: at(index), value };
    return isGap(series, index) ? [{ at: at(index - 1) + series.stepMs, value: null }, point] : [point];
  });
}

/** The same of a column that is counted now and then: short times without a count are no gaps. */
export function countsOf(document: ReportDocument, series: RunSeries, column: readonly (number | null)[]): Point[] {
  const points = pointsOf(document, series, column);
  const known = points.filter(({ value }) => value !== null);
  const longest = Math.max(GAP_MS, 2.5 * series.stepMs);
  return known.flatMap((point, index) => {
    const next = known[index + 1];
    return next && next.at - point.at > longest ? [point, { at: point.at + series.stepMs, value: null }] : [point];
  });
}

/** A counted column per second, averaged over some seconds. */
export function ratesOf(document: ReportDocument, series: RunSeries, column: readonly (number | null)[]): Point[] {
  const { steps, stepMs } = series;
  const points: Point[] = [];
  let [sum, ms, from] = [0, 0, 0];
  const flush = (at: number) => {
    points.push({ at: Math.max(0, from), value: ms > 0 ? (sum * 1_000) / ms : null });
    [sum, ms, from] = [0, 0, at];
  };
  const startOf = (step: number) => series.from - document.startedAt + step * stepMs;
  for (const [index, value] of column.entries()) {
    const before = steps[index - 1] ?? steps[index]! - 1;
    if (isGap(series, index)) {
      if (ms > 0) flush(startOf(before + 1));
      points.push({ at: startOf(before + 1), value: null });
      from = startOf(steps[index]!);
    } else if (value !== null) {
      sum += value;
      ms += (steps[index]! - before) * stepMs;
    }
    if (startOf(steps[index]! + 1) - from >= AVERAGE_MS) flush(startOf(steps[index]! + 1));
  }
  if (ms > 0) flush(startOf((steps.at(-1) ?? 0) + 1));
  // A step lasts until the next point.
  if (points.length > 0) points.push({ ...points.at(-1)!, at: Math.max(0, from) });
  return points;
}

/** A column of what the devices saw, second by second. */
export function secondsOf(startedAt: number, seconds: DeviceSeconds, column: readonly number[]): Point[] {
  return column.map((value, index) => ({
    at: Math.max(0, seconds.from - startedAt + index * seconds.stepMs),
    value,
  }));
}

/** How many seconds had how many disconnects: of the devices where they are known, else as averages of what was observed. */
export function disconnectBars(document: ReportDocument): { bars: Bar[]; isExact: boolean } | undefined {
  const { devices, series } = document;
  const seconds = devices
    ? devices.seconds.disconnects.map((value) => ({ value, weight: devices.seconds.stepMs / 1_000 }))
    : series && observedSeconds(document, series);
  const busy = seconds?.filter(({ value }) => value > 0) ?? [];
  if (busy.length === 0) return undefined;
  const highest = max(busy, ({ value }) => value)!;
  const width = Math.max(1, niceAbove(highest / MOST_BARS));
  const bars = Array.from({ length: Math.ceil(highest / width) }, (_, index) => ({
    from: index * width + 1,
    to: (index + 1) * width,
    count: 0,
  }));
  // A second with exactly as many as the cap belongs to the bar below it.
  for (const { value, weight } of busy) bars[Math.ceil(value / width) - 1]!.count += weight;
  return { bars, isExact: devices !== null };
}

function observedSeconds(document: ReportDocument, series: RunSeries): { value: number; weight: number }[] {
  const rates = ratesOf(document, series, series.disconnects);
  return rates.slice(0, -1).flatMap(({ at, value }, index) => {
    const weight = (rates[index + 1]!.at - at) / 1_000;
    return value === null || weight <= 0 ? [] : [{ value: Math.round(value), weight }];
  });
}

/** The next of 1, 2, 5 and their tens that is not smaller. */
function niceAbove(value: number): number {
  const ten = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * ten).find((step) => step >= value)!;
}
