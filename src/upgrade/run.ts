import { setMaxListeners } from 'node:events';
import type { EmqxResource } from '../resource';
import { AnySignal } from './any-signal';
import { endDeleted } from './deleted';
import { mqtt31Of, sampleDevices } from './device-sample';
import { BlockedError, UpgradeError } from './errors';
import { type Inspection, inspect } from './inspect';
import { isOpen, type Journal, type Phase } from './journal';
import { newJournal } from './new-journal';
import type { Observation } from './observation';
import { ClusterMissing } from './ports';
import { blockers } from './preflight';
import { reportOf, type UpgradeReport } from './report';
import { formerOf } from './rest';
import { RunLoop, type Until } from './run-loop';
import type { UpgradeRequest } from './target';
import type { UpgradeContext } from './upgrade-context';

/**
 * Runs an upgrade to its end, or resumes one that was interrupted.
 *
 * The loop: observe, decide, write the journal, act. All state is in the cluster and the journal, so the
 * process may die at any moment and the same call resumes the run.
 *
 * @throws BlockedError before anything is written, when preflight finds a blocker.
 * @throws UpgradeError when the run cannot continue safely, when the lease is lost, or (`DETACHED`) when the signal aborts.
 */
export async function runUpgrade(
  context: UpgradeContext,
  request: UpgradeRequest,
  signal?: AbortSignal,
): Promise<UpgradeReport> {
  return reportOf(await drivenTo(undefined, context, request, signal));
}

/**
 * Starts an upgrade, or resumes one that was interrupted, until the resource has the wanted template: from then on any process can drive
 * the run, since the cluster alone says what is wanted. That takes seconds. No process drives it when this resolves.
 *
 * @throws as {@link runUpgrade}
 */
export async function startRun(context: UpgradeContext, request: UpgradeRequest, signal?: AbortSignal): Promise<void> {
  await drivenTo(({ phase }) => !OF_THE_REQUEST.includes(phase), context, request, signal);
}

/** Phases that only a process with the request can drive. */
const OF_THE_REQUEST: readonly Phase[] = ['claim', 'pin', 'apply'];

async function drivenTo(
  until: Until | undefined,
  context: UpgradeContext,
  request: UpgradeRequest,
  signal?: AbortSignal,
): Promise<Journal> {
  const inspection = await withDetach((own) => inspect(context, request, own), signal);
  const { observation, target, checks } = inspection;
  const open = openRun(observation);
  const binding = ['lease', 'open-run', 'operator-line'];
  const stops = blockers(open ? checks.filter(({ id }) => binding.includes(id)) : checks);
  if (stops.length > 0) throw new BlockedError(stops);
  const former = open ? undefined : await formerResource(context, inspection, signal);
  const isSampled = !open && request.sampleDevices === true;
  const mqtt31 = isSampled ? mqtt31Of(await sampled(context, observation, signal)) : undefined;
  const journal = open ?? newJournal(observation, target, { former, mqtt31 });
  const run = new RunLoop(context, request, journal, open ? undefined : { former: former?.spec }, until);
  await drive(context, run, signal);
  return run.journal;
}

/** The resource as the old nodes run it; undefined where its template was changed already, and the earlier one is not known. */
async function formerResource(
  { cluster }: UpgradeContext,
  { observation, target }: Inspection,
  signal?: AbortSignal,
): Promise<EmqxResource | undefined> {
  if (!target.applied) return observation.cluster.resource;
  return withDetach(async (own) => formerOf(observation.cluster, await cluster.keptRest(own)), signal);
}

/**
 * Resumes the open run, whatever it upgrades to.
 *
 * @param until when to leave it; without it the run goes to its end.
 * @returns its report, if it has ended.
 * @throws BlockedError when another process drives it, or when it is so early that only the command that started it knows
 * what is wanted.
 */
export async function continueRun(
  context: UpgradeContext,
  until: Until | undefined,
  signal?: AbortSignal,
): Promise<UpgradeReport | undefined> {
  const { observation, checks } = await withDetach((own) => inspect(context, undefined, own), signal);
  const open = openRun(observation);
  if (!open) return undefined;
  const binding = ['lease', 'operator-line', ...(observation.cluster.request === 'abort' ? [] : ['open-run'])];
  const stops = blockers(checks.filter(({ id }) => binding.includes(id)));
  if (stops.length > 0) throw new BlockedError(stops);
  const run = new RunLoop(
    context,
    { desired: observation.cluster.resource, driver: open.driver },
    open,
    undefined,
    until,
  );
  await drive(context, run, signal);
  return run.journal.phase === 'done' ? reportOf(run.journal) : undefined;
}

/** Drives a run from a journal that was written for it, to its end. @throws UpgradeError as {@link runUpgrade} */
export async function runFrom(
  context: UpgradeContext,
  { cluster }: Observation,
  journal: Journal,
  signal?: AbortSignal,
): Promise<UpgradeReport> {
  const run = new RunLoop(context, { desired: cluster.resource }, journal, { former: cluster.resource.spec });
  await drive(context, run, signal);
  return reportOf(run.journal);
}

function sampled(context: UpgradeContext, observation: Observation, signal?: AbortSignal) {
  return withDetach((own) => sampleDevices(context, observation, own), signal);
}

function openRun({ cluster: { journal } }: Observation): Journal | undefined {
  return isOpen(journal) ? journal : undefined;
}

async function drive({ cluster, holder }: UpgradeContext, run: RunLoop, signal?: AbortSignal): Promise<void> {
  try {
    await withDetach((own) => run.run(own), signal);
  } catch (error) {
    throw error instanceof ClusterMissing ? await endDeleted(cluster, run.journal, error, signal) : error;
  } finally {
    await cluster.releaseLease(holder).catch(() => undefined); // it expires by itself
  }
}

/** An abort by the signal is no failure: the run stays as it is. */
async function withDetach<T>(work: (own: AbortSignal | undefined) => Promise<T>, signal?: AbortSignal): Promise<T> {
  // Each node and each action waits for it at once, which Node takes for a leak on a signal of the caller's.
  const own = signal && new AnySignal(signal);
  if (own) setMaxListeners(0, own.signal);
  try {
    return await work(own?.signal);
  } catch (error) {
    if (!signal?.aborted) throw error;
    const fix = 'run the same command again to continue';
    throw new UpgradeError('DETACHED', 'the run was left as it is', fix, { cause: error });
  } finally {
    own?.release();
  }
}
