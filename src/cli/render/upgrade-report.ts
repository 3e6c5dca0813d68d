import { gateText, type UpgradeReport } from '../../upgrade';
import type { Canvas } from './style';
import { count, known, moment, safe, table, time, wrap } from './text';

type Stage = NonNullable<UpgradeReport['stages']>[number];

/** What a finished run did, as far as the cluster knows it: what devices saw of it is known only to them. */
export function renderUpgradeReport(cluster: string, report: UpgradeReport, { style, width }: Canvas): string {
  const { from, to, driver, durationMs, pausedMs, phases, after, sessionsLost, hasLosses } = report;
  const rows = [
    ['driver', driver === 'pilot' ? 'pilot' : 'operator alone'],
    ['from', `${safe(from.version)}, ${safe(from.set)}`],
    ['to', `${safe(to.version)}, ${safe(to.set)}`],
    ...(report.stages ?? []).map((stage) => stageRow(stage, report.outcome)),
    ['began with', loadText(report)],
    ...(after ? [['ended with', loadText(after)]] : []),
    ...gates(report),
    ...(hasLosses ? [['lost', `at least ${count(sessionsLost ?? 0)} sessions`]] : []),
    ...evacuation(report),
    ...rollback(report),
    ['duration', time(durationMs)],
    ...(pausedMs > 0 ? [['paused', time(pausedMs)]] : []),
    ...phases.map(({ phase, ms }) => [`  ${phase}`, time(ms)]),
  ];
  const label = Math.max(...rows.map(([name]) => name!.length)) + 2;
  const title = `${safe(cluster)}: ${safe(from.version)} → ${safe(to.version)}, ${report.outcome}`;
  const lines = [
    style.bold(hasLosses ? `${title} with losses` : title),
    ...rows.map(([name, text]) => {
      const line = `${name!.padEnd(label)}${text}`;
      return name === 'lost' || (name === 'gate' && text!.includes('not passed')) ? style.red(line) : line;
    }),
  ];
  return [...lines, ...shares(report), ...incidents(report, width)].join('\n');
}

function stageRow({ role, from, to, replicas }: Stage, outcome: UpgradeReport['outcome']): string[] {
  const became = outcome === 'aborted' ? 'kept' : `→ ${safe(to)}`;
  return [`  ${role}s`, `${safe(from)} ${became}, ${replicas} nodes`];
}

/** An unknown number is shown as unknown; subscriptions only where nodes counted them. */
function loadText({
  connections,
  sessions,
  subscriptions,
}: Pick<UpgradeReport, 'connections' | 'sessions' | 'subscriptions'>) {
  const counted = subscriptions === null ? '' : `, ${count(subscriptions)} subscriptions`;
  return `${known(connections)} connections, ${known(sessions)} sessions${counted}`;
}

function gates({ gates: all }: UpgradeReport): string[][] {
  return all.map((gate) => ['gate', gateText(gate, count)]);
}

function evacuation({
  evacuateMs,
  lowerBoundMs,
  ratio,
  caps,
  peakDisconnectsPerSecond: peak,
}: UpgradeReport): string[][] {
  if (evacuateMs === 0) return [];
  const bound = ratio === null ? '' : `, lower bound ${time(lowerBoundMs)} (× ${ratio.toFixed(3)})`;
  const rates = caps.map(({ perSecond }) => count(perSecond)).join(', then ');
  return [
    ['evacuation', `${time(evacuateMs)}${bound}`],
    ['cap', `${rates} disconnects/s in the whole cluster`],
    ...(peak === null ? [] : [['peak', `${count(peak)} disconnects/s, as far as observed`]]),
  ];
}

function rollback({ rollback: back }: UpgradeReport): string[][] {
  if (!back) return [];
  return [['rollback', `${known(back.moved)} devices had been moved, ${known(back.movedBack)} were moved back`]];
}

function incidents({ incidents: all }: UpgradeReport, width: number): string[] {
  if (all.length === 0) return [];
  const lines = all.flatMap(({ at, endedAt, what, devicesAway, sessionsLost }) => {
    const cost = [
      ...(endedAt === undefined ? [] : [`over after ${time(endedAt - at)}`]),
      ...(devicesAway === undefined ? [] : [`at most ${count(devicesAway)} devices offline`]),
      ...(sessionsLost ? [`${count(sessionsLost)} sessions lost`] : []),
    ];
    const text = [safe(what), ...(cost.length > 0 ? [`(${cost.join(', ')})`] : [])].join(' ');
    const [first, ...more] = wrap(text, width - 24);
    return [`  ${moment(at)}  ${first}`, ...more.map((line) => `${' '.repeat(24)}${line}`)];
  });
  return ['', 'incidents', ...lines];
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
