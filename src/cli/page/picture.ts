import { type Html, html, raw } from './html';
import { CHART_STYLE, themes } from './palette';
import { timeUnit } from './time-axis';
import { type ChartLine, drawTimeChart, type TimeChart } from './time-chart';

/** A chart of a picture, with a line of text about it. */
export interface Panel {
  chart: TimeChart;
  /** Short: beside the title. */
  caption: string;
  height: number;
}

const WIDTH = 860;
const MARGIN = { left: 76, right: 26, top: 62, bottom: 26 };
const GAP = 14;
const TITLE = 44;
const STYLE = `
${themes(':root')}
${CHART_STYLE}
.card{fill:var(--card);stroke:var(--rule)}
svg text.title{font-size:17px;font-weight:700;fill:var(--ink)}
svg text.panel{font-size:14px;font-weight:700;fill:var(--ink)}
svg text.caption{font-size:13px}
`;

/** Charts one below the other, as an SVG file for documents: light or dark as its reader prefers. */
export function renderPicture(title: string, panels: readonly Panel[]): string {
  let top = TITLE;
  const placed = panels.map((panel) => {
    const y = top;
    top += MARGIN.top + panel.height + MARGIN.bottom + GAP;
    return { ...panel, y };
  });
  const unit = timeUnit(panels[0]?.chart.spanMs ?? 0);
  const height = top + 14;
  const description = panels.map(({ chart }) => `${chart.title}: ${chart.description}`).join(' ');
  return `${
    html`<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="t d">
<title id="t">${title}</title><desc id="d">${description}</desc>
<style>${raw(STYLE)}</style>
<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="10"/>
<text class="title" x="18" y="32">${title}</text>
${placed.map(
  ({ chart, caption, height, y }) =>
    html`<text class="panel" x="18" y="${y + 22}">${chart.title}</text><text class="caption" x="18" y="${y + 40}">${caption}${chart.lines.map(legend)}</text>
<svg x="${MARGIN.left}" y="${y + MARGIN.top}" width="${WIDTH - MARGIN.left - MARGIN.right}" height="${height + MARGIN.bottom}" overflow="visible">${drawTimeChart({ ...chart, isStill: true }, height)}</svg>
`,
)}<text x="${WIDTH - MARGIN.right}" y="${height - 12}" text-anchor="end">${unit}</text>
</svg>`.text
  }\n`;
}

/** The names of lines that stand at no line. */
function legend({ name, tone, nameAt }: ChartLine): Html | undefined {
  return nameAt === undefined ? html`<tspan class="${tone}" dx="14">━ ${name}</tspan>` : undefined;
}
