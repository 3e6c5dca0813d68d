import { curesOf, type OnlyReadStatus, type SetStatus, type UpgradeStatus } from '../../upgrade';
import { advance, emptyView } from './run-view';
import { adaptiveText, nodeText, statusTree } from './status';
import type { Canvas } from './style';
import { age, count, cutTo, known, moment, safe, table, time, wrap } from './text';

const STATES: Readonly<Record<UpgradeStatus['state'], string>> = {
  'at-rest': 'at rest',
  waiting: 'the operator has created new nodes and is held: the next upgrade uses them',
  native: 'the operator upgrades on its own',
  upgrading: 'an upgrade is under way',
  unsettled: 'not at rest: emqx-blue-green check shows why',
};

/**
 * The state of a cluster and of its upgrade.
 *
 * @param resume the command that resumes a run that no process drives
 */
export function renderStatus(status: UpgradeStatus, resume: string, { style, width }: Canvas): string {
  const { cluster, namespace, state, version, sample } = status;
  const view = advance(emptyView(cluster), { kind: 'sample', at: sample.at, sample });
  const tree = statusTree(view, style, Number.POSITIVE_INFINITY).map(({ text, paint }) => {
    const cut = cutTo(text, width);
    return paint ? paint(cut) : cut;
  });
  const title = style.bold(safe(`${namespace}/${cluster}, EMQX ${version}`));
  if (status.onlyRead) return renderOnlyRead(status, status.onlyRead, title, { style, width });
  return [
    `${title}: ${STATES[state]}`,
    ...runLines(status, resume, width),
    '',
    ...tree,
    ...status.beside.flatMap((set) => ['', ...setLines(set, sample.at)]).map((line) => cutTo(line, width)),
    ...cureLines([...sample.nodes, ...status.beside.flatMap(({ nodes }) => nodes)], width),
  ].join('\n');
}

/** All nodes, set by set, and what prevents an upgrade. */
function renderOnlyRead(
  { state, sample: { at } }: UpgradeStatus,
  { reason, fix, sets }: OnlyReadStatus,
  title: string,
  { style, width }: Canvas,
): string {
  const lines = sets.flatMap((set) => setLines(set, at));
  const limits = [...wrap(`‼ ${reason}`, width).map(style.yellow), ...wrap(`→ ${fix}`, width)];
  const all = sets.flatMap(({ nodes }) => nodes);
  const text = state === 'at-rest' ? 'at rest' : 'its operator is at work';
  return [
    `${title}: ${text}`,
    '',
    ...lines.map((line) => cutTo(line, width)),
    '',
    ...limits,
    ...cureLines(all, width),
  ].join('\n');
}

function setLines(status: SetStatus, at: number): string[] {
  const { role, set, ready, replicas, connections, sessions, seenAt, nodes } = status;
  return [
    `${safe(set)}: ${ready} of ${replicas} ${role}s ready, ${known(connections)} connections, ${known(sessions)} sessions${age(seenAt, at)}`,
    ...table(nodes.map((node) => [`  ${safe(node.pod)}`, nodeText(node, at)])),
  ];
}

/** What to do about the nodes that do not answer. */
function cureLines(nodes: UpgradeStatus['sample']['nodes'], width: number): string[] {
  const silent = nodes.filter(({ unreachable }) => unreachable !== null);
  return silent.length === 0 ? [] : ['', ...wrap(`→ ${curesOf(silent)}`, width)];
}

/** Of a run that no process drives: why, and what to do. */
function leftLines({ stopped, advice }: NonNullable<UpgradeStatus['run']>, resume: string, width: number): string[] {
  if (advice === undefined) return [`no process drives it; to resume, run: ${safe(resume)}`];
  const why = stopped ? `stopped at ${moment(stopped.at)}: ${stopped.reason}` : 'no process drives it';
  const lines = [...wrap(safe(why), width), ...wrap(`→ ${safe(advice)}`, width)];
  return advice.includes('same command again') ? [...lines, `to resume, run: ${safe(resume)}`] : lines;
}

/** What is known of the open run, or of the last one; none if there never was a run. */
export function runLines({ state, run, lease, sample }: UpgradeStatus, resume: string, width: number): string[] {
  if (!run) return [];
  const change = safe(`${run.from} → ${run.to}`);
  if (state !== 'upgrading') {
    return [`last upgrade: ${change}, ${run.aborted ? 'aborted' : 'done'} at ${moment(run.phaseSince)}`];
  }
  const left = sample.leftMs === undefined ? '' : `, about ${time(sample.leftMs)} left`;
  const chosen = sample.ratePerSecond === undefined ? '' : ` (${adaptiveText(sample.ratePerSecond)})`;
  const driver =
    run.driver === 'pilot' ? `at most ${count(run.connectionCap)} disconnects/s${chosen}` : 'by the operator alone';
  const way = run.aborted ? ', aborted and rolling back' : '';
  const paused = run.paused ? ', paused' : '';
  return [
    `${change}, ${driver}, begun at ${moment(run.startedAt)}${way}`,
    `phase ${run.phase} for ${time(Math.max(0, sample.at - run.phaseSince))}${paused}${left}`,
    ...(lease?.live
      ? [`driven by ${safe(lease.holder)} since ${moment(lease.acquiredAt)}`]
      : leftLines(run, resume, width)),
  ];
}
