import { generationOf, isHeld, versionOf } from '../../resource';
import {
  activeSets,
  type ClusterView,
  type Observation,
  operatorReportOf,
  podsOf,
  setOf,
  setsOfRole,
} from '../observation';
import { nextStage, servingRole, setsOf } from '../stages';
import type { Action, Situation, Step } from '../step';
import { specPatch } from '../target';
import {
  atRest,
  canTargetAccept,
  closeForgottenGates,
  FREQUENT_POLL_MS,
  frequentHeartbeat,
  hasTargetAnswered,
  holdPatch,
  isRoutedTo,
  moveOf,
  openGates,
  openingGates,
  remainingPods,
  selections,
  stopOrders,
  waitFor,
} from './common';
import { coverTraffic, reopenGates, uncoverTraffic, untilSettled } from './cover';
import { areAllDrained, evacuate, lostPodsStep, startOrders } from './evacuate';
import { isAnyWithoutShare } from './shares';
import { siteWait, storageMove, storageWait } from './storage';

/**
 * An upgrade that the operator has begun on its own is held before anything else: it may remove an old pod at any moment.
 * Evacuations it has ordered are stopped; the nodes get their share of the cap later.
 */
export function claimOperator(situation: Situation): Step {
  const { observation } = situation;
  const { cluster } = observation;
  if (!isHeld(cluster.resource) && activeSets(cluster).length > 1) {
    const why = 'hold the operator, which upgrades on its own';
    return waitFor('the operator to be held', 250, [
      { do: 'patch-resource', spec: holdPatch(cluster.resource), why, heartbeat: true },
    ]);
  }
  const loss = lostPodsStep(situation);
  if (loss) return loss;
  // Also those of nodes that an earlier run has emptied, and that the operator wants again.
  const evacuating = stopOrders([...observation.nodes.values()]);
  if (evacuating.length === 0) return { kind: 'next', phase: 'pin' };
  return waitFor('the evacuations of the operator to stop', 500, evacuating);
}

/** Template and hold go in one patch: an operator that saw the template first would begin to evacuate by itself. */
export function applyTemplate({ observation, target }: Situation): Step {
  if (target.applied && isHeld(observation.cluster.resource)) return { kind: 'next', phase: 'green' };
  const why = `apply version ${versionOf(target.desired)}, with the operator held`;
  return waitFor('the resource to have the new template', 500, [
    { do: 'patch-resource', spec: specPatch(target, true), why, heartbeat: true },
  ]);
}

/** Still held: blue is removed at once, and the operator only cleans up after it. */
export function retireBlue(situation: Situation): Step {
  const { observation, journal } = situation;
  const blue = setOf(observation.cluster, journal.from.set);
  if (blue && blue.replicas > 0) {
    const loss = lostPodsStep(situation);
    if (loss) return loss;
    // A blue pod that was recreated meanwhile may have devices again.
    const drained = areAllDrained(situation) && canTargetAccept(situation) && hasTargetAnswered(situation);
    // A pod of a replica set comes back under another name: it gets its share of the cap first.
    const isShared = !journal.restart && !journal.raise && !isAnyWithoutShare(situation, blue.name);
    if (!isShared && !areAllDrained(situation)) return evacuate(situation);
    const storage = storageMove(situation);
    const stored = storageWait(storage) ?? siteWait(situation, blue.name);
    if (drained && stored !== undefined) return waitFor(stored, 1_000, storage.orders);
    const cover = drained ? coverTraffic(situation) : undefined;
    if (cover) return cover;
    const actions: Action[] = drained
      ? [{ do: 'scale-set', set: blue.name, replicas: 0 }]
      : [
          ...selections(situation, moveOf(situation).revision),
          ...closeForgottenGates(situation),
          ...openGates(observation, journal.to.set ?? ''),
          ...startOrders(situation),
        ];
    return waitFor(drained ? 'blue to be scaled to 0' : 'the blue nodes to be drained again', 500, actions);
  }
  const left = remainingPods(observation, journal.from.set);
  const gates = reopenGates(situation);
  if (left > 0) return waitFor(`${left} blue pods to terminate`, 1_000, gates);
  const next = nextStage(journal);
  if (next) {
    const { upgrade } = operatorReportOf(observation.cluster);
    if (!upgrade?.blue.includes(journal.from.set)) return { kind: 'next', phase: 'evacuate', note: next };
    return waitFor('the operator to see that the old nodes are gone', FREQUENT_POLL_MS, gates);
  }
  if (atRest(situation, setsOf(journal, 'to'))) return { kind: 'next', phase: 'release' };
  return waitFor('the operator to report rest', FREQUENT_POLL_MS, [
    ...gates,
    ...frequentHeartbeat(situation, 'have the operator check the cluster without blue'),
  ]);
}

