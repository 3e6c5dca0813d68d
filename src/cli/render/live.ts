import type { ProgressEvent, SetLoad } from '../../upgrade';
import { type ChartPoint, renderChart } from './chart';
import type { RunView } from './run-view';
import { besideText, type Line, ofRole, statusLine, statusTree } from './status';
import type { Canvas, Style } from './style';
import { age, cutTo, known, safe, time } from './text';

/** Title, status, an empty line, what the run waits for, its last action or warning. */
const FIXED_LINES = 5;
const LEAST_CHART = 8;
const LEAST_TREE = 3;
/** Between two samples in a log. */
const LOG_SAMPLE_MS = 10_000;

/**
 * One frame of the live picture: always `height` lines of at most `width` columns, so that the next one can be drawn over
 * it. Where there are too few lines, the tree is left out first, and then the chart.
 */
export function liveFrame(view: RunView, canvas: Canvas & { height: number }): string {
  const { style, width, height } = canvas;
  const free = height - FIXED_LINES;
  const besideChart = free - LEAST_CHART;
  const tree = besideChart >= LEAST_TREE ? statusTree(view, style, besideChart) : [];
  const chartHeight = free - tree.length;
  const chart = chartHeight >= LEAST_CHART ? renderChart(pointsOf(view), { style, width, height: chartHeight }) : [];
  const lines = [
    ...painted([{ text: title(view), paint: style.bold }, { text: statusLine(view) }], width),
    '',
    ...chart,
    ...painted([...tree, ...footer(view, style)], width),
  ];
  return Array.from({ length: height }, (_, index) => lines[index] ?? '').join('\n');
}

/**
 * One event as a line of a log, for where there is no terminal; `view` is the view before the event. Samples come every
 * 10 s; undefined for those between.
 */
export function logLine(event: ProgressEvent, view: RunView): string | undefined {
  const text = logText(event, view);
  if (text === undefined) return undefined;
  const since = ((event.at - (view.startedAt ?? event.at)) / 1_000).toFixed(1);
  return `${since.padStart(7)} s  ${text}`;
}

function logText(event: ProgressEvent, view: RunView): string | undefined {
  switch (event.kind) {
    case 'phase':
      return `phase ${event.phase}${ofRole(event.role)}${event.resumed ? ' (resumed)' : ''}`;
    case 'action':
      return safe(event.text);
    // What has not changed is not repeated.
    case 'waiting':
      return event.text === view.waitingFor ? undefined : `waiting for ${safe(event.text)}`;
    case 'warning':
      return event.text === view.warning ? undefined : `warning: ${safe(event.text)}`;
    case 'sample': {
      const { at, role, beside, blue, green, leftMs } = event.sample;
      const slot = (moment: number) => Math.floor((moment - (view.startedAt ?? moment)) / LOG_SAMPLE_MS);
      const before = view.samples.at(-1);
      if (before && slot(before.at) === slot(at)) return undefined;
      const left = leftMs ? `, about ${time(leftMs)} left` : '';
      const load = (set: SetLoad | undefined) => (set ? `${known(set.connections)}${age(set.seenAt, at)}` : '0');
      const of = role === undefined ? '' : `${role}s: `;
      const others = besideText(beside);
      return `${of}blue ${load(blue)}, green ${load(green)} connections${others && `; ${others}`}${left}`;
    }
  }
}

function title({ cluster, startedAt, samples }: RunView): string {
  const now = samples.at(-1)?.at;
  return `${safe(cluster)}${startedAt === undefined || now === undefined ? '' : `  ${time(now - startedAt)}`}`;
}

function footer({ waitingFor, warning, action }: RunView, style: Style): Line[] {
  return [
    { text: waitingFor === undefined ? '' : `waiting for ${safe(waitingFor)}` },
    warning === undefined
      ? { text: action === undefined ? '' : safe(action), paint: style.dim }
      : { text: `warning: ${safe(warning)}`, paint: style.yellow },
  ];
}

function painted(lines: readonly Line[], width: number): string[] {
  return lines.map(({ text, paint }) => {
    const cut = cutTo(text, width);
    return paint && cut !== '' ? paint(cut) : cut;
  });
}

export function pointsOf({ samples }: RunView): ChartPoint[] {
  return samples.map(({ at, blue, green, beside }) => ({
    at,
    blue: sum(blue.connections, beside?.blue),
    green: green || beside?.green ? sum(green?.connections ?? 0, beside?.green) : undefined,
  }));
}

function sum(of: number | null, beside: number | null = 0): number | null {
  return of === null || beside === null ? null : of + beside;
}
