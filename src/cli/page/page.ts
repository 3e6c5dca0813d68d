import { disconnectChart, timeCharts, wayCharts, wayName } from './charts';
import type { ReportDocument } from './document';
import { barFigure, timeFigure } from './figures';
import { pageOf, section } from './frame';
import { html } from './html';
import { deviceTable, headline, incidentList, keyFigures, nodeTable, planTable, timeline } from './sections';

/** The report as one page. */
export function renderPage(document: ReportDocument): string {
  const { cluster, from, to, comparisons, devices } = document;
  const bars = disconnectChart(document);
  const ways = [...(devices ? [devices] : []), ...comparisons].flatMap((report) =>
    report.outcome === 'cannot' ? [] : [{ name: wayName(report), report }],
  );
  const nodes = nodeTable(document);
  const charts = timeCharts(document);
  const body = html`${headline(document)}
<main>
${keyFigures(document)}
${section('Plan and outcome', planTable(document))}
${section(
  'Over time',
  charts.length > 0
    ? html`<div class="charts">${charts.map((chart, index) => timeFigure(`time-${index}`, chart))}${bars && barFigure('bars', bars)}</div>`
    : html`<p>Nothing was observed over time: the run is one of an earlier version.</p>`,
)}
${section('Phases', timeline(document))}
${section('Incidents', incidentList(document))}
${nodes && section('Nodes', nodes)}
${section('Devices', html`${ways.length > 1 && html`<div class="charts">${wayCharts(ways).map((chart, index) => timeFigure(`way-${index}`, chart))}</div>`}${deviceTable(document)}`)}
</main>
<footer><p>Written by emqx-blue-green from run ${document.run}. All times are in UTC.</p></footer>`;
  return pageOf(`${cluster}: EMQX ${from.version} → ${to.version}`, body);
}
