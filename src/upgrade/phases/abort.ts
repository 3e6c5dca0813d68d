import { type EmqxResource, generationOf, type IdleNodes, isHeld, type Role } from '../../resource';
import { mergePatch } from '../changes';
import { oldCount } from '../node-counts';
import {
  activeSets,
  type ClusterView,
  greenOf,
  type Observation,
  operatorReportOf,
  podsOf,
  setOf,
  setsOfRole,
} from '../observation';
import { nextStage, setsOf, stagesOf } from '../stages';
import type { Action, Situation, Step } from '../step';
import { digestOf } from '../target';
import {
  atRest,
  closeGates,
  doAllAnswer,
  FREQUENT_POLL_MS,
  frequentHeartbeat,
  holdPatch,
  isRoutedTo,
  moveOf,
  openGates,
  ROUTES_MS,
  remainingPods,
  selections,
  stopEvacuations,
  waitFor,
} from './common';
import { keepOldNodes } from './cover';
import { evacuateGreen, isGreenEmptied } from './evacuate';
import { siteWait, storageMove, storageWait } from './storage';

type Spec = Record<string, unknown>;

/**
 * The abort, in the only safe order: the template first, while the operator is held, so that it wants blue
 * again; then traffic and devices; then green, which the operator no longer manages; the user's delay last.
 */
export function revertTemplate(situation: Situation): Step {
  const { observation, journal, target } = situation;
  const { cluster } = observation;
  const blue = setOf(cluster, journal.from.set);
  // Blue was removed at the same moment.
  if (!blue || blue.replicas === 0) {
    return withoutSpare(situation) ?? { kind: 'next', phase: 'retire', note: { aborted: undefined } };
  }
  if (target.liveDigest !== journal.from.digest) {
    const progressing = untilProgressing(situation);
    if (progressing) return progressing;
    const stops = stopEvacuations(situation);
    const idle = idleState(situation);
    if (idle === 'wait') return waitFor('the operator to go back to the old sets', FREQUENT_POLL_MS, stops);
    const keeps = idle === 'stay' && { keepsIdle: true };
    const actions: Action[] = [{ do: 'revert-resource', run: journal.run, ...keeps }, ...stops];
    return waitFor('the resource to have the old template', 500, actions);
  }
  if (isHeld(cluster.resource)) return { kind: 'next', phase: 'switch-back' };
  // The new template was never written to the resource, so nothing was built from it.
  if (activeSets(cluster).length === 1) return { kind: 'next', phase: 'release' };
  const why = 'hold the operator while the new nodes are removed';
  return waitFor('the operator to be held', 250, [
    { do: 'patch-resource', spec: holdPatch(cluster.resource), why, heartbeat: true },
  ]);
}

/** After the old template was written again, and the new one has come back, the next time is no earlier than this, ms. */
const AGAIN_MS = 60_000;

/**
 * The new template has come back in the middle of an abort, as a sync of what Git still has brings it: that is no new wish, as it is none
 * after the abort. Once a minute at most: against something that writes it all the time nothing is won.
 */
export function revertAgain({ observation, journal, target }: Situation): Step | undefined {
  const { at, cluster } = observation;
  const { aborted, revertedAgainAt = Number.NEGATIVE_INFINITY } = journal;
  if (!aborted || operatorReportOf(cluster).wanted || target.liveDigest !== journal.target) return undefined;
  if (at - revertedAgainAt < AGAIN_MS) return undefined;
  return {
    kind: 'next',
    phase: 'revert',
    note: { revertedAgainAt: at, backAt: undefined },
    warning: 'something has applied the aborted template again: the old one is restored once more',
  };
}

/** Takes the nodes back that the operator was given for an abort that came too late; undefined where it was given none. */
function withoutSpare({ observation: { cluster }, journal, target }: Situation): Step | undefined {
  const { idle, spare, replicasOf } = generationOf(cluster.resource);
  const wanted = stagesOf(journal).find(({ role }) => role === spare?.role)?.replicas;
  const isGiven = spare && wanted !== undefined && replicasOf(cluster.resource, spare.role) > wanted;
  const bare = idle?.without(target.live);
  const spec = bare ? mergePatch(target.live.spec as Spec, bare.spec as Spec) : isGiven && spare.patch(wanted);
  if (!spec) return undefined;
  const what = bare ? 'no nodes any more that run nowhere' : `${wanted} ${spare?.role}s again`;
  const why = `${what}: the old nodes are gone, and the run goes on`;
  return waitForMoment('what the abort has asked for to be taken back', [
    { do: 'patch-resource', spec, why, heartbeat: false },
  ]);
}

