import type { Canvas } from './style';
import { count, known } from './text';

/** Connections of both sets at one moment. */
export interface ChartPoint {
  /** ms since the epoch. */
  at: number;
  /** `null` is unknown, and leaves a gap. */
  blue: number | null;
  /** Absent while there is no green set. */
  green: number | null | undefined;
}

/** The dots of a Braille character, from its top row to its lowest: left column, right column. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
/** The shortest time the chart spans: a run that has just begun does not fill it. */
const LEAST_SPAN_MS = 10_000;
const LEAST_COLUMNS = 10;

type Series = 'blue' | 'green';

/**
 * A chart of the connections per set over time, `height` lines high: the legend, the plot with its count axis, the axis of
 * seconds. Blue falls, green rises. The names stand at the ends of the lines, so that colours are not needed.
 */
export function renderChart(
  points: readonly ChartPoint[],
  { style, width, height }: Canvas & { height: number },
): string[] {
  const rows = Math.max(2, height - 2);
  const top = ceiling(Math.max(1, ...points.map((point) => Math.max(point.blue ?? 0, point.green ?? 0))));
  const axis = axisLabels(top, rows);
  const labelWidth = Math.max(...axis.map((label) => label.length));
  const columns = Math.max(LEAST_COLUMNS, width - labelWidth - 2 - ' green'.length);
  const start = points[0]?.at ?? 0;
  const spanMs = Math.max(LEAST_SPAN_MS, (points.at(-1)?.at ?? 0) - start);

  const blue = draw(points, 'blue', { columns, rows, top, start, spanMs });
  const green = draw(points, 'green', { columns, rows, top, start, spanMs });
  const plot = Array.from({ length: rows }, (_, row) => {
    const cells = Array.from({ length: columns }, (_, column) => {
      const [b, g] = [blue.cells[row]![column]!, green.cells[row]![column]!];
      if (b + g === 0) return ' ';
      const char = String.fromCodePoint(0x2800 | b | g);
      return g > 0 ? style.green(char) : style.blue(char);
    });
    const ends = [
      ...(blue.lastRow === row ? [style.blue('blue')] : []),
      ...(green.lastRow === row ? [style.green('green')] : []),
    ];
    // Where both end in one row there is room for one name; the legend has both.
    const end = ends.length > 0 ? ` ${ends.at(-1)}` : '';
    return `${axis[row]!.padStart(labelWidth)} ┤${cells.join('')}${end}`.trimEnd();
  });
  return [legend(points, style, width), ...plot, seconds(spanMs, columns, labelWidth)];
}

function legend(points: readonly ChartPoint[], style: Canvas['style'], width: number): string {
  const last = points.at(-1);
  const blue = `blue ${last ? known(last.blue) : '0'}`;
  const green = `green ${last?.green === undefined ? 'none yet' : known(last.green)}`;
  const title = 'connections: ';
  const room = width >= title.length + blue.length + 2 + green.length;
  return `${room ? title : ''}${style.blue(blue)}, ${style.green(green)}`;
}

interface Plot {
  columns: number;
  rows: number;
  top: number;
  start: number;
  spanMs: number;
}

/** The dots of one line, as Braille bits per cell, and the row in which it ends. */
function draw(points: readonly ChartPoint[], series: Series, plot: Plot): { cells: number[][]; lastRow: number } {
  const { columns, rows, top, start, spanMs } = plot;
  const cells = Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
  const heightOf = (value: number) => Math.round((1 - value / top) * (rows * 4 - 1));
  let before: number | undefined;
  let lastRow = -1;
  for (let x = 0; x < columns * 2; x++) {
    const value = valueAt(points, series, start + (x / (columns * 2 - 1)) * spanMs);
    if (value === undefined) continue;
    const y = heightOf(value);
    const from = before === undefined || before === y ? y : before + Math.sign(y - before);
    for (let dot = Math.min(from, y); dot <= Math.max(from, y); dot++) {
      cells[dot >> 2]![x >> 1]! |= DOTS[dot & 3]![x & 1]!;
    }
    before = y;
    lastRow = y >> 2;
  }
  return { cells, lastRow };
}

/** The value between two points, on the straight line from one to the other; undefined before the first and after the last. */
function valueAt(points: readonly ChartPoint[], series: Series, at: number): number | undefined {
  const next = points.findIndex((point) => point.at >= at);
  if (next < 0) return undefined;
  const right = points[next]!;
  const left = points[Math.max(0, next - 1)]!;
  const [from, to] = [left[series], right[series]];
  if (typeof to !== 'number' || typeof from !== 'number') return right.at === at ? (to ?? undefined) : undefined;
  return right.at === left.at ? to : from + ((to - from) * (at - left.at)) / (right.at - left.at);
}

/** The next of 1, 2, 3, 5 and their tens that is not smaller. */
function ceiling(value: number): number {
  const ten = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 3, 5, 10].map((step) => step * ten).find((step) => step >= value)!;
}

/** Counts at the top, in the middle where a row is there, and at the bottom. */
function axisLabels(top: number, rows: number): string[] {
  const labels = new Array<string>(rows).fill('');
  labels[0] = count(top);
  if (rows % 2 === 1 && rows > 2 && top % 2 === 0) labels[(rows - 1) / 2] = count(top / 2);
  labels[rows - 1] = '0';
  return labels;
}

/** `0 s` under the first column, the end under the last one. */
function seconds(spanMs: number, columns: number, indent: number): string {
  const end = `${Math.round(spanMs / 1_000)} s`;
  return `${' '.repeat(indent + 2)}${'0 s'.padEnd(columns - end.length)}${end}`;
}
