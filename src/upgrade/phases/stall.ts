import type { Situation, Step } from '../decide';
import type { Phase } from '../journal';
import { type NodeView, nodesOf, podsOf } from '../observation';
import { moveOf, silentNodes, standStill, targetTakes } from './common';
import { wayBack } from './control';

/**
 * What becomes of a step that has waited for too long: the nodes are told to stop, and the run ends, or goes back where the
 * user asked for that. What holds then is safe: nobody is disconnected, and the same command goes on.
 */
export function orStop(situation: Situation, step: Step): Step {
  const { journal, idleMs } = situation;
  if (step.kind !== 'stay' || journal.paused || idleMs <= patienceMs(situation)) return step;
  const seconds = Math.round(idleMs / 1000);
  const stop: Step = {
    kind: 'stop',
    code: journal.phase === 'green' ? 'GREEN_NOT_READY' : 'STALLED',
    reason: `nothing has moved for ${seconds} s while waiting for ${step.waitingFor}: ${cause(situation, step.waitingFor)}`,
    fix: 'nobody is disconnected any more; cure it and run the same command again, or abort',
    actions: standStill(situation),
  };
  const back = journal.limits.onFailure === 'abort' ? wayBack(situation) : undefined;
  return back && typeof back !== 'string' ? back : stop;
}

/** For how long nothing may move, in ms. */
function patienceMs({ journal }: Situation): number {
  const { limits, phase, driver, initialDelaySeconds, waitTakeoverSeconds } = journal;
  if (driver === 'operator') return Number.POSITIVE_INFINITY;
  if (phase === 'green') return limits.readyMs;
  const onPurpose: Partial<Record<Phase, number>> = {
    switch: initialDelaySeconds,
    evacuate: waitTakeoverSeconds,
    return: waitTakeoverSeconds,
  };
  return limits.stallMs + (onPurpose[phase] ?? 0) * 1000;
}

/** The likeliest reason, by what is seen. */
function cause(situation: Situation, waitingFor: string): string {
  if (waitingFor.startsWith('devices')) return 'they do not; find out why before more are sent away';
  const { observation, journal } = situation;
  const { source, target } = moveOf(situation);
  const taking = target ? podsOf(observation.cluster, target.name).filter((pod) => !pod.ready) : [];
  if (taking.length > 0) {
    return taking.map(({ name, trouble }) => `${name} is not ready${trouble ? ` (${trouble})` : ''}`).join('; ');
  }
  if (journal.phase !== 'evacuate' && journal.phase !== 'return') {
    return 'the operator or Kubernetes does not do its part; events and the operator’s log tell why';
  }
  const silent = silentNodes(situation).map(({ pod, reason }) => `${pod} does not answer as a broker (${reason})`);
  if (silent.length > 0) return silent.join('; ');
  if (!targetTakes(situation)) return 'the traffic Service does not lead to the nodes that shall take the devices';
  return nodesOf(observation, source).flatMap(nodeCause).join('; ') || 'a pod is missing among the nodes to be emptied';
}

function nodeCause({ pod, unreachable, evacuating, connections, sessions }: NodeView): string[] {
  if (unreachable !== undefined) return [`${pod} does not answer: ${unreachable}`];
  if (connections + sessions === 0) return [];
  if (!evacuating) return [`${pod} has lost its evacuation`];
  if (connections > 0)
    return [`${pod} keeps ${connections} connections: clients come to it past the Service, or it hangs`];
  return [`${pod} keeps ${sessions} sessions: no node takes them, or moving them hangs`];
}
