import { count } from '../render/text';
import { type BarChart, drawBarChart, rangeText } from './bar-chart';
import { type Html, html } from './html';
import { elapsed, timeUnit } from './time-axis';
import { type ChartLine, drawTimeChart, type TimeChart, valueAt, valueText } from './time-chart';

const HEIGHT = 210;
/** Below the plot, for the labels of the axis. */
const BELOW = 26;
/** A person reads no longer table; all values are in the JSON. */
const MOST_ROWS = 40;

/** A chart with its legend and its numbers, as a figure of the page. @param id unique on the page */
export function timeFigure(id: string, chart: TimeChart): Html {
  const { lines, spanMs, unit } = chart;
  const rows = Math.min(MOST_ROWS, Math.max(2, Math.ceil(spanMs / 1_000) + 1));
  const times = Array.from({ length: rows }, (_, index) => (index * spanMs) / (rows - 1));
  const header = ['time', ...lines.map(({ name }) => name)];
  return figure(id, chart, {
    plot: drawTimeChart(chart, HEIGHT),
    legend: lines.length > 1 && html`<ul class="legend">${lines.map(legend)}</ul>`,
    axes: `${unit}, over ${timeUnit(spanMs)}`,
    table: table(
      chart.title,
      header,
      times.map((at) => [elapsed(at, spanMs), ...lines.map((line) => valueText(valueAt(line, at)))]),
    ),
  });
}

export function barFigure(id: string, chart: BarChart): Html {
  const { bars, unit, valueUnit } = chart;
  return figure(id, chart, {
    plot: drawBarChart(chart, HEIGHT),
    legend: undefined,
    axes: `${unit}, by ${valueUnit}`,
    table: table(
      chart.title,
      [valueUnit, unit],
      bars.filter((bar) => bar.count > 0).map((bar) => [rangeText(bar), count(bar.count)]),
    ),
  });
}

function legend({ name, tone, isDashed, isThin }: ChartLine): Html {
  const classes = ['line', tone, ...(isDashed ? ['dashed'] : []), ...(isThin ? ['thin'] : [])].join(' ');
  return html`<li><svg width="26" height="10" aria-hidden="true"><path class="${classes}" d="M1,5L25,5"/></svg>${name}</li>`;
}

function figure(
  id: string,
  { title, description }: { title: string; description: string },
  { plot, legend, axes, table }: { plot: Html; legend: Html | undefined | false; axes: string; table: Html },
): Html {
  return html`<figure>
<figcaption><h3>${title}</h3><p>${description}</p></figcaption>
${legend}<p class="axes">${axes}</p>
<div class="plot"><svg role="img" aria-labelledby="${id}-t" aria-describedby="${id}-d" width="100%" height="${HEIGHT + BELOW}" overflow="visible"><title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>${plot}</svg></div>
<details><summary>Numbers of this chart</summary>${table}</details>
</figure>`;
}

/** A table that scrolls sideways where it is too wide. Its first column names the rows. */
export function table(name: string, header: readonly string[], rows: readonly (readonly (string | Html)[])[]): Html {
  return html`<div class="wide" role="region" aria-label="${name}" tabindex="0"><table><thead><tr>${header.map(
    (text) => html`<th scope="col">${text}</th>`,
  )}</tr></thead><tbody>${rows.map(
    ([first = '', ...cells]) =>
      html`<tr><th scope="row">${first}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}
