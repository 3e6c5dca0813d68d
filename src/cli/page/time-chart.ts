import { bisector, max } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { area, curveStepAfter, line } from 'd3-shape';
import { count } from '../render/text';
import { type Html, html } from './html';
import type { Tone } from './palette';
import { elapsed, timeTicks } from './time-axis';

/** A value at a time; `null` is unknown, and leaves a gap. */
export interface Point {
  /** ms since the beginning of the axis. */
  at: number;
  value: number | null;
}

export interface ChartLine {
  name: string;
  tone: Tone;
  /** A step holds its value until the next point. @default 'line' */
  shape?: 'line' | 'area' | 'step';
  isDashed?: boolean;
  isThin?: boolean;
  points: readonly Point[];
  /** Where its name stands in the plot. @default - only in the legend */
  nameAt?: 'start' | 'end' | 'peak';
}

/** A moment that is set off. */
export interface ChartMark {
  at: number;
  name: string;
  /** What it is about. */
  title: string;
  /** @default 'red' */
  tone?: Tone;
}

/** Values over the time of a run. */
export interface TimeChart {
  title: string;
  /** What it shows, in a sentence or two: for those who do not see it. */
  description: string;
  unit: string;
  spanMs: number;
  /** Whether it shows no values under the pointer: a picture in a document. @default false */
  isStill?: boolean;
  lines: readonly ChartLine[];
  /** A stretch of time that is set off, and its name. */
  bands?: readonly { from: number; to: number; name: string }[];
  /** Moments that are marked, with their numbers in a list. */
  marks?: readonly ChartMark[];
}

/** Paths are drawn in these units and stretched to the width there is; texts and strokes are not. */
const UNITS = 1_000;
/** Zones that show their values under the pointer. */
const ZONES = 60;
/** Names of lines may not stand in the topmost pixels. */
const NAME_ROOM = 14;

/**
 * The plot with its axes, to be put into an SVG viewport of `height` and of any width, with room of 64 to the left and 24 below.
 */
export function drawTimeChart(chart: TimeChart, height: number): Html {
  const { spanMs, lines, bands = [], marks = [] } = chart;
  const x = scaleLinear([0, spanMs], [0, UNITS]);
  const y = scaleLinear([0, highest(lines)], [height, 0]).nice(4);
  const percent = (at: number) => `${round((Math.min(Math.max(at, 0), spanMs) / spanMs) * 100)}%`;
  const ticks = timeTicks(spanMs);
  return html`${bands.map(
    ({ from, to, name }) =>
      html`<rect class="band" x="${percent(from)}" y="0" width="${percent(to - from)}" height="${height}"><title>${name}</title></rect>`,
  )}${y
    .ticks(4)
    .map(
      (value) =>
        html`<line class="grid" x1="0" x2="100%" y1="${round(y(value))}" y2="${round(y(value))}"/><text x="-8" y="${round(y(value)) + 4}" text-anchor="end">${count(value)}</text>`,
    )}${ticks.map(
    ({ at, label }, index) =>
      html`<g${index % 2 === 1 && html` class="odd"`}><line class="axis" x1="${percent(at)}" x2="${percent(at)}" y1="${height}" y2="${height + 5}"/><text x="${percent(at)}" y="${height + 18}" text-anchor="middle">${label}</text></g>`,
  )}<svg width="100%" height="${height}" viewBox="0 0 ${UNITS} ${height}" preserveAspectRatio="none" overflow="visible">${lines.map(
    (each) => path(each, x, y),
  )}</svg><line class="axis" x1="0" x2="100%" y1="${height}" y2="${height}"/>${marks.map(
    ({ at, name, title, tone = 'red' }) =>
      html`<g><title>${title}</title><line class="mark ${tone}" x1="${percent(at)}" x2="${percent(at)}" y1="0" y2="${height}"/><text class="mark ${tone}" x="${percent(at)}" y="-4" text-anchor="middle">${name}</text></g>`,
  )}${lines.map((each) => nameOf(each, percent, y))}${!chart.isStill && zones(chart, height)}`;
}

function highest(lines: readonly ChartLine[]): number {
  return max(lines, ({ points }) => max(points, ({ value }) => value ?? 0)) || 1;
}

type Scale = (value: number) => number;

function path({ shape = 'line', tone, isDashed, isThin, points }: ChartLine, x: Scale, y: Scale): Html {
  const known = (point: Point): boolean => point.value !== null;
  const [px, py] = [({ at }: Point) => round(x(at)), ({ value }: Point) => round(y(value ?? 0))];
  const outline = line(px, py).defined(known);
  if (shape === 'step') outline.curve(curveStepAfter);
  const below = shape === 'area' ? area(px, y(0), py).defined(known)(points) : null;
  const classes = ['line', tone, ...(isDashed ? ['dashed'] : []), ...(isThin ? ['thin'] : [])].join(' ');
  return html`${below !== null && html`<path class="area fill ${tone}" d="${below}"/>`}<path class="${classes}" d="${outline(points) ?? ''}"/>`;
}

function nameOf(
  { name, tone, points, nameAt }: ChartLine,
  percent: (at: number) => string,
  y: Scale,
): Html | undefined {
  const known = points.filter(({ value }) => value !== null);
  if (nameAt === undefined || known.length === 0) return undefined;
  const peak = known.reduce((most, point) => (point.value! > most.value! ? point : most));
  const point = { start: known[0]!, end: known.at(-1)!, peak }[nameAt];
  const anchor = { start: 'start', end: 'end', peak: 'middle' }[nameAt];
  const top = Math.max(NAME_ROOM, round(y(point.value!)) - 8);
  return html`<text class="name ${tone}" x="${percent(point.at)}" y="${top}" text-anchor="${anchor}">${name}</text>`;
}

/** Stretches of time that show their values under the pointer, which needs no script. */
function zones({ lines, spanMs }: TimeChart, height: number): Html[] {
  const width = 100 / ZONES;
  return Array.from({ length: ZONES }, (_, index) => {
    const at = ((index + 0.5) * spanMs) / ZONES;
    const values = lines.map((each) => html`\n${each.name} ${valueText(valueAt(each, at))}`);
    return html`<rect class="hit" x="${round(index * width)}%" y="0" width="${round(width)}%" height="${height}"><title>${elapsed(at, spanMs)}${values}</title></rect>`;
  });
}

const after = bisector(({ at }: Point) => at);

/** The value of the latest point until then; unknown before the first one, and after the last one of a line. */
export function valueAt({ points, shape }: ChartLine, at: number): number | null {
  const index = after.right(points, at);
  if (shape !== 'step' && index === points.length && points.at(-1)?.at !== at) return null;
  return points[index - 1]?.value ?? null;
}

export function valueText(value: number | null): string {
  return value === null ? 'unknown' : count(value);
}

/** Two digits are finer than a pixel. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
