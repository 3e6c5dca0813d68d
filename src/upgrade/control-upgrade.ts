import { type Control, controlText } from './control';
import { goBackAdvice } from './downgrade';
import { UpgradeError } from './errors';
import { isOpen, type Journal } from './journal';
import type { undrained } from './observation';
import type { UpgradeReport } from './report';
import { continueRun } from './run';
import type { UpgradeContext } from './upgrade-context';

/** Between two checks whether a request was handled. */
const POLL_MS = 500;

/** A process that drives a run handles a request within this time, ms. */
const USUAL_MS = 2_000;

/** Between two reports of how long is waited for a process that may be gone, ms. */
const SAY_AGAIN_MS = 5_000;

/**
 * Sends a request to the open run, and resolves when it has taken effect.
 *
 * The process that drives the run handles it within a second or two. When there is none, this process drives the run: for a pause
 * until the nodes have stopped, for everything else to the end of the run. One that may be gone is waited for until its lease expires, and
 * that is reported after two seconds.
 *
 * @returns the report of a run that this process drove to its end.
 * @throws UpgradeError `NO_RUN` when none is open, `NOT_TAKEN_UP` when the run rejects it; or what {@link runUpgrade} throws.
 */
export async function controlUpgrade(
  context: UpgradeContext,
  control: Control,
  signal?: AbortSignal,
): Promise<UpgradeReport | undefined> {
  const { clock, cluster, holder } = context;
  const { journal } = await cluster.observe(signal);
  if (!isOpen(journal)) throw noRun(control, journal);
  const askedAt = clock.now();
  // Somebody else may request the same: an abort that was accepted makes that the second one, which is rejected.
  const isAccepted = ({ aborted }: Journal) => control.do === 'abort' && aborted !== undefined && !journal.aborted;
  // Whoever drives the run may be on a machine with another clock.
  const isRefused = (now: Journal) =>
    now.refused?.request === controlText(control) && now.refused.at !== journal.refused?.at && !isAccepted(now);
  await cluster.writeRequest(controlText(control), signal);
  let saidMs = Number.POSITIVE_INFINITY;
  for (;;) {
    const view = await cluster.observe(signal);
    if (view.request === undefined) {
      const { journal } = view;
      if (journal?.refused && isRefused(journal)) throw declined(journal.refused.reason);
      return undefined;
    }
    const { lease } = view;
    if (!lease?.live || lease.holder === holder) break;
    const { leftMs } = lease;
    // Each renewal begins it anew: its holder lives, and is only slow.
    if (clock.now() - askedAt >= USUAL_MS && leftMs <= saidMs - SAY_AGAIN_MS) {
      saidMs = leftMs;
      const takeover = `if that is gone, this process takes over in ${Math.ceil(leftMs / 1_000)} s`;
      context.progress.report({
        kind: 'waiting',
        at: clock.now(),
        text: `${lease.holder} to handle the request; ${takeover}`,
      });
    }
    await clock.sleep(POLL_MS, signal);
  }
  // Who asked for something else does not want the run to go on.
  const until: typeof isPaused = (journal, observation) =>
    isRefused(journal) || (control.do === 'pause' && isPaused(journal, observation));
  const report = await continueRun(context, until, signal);
  const { journal: left } = await cluster.observe(signal);
  if (left?.refused && isRefused(left)) throw declined(left.refused.reason);
  return report;
}

function isPaused(journal: Journal, observation: Parameters<typeof undrained>[0]): boolean {
  const nodes = [...observation.nodes.values()];
  return journal.paused !== undefined && !nodes.some((node) => node.evacuating && node.connections + node.sessions > 0);
}

function noRun({ do: what }: Control, last: Journal | undefined): UpgradeError {
  const reason = 'no upgrade of this cluster is under way';
  if (what !== 'abort' || !last) return new UpgradeError('NO_RUN', reason, 'start one with the command upgrade');
  if (last.aborted)
    return new UpgradeError(
      'NO_RUN',
      reason,
      `the last one was aborted, and the cluster is back at version ${last.from.version}`,
    );
  return new UpgradeError('NO_RUN', reason, `the last one has ended: ${goBackAdvice(last)}`);
}

function declined(reason: string): UpgradeError {
  return new UpgradeError('NOT_TAKEN_UP', 'the run rejects this request', reason);
}
