import { curesOf, type UpgradeStatus } from '../../upgrade';
import { advance, emptyView } from './run-view';
import { statusTree } from './status';
import type { Canvas } from './style';
import { count, cutTo, moment, safe, time, wrap } from './text';

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
  return [`${title}: ${STATES[state]}`, ...runLines(status, resume), '', ...tree, ...cureLines(status, width)].join(
    '\n',
  );
}

/** What to do about the nodes that do not answer. */
function cureLines({ sample: { nodes } }: UpgradeStatus, width: number): string[] {
  const silent = nodes.filter(({ unreachable }) => unreachable !== null);
  return silent.length === 0 ? [] : ['', ...wrap(`→ ${curesOf(silent)}`, width)];
}

/** What is known of the open run, or of the last one; none if there never was a run. */
export function runLines({ state, run, lease, sample }: UpgradeStatus, resume: string): string[] {
  if (!run) return [];
  const change = safe(`${run.from} → ${run.to}`);
  if (state !== 'upgrading') {
    return [`last upgrade: ${change}, ${run.aborted ? 'aborted' : 'done'} at ${moment(run.phaseSince)}`];
  }
  const left = sample.leftMs === undefined ? '' : `, about ${time(sample.leftMs)} left`;
  const driver = run.driver === 'pilot' ? `at most ${count(run.connectionCap)} disconnects/s` : 'by the operator alone';
  const way = run.aborted ? ', aborted and rolling back' : '';
  const paused = run.paused ? ', paused' : '';
  return [
    `${change}, ${driver}, begun at ${moment(run.startedAt)}${way}`,
    `phase ${run.phase} for ${time(Math.max(0, sample.at - run.phaseSince))}${paused}${left}`,
    lease?.live
      ? `driven by ${safe(lease.holder)} since ${moment(lease.acquiredAt)}`
      : `no process drives it; to resume, run: ${safe(resume)}`,
  ];
}
