import type { CapRun } from '../../simulator/caps';
import { notModelledText } from '../render/caps';
import { count, time } from '../render/text';
import type { CapsDocument } from './caps-document';
import { type Way, wayCharts } from './charts';
import { table, timeFigure } from './figures';
import { pageOf, section } from './frame';
import { html } from './html';

/** What each cap costs, as one page: a table, and the devices that are connected over time with each. */
export function renderCapsPage(document: CapsDocument): string {
  const { cluster, namespace, from, to, nodes, clients, offlineDevices, seed, caps } = document;
  const runs = caps.filter((run) => 'report' in run);
  const unfit = caps.flatMap((run) => ('report' in run ? [] : [run]));
  const ways = runs.map(
    ({ capPerSecond, report }): Way => ({ name: `At most ${count(capPerSecond)} a second`, report }),
  );
  const title = `${cluster}: EMQX ${from} → ${to}, with several caps`;
  const facts = [
    ['Cluster', `${namespace}/${cluster}`],
    ['Nodes', count(nodes)],
    ['Devices', `${count(clients)}, and ${count(offlineDevices)} offline`],
    ...(document.pacing ? [['Pacing', document.pacing]] : []),
    ['Seed', String(seed)],
  ];
  const body = html`<header>
<h1>${title}</h1>
<p class="note">This is a model in virtual time: no cluster was touched.</p>
<dl class="facts">${facts.map(([name = '', value = '']) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>
<main>
${section('What each cap costs', html`${runs.length > 0 && capsTable(runs)}${runs.flatMap((run) => notModelledText(run) ?? []).map((text) => html`<p>${text}</p>`)}${unfit.map(({ capPerSecond, reason }) => html`<p>With ${count(capPerSecond)} per second there is no upgrade: ${reason}</p>`)}`)}
${runs.length > 0 && section('Devices that are connected', html`<div class="charts">${wayCharts(ways).map((chart, index) => timeFigure(`cap-${index}`, chart))}</div>`)}
</main>
<footer><p>Written by emqx-blue-green simulate --cap.</p></footer>`;
  return pageOf(title, body);
}

function capsTable(runs: readonly CapRun[]) {
  return table(
    'What each cap costs',
    [
      'cap per second',
      'whole upgrade',
      'evacuation',
      'disconnects, worst second',
      'reconnects, worst second',
      'devices offline, at most',
      'time offline, median',
      'sessions lost',
      'devices not back',
    ],
    runs.map(({ capPerSecond, report, mostDevicesAway }) => [
      count(capPerSecond),
      time(report.durationMs),
      time(report.evacuateMs),
      count(report.peakDisconnectsPerSecond),
      count(report.peakReconnectsPerSecond),
      count(mostDevicesAway),
      time(report.offlineMs.p50),
      count(report.sessionsLost),
      count(report.stillOffline),
    ]),
  );
}