/**
 * An operator that has seen all new nodes serve would build a third set for the old template. It is given one node more first: while
 * that boots, it goes back to the old sets. Undefined where it does so already.
 *
 * @see EMQX Operator 2.2.29, `RevertStatefulSet`; measured with 2.2.29
 */
function untilProgressing(situation: Situation): Step | undefined {
  const { cluster } = situation.observation;
  const { idle, spare, replicasOf } = generationOf(cluster.resource);
  if (idle) return untilIdleSeen(situation, idle);
  if (!spare) return undefined;
  const { role } = spare;
  const stages = stagesOf(situation.journal);
  const stops = stopEvacuations(situation);
  const wanted = stages.find((stage) => stage.role === role)?.replicas ?? 0;
  const given = replicasOf(cluster.resource, role);
  const isMissingOne = given !== wanted && !isGrown(cluster, role, given);
  const { upgrade } = operatorReportOf(cluster);
  if (!upgrade?.isGreenReady) {
    // Its next pass begins with that, before it looks at the template.
    if (upgrade?.isGreenReadyNext) return waitForMoment('the operator to see that green is ready', stops);
    // About to see that all of them serve, it would overtake the old template.
    const isNear = stages.every(({ to, replicas }) => isBuilt(situation.observation, to?.set, replicas));
    if (given !== wanted || !isNear || situation.idleMs > NEAR_MS) return undefined;
    return waitForMoment('the operator to see that green is ready', stops);
  }
  if (isMissingOne) return waitForMoment('the operator to see that a new node is missing', stops);
  const spec = spare.patch(given + 1);
  const why = `one ${role} more, so that the operator accepts the old template`;
  return waitForMoment(`the operator to get one ${role} more`, [
    { do: 'patch-resource', spec, why, heartbeat: false },
    ...stops,
  ]);
}

/** The same with nodes that run nowhere. */
function untilIdleSeen(situation: Situation, { addedTo, without }: IdleNodes<EmqxResource>): Step | undefined {
  const { observation, journal, target } = situation;
  const stops = stopEvacuations(situation);
  if (!without(target.live)) {
    const live = observation.cluster.resource.spec as Record<string, unknown>;
    const why = 'nodes that run nowhere, so that the operator accepts the old template';
    return waitForMoment('the operator to get nodes that run nowhere', [
      { do: 'patch-resource', spec: mergePatch(live, addedTo(live)), why, heartbeat: false },
      ...stops,
    ]);
  }
  const { at, cluster } = observation;
  // A pass may still be under way that has read the resource before.
  const isSeen = at - (journal.began.revert ?? at) >= PASS_MS && !operatorReportOf(cluster).upgrade?.isGreenReady;
  return isSeen ? undefined : waitForMoment('the operator to see that new nodes are missing', stops);
}

/** Longer than a pass of an operator whose nodes answer, ms. */
const PASS_MS = 1_500;

/**
 * What is to be done about idle nodes: they stay beside the old template as long as the operator takes the new cores for the wanted ones,
 * which is waited for once the old template is there; then they go. Undefined where there are none, or none any more.
 */
function idleState({ observation: { cluster }, journal, target }: Situation): 'stay' | 'wait' | undefined {
  const without = generationOf(cluster.resource).idle?.without(target.live);
  const { green = [] } = operatorReportOf(cluster).upgrade ?? {};
  if (!without || !setsOfRole(cluster, 'core').some(({ name }) => green.includes(name))) return undefined;
  return digestOf(without) === journal.from.digest ? 'wait' : 'stay';
}

/** While a node boots: a few seconds, which a late watch could miss. */
function waitForMoment(what: string, actions: Action[]): Step {
  return { kind: 'wait', waitingFor: what, actions, pollMs: FREQUENT_POLL_MS, fresh: true };
}

/** Whether the additional node has come up unseen: the operator takes the new nodes for complete again. */
function isGrown(cluster: ClusterView, role: Role, given: number): boolean {
  const { green = [] } = operatorReportOf(cluster).upgrade ?? {};
  return setsOfRole(cluster, role).some(({ name, readyReplicas }) => green.includes(name) && readyReplicas >= given);
}

/** An operator that has not seen ready nodes for this long does not see them soon, ms. */
const NEAR_MS = 15_000;

function isBuilt({ cluster }: Observation, set: string | undefined, replicas: number): boolean {
  const pods = set === undefined ? [] : podsOf(cluster, set);
  return pods.length >= replicas && pods.every((pod) => pod.containersReady);
}

