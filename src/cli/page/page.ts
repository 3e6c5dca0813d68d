import { createHash } from 'node:crypto';
import { disconnectChart, timeCharts, wayCharts, wayName } from './charts';
import type { ReportDocument } from './document';
import { barFigure, timeFigure } from './figures';
import { type Html, html, raw } from './html';
import { PAGE_STYLE } from './page-style';
import { deviceTable, headline, incidentList, keyFigures, nodeTable, planTable, timeline } from './sections';

/** The icon of the tab: blue and green. */
const ICON =
  'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 8 8%22%3E%3Cpath fill=%22%230b5fd0%22 d=%22M0 0h4v8H0z%22/%3E%3Cpath fill=%22%23157a35%22 d=%22M4 0h4v8H4z%22/%3E%3C/svg%3E';

/**
 * The report as one page that needs nothing else: no script, no network. Its own policy forbids both, so that nothing which comes from
 * a cluster could be run or loaded even if it were not escaped.
 */
export function renderPage(document: ReportDocument): string {
  const { cluster, from, to, comparisons, devices } = document;
  const hash = createHash('sha256').update(PAGE_STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const bars = disconnectChart(document);
  const ways = [...(devices ? [devices] : []), ...comparisons].flatMap((report) =>
    report.outcome === 'cannot' ? [] : [{ name: wayName(report), report }],
  );
  const nodes = nodeTable(document);
  const charts = timeCharts(document);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${cluster}: EMQX ${from.version} → ${to.version}</title>
<link rel="icon" href="${raw(ICON)}">
<style>${raw(PAGE_STYLE)}</style>
</head>
<body>
${headline(document)}
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
<footer><p>Written by emqx-blue-green from run ${document.run}. All times are in UTC.</p></footer>
</body>
</html>
`;
  return page.text;
}

function section(title: string, content: Html): Html {
  return html`<section><h2>${title}</h2>${content}</section>`;
}
