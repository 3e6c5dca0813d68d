import type { Phase } from '../journal';
import { type NodeView, newestBeside, nodesOf, notCreated, type PodView, podsOf } from '../observation';
import { curesOf } from '../obstacle';
import { stagesOf } from '../stages';
import type { Situation, Step } from '../step';
import { canTargetAccept, moveOf, silentNodes, stopEvacuations } from './common';
import { abortStep } from './control';

/**
 * Handles a step that has waited too long, or for what the API server refuses: the evacuations are stopped, and the
 * run stops, or is aborted where the user chose that. The cluster is then safe: no device is disconnected, and the same command
 * resumes the run.
 */
export function stopIfStalled(situation: Situation, step: Step): Step {
  const { journal } = situation;
  if (step.kind !== 'wait' || journal.paused) return step;
  const why = refusedReason(situation, step.waitingFor) ?? stalledReason(situation, step.waitingFor);
  if (!why) return step;
  const stop: Step = {
    kind: 'stop',
    ...why,
    fix: 'no more devices are disconnected; fix the cause and run the same command again, or abort',
    actions: stopEvacuations(situation),
    waitedFor: step.waitingFor,
  };
  const mayAbort = journal.limits.onFailure === 'abort' && journal.driver !== 'operator';
  const back = mayAbort ? abortStep(situation) : undefined;
  return back && typeof back !== 'string' ? back : stop;
}

/** For how long the run waits for pods that the API server refuses, in ms: a quota may become free soon. */
const REFUSED_MS = 30_000;

type StopReason = Pick<Extract<Step, { kind: 'stop' }>, 'code' | 'reason'>;

function refusedReason({ refusal }: Situation, waitingFor: string): StopReason | undefined {
  if (refusal === undefined) return undefined;
  return { code: 'WRITE_REFUSED', reason: `the API server refuses what is needed for ${waitingFor}: ${refusal}` };
}

function stalledReason(situation: Situation, waitingFor: string): StopReason | undefined {
  const { journal, idleMs } = situation;
  if (idleMs <= patienceMs(situation)) return undefined;
  const seconds = Math.round(idleMs / 1000);
  return {
    code: journal.phase === 'green' ? 'GREEN_NOT_READY' : 'STALLED',
    reason: `nothing has moved for ${seconds} s while waiting for ${waitingFor}: ${cause(situation, waitingFor)}`,
  };
}

/** For how long there may be no progress, in ms. */
function patienceMs(situation: Situation): number {
  const { limits, phase, driver, initialDelaySeconds, waitTakeoverSeconds } = situation.journal;
  if (driver === 'operator') return Number.POSITIVE_INFINITY;
  if (phase === 'green') return podsRefused(situation) ? Math.min(limits.readyMs, REFUSED_MS) : limits.readyMs;
  const onPurpose: Partial<Record<Phase, number>> = {
    switch: initialDelaySeconds,
    evacuate: waitTakeoverSeconds,
    return: waitTakeoverSeconds,
  };
  return limits.stallMs + (onPurpose[phase] ?? 0) * 1000;
}

/** Which pods of the two sets were not created, and why. */
function podsRefused(situation: Situation): string | undefined {
  const { observation, journal } = situation;
  const { cluster } = observation;
  const { source, target } = moveOf(situation);
  const refused = (target && notCreated(cluster, target.name)) ?? notCreated(cluster, source);
  if (refused || journal.phase !== 'green') return refused;
  // The new nodes of all roles are built at the same time.
  const green = stagesOf(journal).flatMap(({ from, role }) => newestBeside(cluster, from.set, role)?.name ?? []);
  return green.map((set) => notCreated(cluster, set)).find((reason) => reason !== undefined);
}

/** The likeliest reason, by what is observed. */
function cause(situation: Situation, waitingFor: string): string {
  if (waitingFor.startsWith('devices')) return 'they do not; find out why before more are disconnected';
  const refused = podsRefused(situation);
  if (refused) return refused;
  const { observation, journal } = situation;
  // With EMQX 5 and 6 an operator that is refused, too, takes the new nodes out of the Service.
  const closed = [...observation.nodes.values()].filter(({ obstacle }) => obstacle !== undefined);
  if (closed.length > 0) return `${closed.map(({ pod }) => pod).join(', ')} cannot be queried: ${curesOf(closed)}`;
  const { source, target } = moveOf(situation);
  const taking = target ? podsOf(observation.cluster, target.name).filter((pod) => !pod.ready) : [];
  if (taking.length > 0) return notReady(taking);
  const silent = silentNodes(situation).map(({ pod, reason }) => `${pod} does not answer as a broker (${reason})`);
  if (silent.length > 0) return silent.join('; ');
  if (journal.phase !== 'evacuate' && journal.phase !== 'return') {
    return 'the operator or Kubernetes makes no progress; events and the operator’s log show why';
  }
  if (!canTargetAccept(situation))
    return 'the traffic Service does not route to the nodes that are to take the devices';
  return (
    nodesOf(observation, source).flatMap(nodeCause).join('; ') || 'a pod is missing among the nodes to be evacuated'
  );
}

/** What is not ready, and why: a common reason is given once. */
function notReady(pods: readonly PodView[]): string {
  const troubles = [...new Set(pods.map(({ trouble }) => trouble))];
  return troubles
    .map((trouble) => {
      const names = pods.filter((pod) => pod.trouble === trouble).map(({ name }) => name);
      return `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not ready${trouble ? ` (${trouble})` : ''}`;
    })
    .join('; ');
}

function nodeCause({ pod, unreachable, evacuating, connections, sessions }: NodeView): string[] {
  if (unreachable !== undefined) return [`${pod} does not answer: ${unreachable}`];
  if (connections + sessions === 0) return [];
  if (!evacuating) return [`${pod} has lost its evacuation`];
  if (connections > 0) return [`${pod} keeps ${connections} connections: clients bypass the Service, or it hangs`];
  return [`${pod} keeps ${sessions} sessions: no node takes them, or moving them hangs`];
}
