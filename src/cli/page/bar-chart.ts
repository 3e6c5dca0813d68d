import { max } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { count } from '../render/text';
import { type Html, html } from './html';
import type { Tone } from './palette';
import { round } from './time-chart';

/** How often values of a range were seen. */
export interface Bar {
  /** The values, both included. */
  from: number;
  to: number;
  count: number;
}

export interface BarChart {
  title: string;
  description: string;
  /** Of the counts, and of the values. */
  unit: string;
  valueUnit: string;
  bars: readonly Bar[];
  tone: Tone;
  /** A value that is marked, and its name. */
  limit?: { value: number; name: string };
}

/** The same room as for {@link drawTimeChart}. */
export function drawBarChart({ bars, tone, unit, limit }: BarChart, height: number): Html {
  const end = Math.max(bars.at(-1)?.to ?? 1, limit?.value ?? 0) * 1.02;
  const x = scaleLinear([0, end], [0, 100]);
  const y = scaleLinear([0, max(bars, (bar) => bar.count) || 1], [height, 0]).nice(4);
  return html`${y
    .ticks(4)
    .map(
      (value) =>
        html`<line class="grid" x1="0" x2="100%" y1="${round(y(value))}" y2="${round(y(value))}"/><text x="-8" y="${round(y(value)) + 4}" text-anchor="end">${count(value)}</text>`,
    )}${bars
    .filter((bar) => bar.count > 0)
    .map(
      (bar) =>
        html`<rect class="bar fill ${tone}" x="${round(x(bar.from - 1) + 0.15)}%" y="${round(y(bar.count))}" width="${round(Math.max(0.2, x(bar.to) - x(bar.from - 1) - 0.3))}%" height="${round(height - y(bar.count))}"><title>${rangeText(bar)}: ${count(bar.count)} ${unit}</title></rect>`,
    )}${x
    .ticks(8)
    .map(
      (value, index) =>
        html`<g${index % 2 === 1 && html` class="odd"`}><line class="axis" x1="${round(x(value))}%" x2="${round(x(value))}%" y1="${height}" y2="${height + 5}"/><text x="${round(x(value))}%" y="${height + 18}" text-anchor="middle">${count(value)}</text></g>`,
    )}<line class="axis" x1="0" x2="100%" y1="${height}" y2="${height}"/>${
    limit &&
    html`<line class="mark red" x1="${round(x(limit.value))}%" x2="${round(x(limit.value))}%" y1="0" y2="${height}"/><text class="name red" x="${round(x(limit.value))}%" y="-4" text-anchor="end">${limit.name}</text>`
  }`;
}

export function rangeText({ from, to }: Bar): string {
  return to === from ? count(from) : `${count(from)} to ${count(to)}`;
}
