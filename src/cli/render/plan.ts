import type { OnlyRead } from '../../resource';
import { ASSUMED, type Change, type DeviceSample, type UpgradePlan } from '../../upgrade';
import { checkLines, verdict, WHO_COMES_BACK } from './checks';
import { deviceSection } from './devices';
import type { Canvas, Style } from './style';
import { count, json, known, safe, table, time, wrap } from './text';

/** The plan as a person reads it. @param devices `null` where they could not be sampled. @default - they were not to be */
export function renderPlan(plan: UpgradePlan, { style, width }: Canvas, devices?: DeviceSample | null): string {
  const { cluster, namespace, from, to, driver } = plan;
  if (plan.onlyRead) return renderOnlyRead(plan, plan.onlyRead, { style, width });
  const by = driver === 'pilot' ? 'driven by the pilot, with the operator held' : 'by the operator alone';
  const blocks = [
    [`${style.bold(safe(`${namespace}/${cluster}: ${from.version} → ${to.version}`))}, ${by}`],
    section('Changes', changesOf(plan, width), style),
    section('Now', nodeLines(plan), style),
    ...(plan.stages ? [section('Steps', stageLines(plan.stages, width), style)] : []),
    section('Evacuation', evacuationLines(plan, width), style),
    ...deviceSection(devices, { style, width }),
    [style.bold('Checks'), ...checkLines(plan.checks, plan.checks, { style, width })],
    [verdict(plan.checks, style)],
  ];
  return blocks.map((lines) => lines.join('\n')).join('\n\n');
}

/** There is nothing to plan: what would change, what there is, and why not. */
function renderOnlyRead(plan: UpgradePlan, { reason, fix }: OnlyRead, { style, width }: Canvas): string {
  const { cluster, namespace, from, to, checks } = plan;
  const blocks = [
    [`${style.bold(safe(`${namespace}/${cluster}: ${from.version} → ${to.version}`))}, not by this program`],
    section('Changes', changesOf(plan, width), style),
    section('Now', nodeLines(plan), style),
    section('Upgrade', [...wrap(reason, width - 2), ...wrap(`→ ${fix}`, width - 2)], style),
    [style.bold('Checks'), ...checkLines(checks, checks, { style, width })],
    [verdict(checks, style)],
  ];
  return blocks.map((lines) => lines.join('\n')).join('\n\n');
}

function section(title: string, lines: readonly string[], style: Style): string[] {
  return [style.bold(title), ...lines.map((line) => `  ${line}`)];
}

function changesOf({ changes, newPods }: UpgradePlan, width: number): string[] {
  const lines = changeLines(changes, width);
  if (!newPods) return lines.length > 0 ? lines : ['none'];
  const applied =
    'the resource has this template already, and the operator has created new nodes from it; their pods differ in';
  const differences = changeLines(newPods, width).map((line) => `  ${line}`);
  return [...lines, ...wrap(applied, width - 2), ...(differences.length > 0 ? differences : ['  nothing known'])];
}

function changeLines(changes: readonly Change[], width: number): string[] {
  return changes.flatMap((change) => {
    const text = `${change.path}: ${value(change, 'before')} → ${value(change, 'after')}`;
    return hanging(wrap(safe(text), width - 4));
  });
}

function value(change: Change, side: 'before' | 'after'): string {
  if (!(side in change)) return '(absent)';
  const shown = change[side];
  return typeof shown === 'string' && shown !== '' ? shown : json(shown);
}

function nodeLines({ from, connections, sessions, offlineSessions, nodes, driver }: UpgradePlan): string[] {
  const away = offlineSessions !== null && offlineSessions > 0 ? ` (${count(offlineSessions)} of offline devices)` : '';
  const sum = `${safe(from.set)}, ${from.replicas} nodes: ${known(connections)} connections, ${known(sessions)} sessions${away}`;
  if (nodes.length === 0 || driver === 'operator') return [sum];
  const waves = nodes.some((node) => node.wave > 0);
  const rows = nodes.map((node) => [
    safe(node.pod),
    count(node.connections),
    count(node.offlineSessions),
    count(node.connectionsPerSecond),
    count(node.sessionsPerSecond),
    ...(waves ? [String(node.wave + 1)] : []),
  ]);
  const head = ['node', 'connections', 'offline devices', 'disconnects/s', 'sessions/s', ...(waves ? ['wave'] : [])];
  return [sum, ...table([head, ...rows])];
}

/** Cores after replicants: old replicants need old cores. */
function stageLines(stages: NonNullable<UpgradePlan['stages']>, width: number): string[] {
  return stages.flatMap(({ role, set, replicas, connections }, index) => {
    const devices = connections === 0 ? 'no device is connected to them' : `${known(connections)} devices are moved`;
    const text = `${index + 1}. the ${role}s are replaced (${safe(set)}, ${replicas} nodes): ${devices}`;
    return hanging(wrap(text, width - 4));
  });
}

const ADAPTIVE =
  'adaptive: it begins at an eighth of the cap and follows what reconnects; bound and durations are those at the cap';

function evacuationLines(plan: UpgradePlan, width: number): string[] {
  if (plan.driver === 'operator') {
    return wrap('The operator moves the devices on its own: neither rate nor duration can be predicted.', width - 2);
  }
  if (plan.capPerSecond < 1) return wrap('The cluster sets no rate at which devices may be moved.', width - 2);
  const peak = plan.peakDisconnectsPerSecond;
  const within = (ms: number | null, text: (ms: string) => string) => (ms === null ? 'unknown' : text(time(ms)));
  const rows = [
    [
      'cap',
      `${count(plan.capPerSecond)} disconnects/s and ${count(plan.sessionCapPerSecond)} sessions/s in the whole cluster`,
    ],
    ...(plan.pacing ? [['pacing', ADAPTIVE]] : []),
    ['peak', peak === null ? 'unknown' : `${count(peak)} disconnects/s`],
    ['offline', awayText(plan)],
    ['devices', WHO_COMES_BACK],
    ['lower bound', within(plan.lowerBoundMs, (ms) => ms)],
    ['expected', within(plan.evacuateMs, (ms) => ms)],
    [
      'whole upgrade',
      within(plan.estimateMs, (ms) => `about ${ms}, if the new nodes are ready within ${time(ASSUMED.greenReadyMs)}`),
    ],
  ];
  const label = Math.max(...rows.map(([name]) => name!.length)) + 2;
  return rows.flatMap(([name, text]) =>
    wrap(text!, width - 2 - label).map((line, index) => (index === 0 ? name! : '').padEnd(label) + line),
  );
}

function awayText({ devicesAway, isAwayLimited }: UpgradePlan): string {
  if (!isAwayLimited) return 'any number of devices: there is no offline budget';
  return devicesAway === null ? 'unknown' : `at most ${count(devicesAway)} at once; above that, no more disconnects`;
}

function hanging([first, ...more]: string[]): string[] {
  return [first!, ...more.map((line) => `  ${line}`)];
}
