import type { Phase } from '../journal';
import { type NodeView, nodesOf, notCreated, type PodView, podsOf } from '../observation';
import type { Situation, Step } from '../step';
import { canTargetAccept, moveOf, silentNodes, stopEvacuations } from './common';
import { abortStep } from './control';

/**
 * What becomes of a step that has waited for too long, or for what the API server refuses: the evacuations are stopped, and the
 * run ends, or goes back where the user asked for that. What holds then is safe: nobody is disconnected, and the same command
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
    fix: 'nobody is disconnected any more; cure it and run the same command again, or abort',
    actions: stopEvacuations(situation),
    waitedFor: step.waitingFor,
  };
  const mayAbort = journal.limits.onFailure === 'abort' && journal.driver !== 'operator';
  const back = mayAbort ? abortStep(situation) : undefined;
  return back && typeof back !== 'string' ? back : stop;
}

/** For how long pods that the API server refuses are waited for, in ms: a quota may become free in a moment. */
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

/** For how long nothing may move, in ms. */
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

/** That pods of one of the two sets were not created, and why. */
function podsRefused(situation: Situation): string | undefined {
  const { cluster } = situation.observation;
  const { source, target } = moveOf(situation);
  return (target && notCreated(cluster, target.name)) ?? notCreated(cluster, source);
}

/** The likeliest reason, by what is seen. */
function cause(situation: Situation, waitingFor: string): string {
  if (waitingFor.startsWith('devices')) return 'they do not; find out why before more are sent away';
  const refused = podsRefused(situation);
  if (refused) return refused;
  const { observation, journal } = situation;
  const { source, target } = moveOf(situation);
  const taking = target ? podsOf(observation.cluster, target.name).filter((pod) => !pod.ready) : [];
  if (taking.length > 0) return notReady(taking);
  const silent = silentNodes(situation).map(({ pod, reason }) => `${pod} does not answer as a broker (${reason})`);
  if (silent.length > 0) return silent.join('; ');
  if (journal.phase !== 'evacuate' && journal.phase !== 'return') {
    return 'the operator or Kubernetes does not do its part; events and the operator’s log tell why';
  }
  if (!canTargetAccept(situation)) return 'the traffic Service does not lead to the nodes that shall take the devices';
  return nodesOf(observation, source).flatMap(nodeCause).join('; ') || 'a pod is missing among the nodes to be emptied';
}

/** What is not ready, and why: what several have in common is said once. */
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
  if (connections > 0)
    return [`${pod} keeps ${connections} connections: clients come to it past the Service, or it hangs`];
  return [`${pod} keeps ${sessions} sessions: no node takes them, or moving them hangs`];
}
