import { isHeld, versionOf } from '../../resource';
import type { Action, Situation, Step } from '../decide';
import { type ClusterView, greenOf, isNative, isWaiting, lostPods, nodesOf, setOf } from '../observation';
import { specPatch } from '../target';
import {
  atRest,
  HOLD,
  haveAnswered,
  KEEN_POLL_MS,
  keenHeartbeat,
  leadTo,
  moveOf,
  openGates,
  podsLeft,
  selections,
  stay,
  stops,
  targetTakes,
} from './common';
import { allDrained, lossOf, starts } from './evacuate';

/**
 * An upgrade that the operator has begun on its own is held before anything else: it may remove an old pod at any moment.
 * Evacuations it has ordered are stopped; the nodes get their share of the cap later.
 */
export function claim(situation: Situation): Step {
  const { observation, journal } = situation;
  const { cluster } = observation;
  if (isNative(cluster)) {
    const why = 'hold the operator, which upgrades on its own';
    return stay('the operator to be held', 250, [{ do: 'patch-resource', spec: HOLD, why, heartbeat: true }]);
  }
  if (isWaiting(cluster) && lostPods(cluster) > 0) {
    return {
      kind: 'stop',
      code: 'BLUE_GONE',
      reason: `the operator has removed ${lostPods(cluster)} of ${journal.replicas} old pods before it was held`,
      fix: `it is held now, and removes no more; to let it end on its own set spec.blueGreenUpdate.initialDelaySeconds to ${journal.initialDelaySeconds}`,
    };
  }
  const evacuating = stops(nodesOf(observation, journal.from.set));
  if (evacuating.length === 0) return { kind: 'next', phase: 'pin' };
  return stay('the evacuations of the operator to stop', 500, evacuating);
}

/** Template and hold go in one patch: an operator that saw the template first would begin to evacuate by itself. */
export function apply({ observation, target }: Situation): Step {
  if (target.applied && isHeld(observation.cluster.resource)) return { kind: 'next', phase: 'green' };
  const why = `apply version ${versionOf(target.desired)}, the operator held`;
  return stay('the resource to have the new template', 500, [
    { do: 'patch-resource', spec: specPatch(target, true), why, heartbeat: true },
  ]);
}

/** Still held: blue goes at once, and the operator only tidies up behind it. */
export function retire(situation: Situation): Step {
  const { observation, journal } = situation;
  const blue = setOf(observation.cluster, journal.from.set);
  if (blue && blue.replicas > 0) {
    const loss = lossOf(situation);
    if (loss) return loss;
    // A blue pod that was recreated meanwhile may have devices again.
    const drained = allDrained(situation) && targetTakes(situation) && haveAnswered(situation);
    const actions: Action[] = drained
      ? [{ do: 'scale-set', set: blue.name, replicas: 0 }]
      : [
          ...selections(situation, moveOf(situation).revision),
          ...openGates(observation, journal.to.set ?? ''),
          ...starts(situation),
        ];
    return stay(drained ? 'blue to be scaled to 0' : 'the blue nodes to be drained again', 500, actions);
  }
  const left = podsLeft(observation, journal.from.set);
  if (left > 0) return stay(`${left} blue pods to go`, 1_000);
  const green = greenOf(observation.cluster, journal);
  if (green && atRest(situation, green.name)) return { kind: 'next', phase: 'release' };
  return stay(
    'the operator to report rest',
    KEEN_POLL_MS,
    keenHeartbeat(situation, 'look at the cluster without blue'),
  );
}

/** Only now may the operator act by itself again: there is nothing left for it to remove. */
export function release({ observation, journal }: Situation): Step {
  const { resource, traffic } = observation.cluster;
  const wanted = journal.aborted ? journal.delay.before : journal.delay.after;
  // A resource that is held at rest stays held, by the very number its owner has given: heartbeats have lowered it, and a file in
  // Git would differ for ever.
  if (resource.spec.blueGreenUpdate?.initialDelaySeconds !== wanted) {
    const spec = { blueGreenUpdate: { initialDelaySeconds: wanted } };
    return stay('the user’s delay to be back', 500, [
      { do: 'patch-resource', spec, why: `give the initial delay of ${wanted} s back`, heartbeat: false },
    ]);
  }
  const pinned = traffic.filter((service) => !service.byOperator && service.revision !== undefined);
  const alive = observation.cluster.pods.filter((pod) => pod.ready && !pod.terminating);
  const lead = leadTo(withoutForeign(observation.cluster), alive);
  if (pinned.length === 0 && lead) return { kind: 'next', phase: 'done' };
  return stay(
    'the traffic Services to lead to the whole cluster again',
    500,
    pinned.map(({ service }) => ({ do: 'select-traffic', service, revision: undefined })),
  );
}

/** A Service that selects the whole cluster again leads to whatever else has its labels, as it did before the run. */
function withoutForeign(cluster: ClusterView): ClusterView {
  const foreign = new Set(cluster.foreign.flatMap(({ pods }) => pods));
  const traffic = cluster.traffic.map((view) => ({ ...view, pods: view.pods.filter((pod) => !foreign.has(pod)) }));
  return { ...cluster, traffic };
}
