import type { UpgradeReport } from '../../upgrade';
import type { Canvas } from './style';
import { count, safe, table, time } from './text';

/** What a finished run did, as far as the cluster knows it: what devices saw of it only they can tell. */
export function renderUpgradeReport(cluster: string, report: UpgradeReport, { style }: Canvas): string {
  const { from, to, driver, durationMs, pausedMs, phases, connections, sessions } = report;
  const rows = [
    ['driver', driver === 'pilot' ? 'pilot' : 'operator alone'],
    ['from', `${safe(from.version)}, ${safe(from.set)}`],
    ['to', `${safe(to.version)}, ${safe(to.set)}`],
    ['began with', `${count(connections)} connections, ${count(sessions)} sessions`],
    ...evacuation(report),
    ['duration', time(durationMs)],
    ...(pausedMs > 0 ? [['paused', time(pausedMs)]] : []),
    ...phases.map(({ phase, ms }) => [`  ${phase}`, time(ms)]),
  ];
  const label = Math.max(...rows.map(([name]) => name!.length)) + 2;
  const title = `${safe(cluster)}: ${safe(from.version)} → ${safe(to.version)}, ${report.outcome}`;
  const lines = [style.bold(title), ...rows.map(([name, text]) => `${name!.padEnd(label)}${text}`)];
  return [...lines, ...shares(report)].join('\n');
}

function evacuation({ evacuateMs, lowerBoundMs, capPerSecond }: UpgradeReport): string[][] {
  if (evacuateMs === 0) return [];
  const bound =
    lowerBoundMs > 0 ? `, lower bound ${time(lowerBoundMs)} (× ${(evacuateMs / lowerBoundMs).toFixed(3)})` : '';
  return [
    ['evacuation', `${time(evacuateMs)}${bound}`],
    ['cap', `${count(capPerSecond)} disconnects/s in the whole cluster`],
  ];
}

function shares({ shares }: UpgradeReport): string[] {
  if (shares.length === 0) return [];
  const rows = shares.map(({ pod, connectionsPerSecond, sessionsPerSecond, wave }) => [
    safe(pod),
    count(connectionsPerSecond),
    count(sessionsPerSecond),
    String(wave + 1),
  ]);
  return ['', ...table([['node', 'disconnects/s', 'sessions/s', 'wave'], ...rows])];
}