/** Blue takes devices again: it no longer evacuates, and is alone behind the Services. */
export function switchBack(situation: Situation): Step {
  const { observation, journal } = situation;
  const blue = journal.from.set;
  const pods = podsOf(observation.cluster, blue);
  const { replicas = 0 } = setOf(observation.cluster, blue) ?? {};
  // A released operator may have removed some; it is held now, and wants blue.
  const wanted = oldCount(journal);
  const missing: Action[] = replicas < wanted ? [{ do: 'scale-set', set: blue, replicas: wanted }] : [];
  const { upgrade } = operatorReportOf(observation.cluster);
  const { sleepsWhileHeld } = generationOf(observation.cluster.resource);
  if (!sleepsWhileHeld && upgrade) {
    // It takes a node that refuses devices for one that is not ready.
    return waitFor('the operator to go back to the old sets', FREQUENT_POLL_MS, stopEvacuations(situation));
  }
  const green = greenOf(observation.cluster, journal)?.name ?? '';
  // Before enough of the old nodes are ready, the new ones keep the devices that connect.
  const ready = pods.filter((pod) => pod.ready);
  const areReady = sleepsWhileHeld || ready.length >= wanted;
  const actions: Action[] = [
    ...missing,
    ...stopEvacuations(situation),
    ...openGates(observation, blue),
    ...(areReady ? closeGates(observation, green) : []),
  ];
  const selecting = selections(situation, moveOf(situation).revision);
  const isRouted = selecting.length === 0 && isRoutedTo(observation.cluster, ready) && ready.length >= wanted;
  // Routes that have changed since need their time once more.
  if (journal.backAt !== undefined && (actions.length > 0 || !isRouted)) {
    return { kind: 'note', note: { backAt: undefined } };
  }
  if (actions.length > 0) return waitFor('the blue nodes to accept devices again', 500, actions);
  // Whether a silent node refuses devices is unknown.
  if (!doAllAnswer(observation, blue)) return waitFor('every blue node to answer', 1_000);
  if (!areReady) return waitFor('every blue node to be ready', 500);
  const kept = keepOldNodes(situation);
  if (kept) return kept;
  if (!isRouted) return waitFor('only blue pods behind the traffic Service', 500, selecting);
  if (journal.backAt === undefined) return { kind: 'note', note: { backAt: observation.at } };
  const left = journal.backAt + ROUTES_MS - observation.at;
  if (left > 0) return waitFor('all traffic to reach blue', left);
  return { kind: 'next', phase: 'return', note: { shares: undefined, evacuation: undefined } };
}

/** Green is removed; the operator, still held, cleans up after it. */
export function retireGreen(situation: Situation): Step {
  const { observation, journal } = situation;
  const { source, target } = moveOf(situation);
  const green = setOf(observation.cluster, source);
  if (green && green.replicas > 0) {
    if (!doAllAnswer(observation, source)) return waitFor('every green node to answer', 1_000);
    if (!isGreenEmptied(situation)) return evacuateGreen(situation);
    const storage = storageMove(situation);
    const stored = storageWait(storage) ?? siteWait(situation, source);
    if (stored !== undefined) return waitFor(stored, 1_000, storage.orders);
    return waitFor('green to be scaled to 0', 500, [{ do: 'scale-set', set: source, replicas: 0 }]);
  }
  const left = remainingPods(observation, source);
  if (left > 0) return waitFor(`${left} green pods to terminate`, 1_000);
  // With the same names a later try of this template can be aborted in the same way.
  if (green && !generationOf(observation.cluster.resource).sleepsWhileHeld) {
    return waitFor('the empty green set to be removed', 500, [{ do: 'remove-set', set: source }]);
  }
  const idle = idleSets(situation);
  if (idle.length > 0) return waitFor('the sets of nodes that run nowhere to be removed', 500, idle);
  const next = nextStage(journal);
  if (next) return { kind: 'next', phase: 'return', note: next };
  if (target && atRest(situation, setsOf(journal, 'from'))) return { kind: 'next', phase: 'release' };
  const why = 'have the operator check the cluster without green';
  return waitFor('the operator to report rest', FREQUENT_POLL_MS, frequentHeartbeat(situation, why));
}

/** Orders for the sets of idle nodes, which the operator does not manage any more. */
function idleSets({ observation: { cluster } }: Situation): Action[] {
  return cluster.sets
    .filter(({ isIdle }) => isIdle)
    .map(({ name, replicas }) =>
      replicas > 0 ? { do: 'scale-set', set: name, replicas: 0 } : { do: 'remove-set', set: name },
    );
}