/** Only now may the operator act by itself again: it has nothing more to remove. */
export function releaseHold(situation: Situation): Step {
  const { observation, journal } = situation;
  const { resource, traffic } = observation.cluster;
  const wanted = journal.aborted ? journal.delay.before : journal.delay.after;
  // A resource that is held at rest stays held, with exactly the number its owner has given: heartbeats have lowered it, and a file in
  // Git would differ forever.
  const generation = generationOf(resource);
  if (generation.delayOf(resource) !== wanted) {
    const spec = generation.delayPatch(wanted);
    return waitFor('the user’s delay to be restored', 500, [
      { do: 'patch-resource', spec, why: `restore the initial delay of ${wanted} s`, heartbeat: false },
    ]);
  }
  const restored = uncoverTraffic(situation);
  const pinned = traffic.filter((service) => !service.byOperator && service.revision !== undefined);
  const { cluster } = observation;
  const serving = setsOfRole(cluster, servingRole(cluster));
  const staying = serving.flatMap(({ name }) => podsOf(cluster, name)).filter((pod) => !pod.terminating);
  const alive = staying.filter((pod) => pod.ready);
  // An operator that could not read the nodes while the old ones went has closed all gates, and looks again after 30 s. Without one
  // pod that is ready a Service that leads to none of them would seem complete.
  const gates = generation.sleepsWhileHeld ? [] : openingGates(staying);
  if (gates.length > 0 || alive.length === 0) return waitFor('the nodes to be ready for devices', 500, gates);
  const releasedMs = observation.at - (journal.began.release ?? observation.at);
  const settling = releasedMs < NEXT_PASS_MS ? untilSettled(situation, staying) : undefined;
  if (settling) return settling;
  const lead = isRoutedTo(withoutOthers(cluster), alive);
  const leaving = membersToLeave(observation);
  const isComplete = pinned.length === 0 && restored.length === 0 && lead;
  if (isComplete && (leaving.length === 0 || releasedMs > LEAVE_MS)) return { kind: 'next', phase: 'done' };
  // One write of a Service at a time.
  const unpinned = pinned.map(({ service }): Action => ({ do: 'select-traffic', service, revision: undefined }));
  return waitFor(
    isComplete ? 'stopped nodes to leave' : 'the traffic Services to select the whole cluster again',
    500,
    [...(restored.length > 0 ? restored : unpinned), ...leaving],
  );
}

/** An operator that goes on, and has reported rest, makes its next pass within this time, ms. */
const NEXT_PASS_MS = 35_000;

/**
 * For how long nodes that are gone are made to leave, ms. An operator at rest may list them for half a minute more, and an upgrade is
 * done without that, too.
 */
const LEAVE_MS = 2_000;

/** Orders for the cores that are gone, and that the cluster still lists. */
function membersToLeave({ cluster, nodes }: Observation): Action[] {
  const { stopped } = operatorReportOf(cluster);
  const asked = [...nodes.values()].find(({ unreachable, members }) => unreachable === undefined && members.length > 0);
  return asked ? stopped.map((node) => ({ do: 'force-leave', pod: asked.pod, node })) : [];
}

/** A Service that selects the whole cluster again also routes to other pods with its labels, or to nodes of both roles, as before the run. */
function withoutOthers(cluster: ClusterView): ClusterView {
  const serving = new Set(setsOfRole(cluster, servingRole(cluster)));
  const ofOtherRoles = cluster.sets.filter((set) => !serving.has(set)).flatMap(({ name }) => podsOf(cluster, name));
  const foreign = new Set([...cluster.foreign.flatMap(({ pods }) => pods), ...ofOtherRoles.map(({ name }) => name)]);
  const traffic = cluster.traffic.map((view) => ({ ...view, pods: view.pods.filter((pod) => !foreign.has(pod)) }));
  return { ...cluster, traffic };
}
