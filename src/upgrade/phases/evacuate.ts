import { generationOf } from '../../resource';
import { firstRate } from '../adaptive-pace';
import { currentRate } from '../adaptive-rate';
import type { Journal, Phase } from '../journal';
import { devicesNow } from '../known-load';
import { oldCount, stayingCount } from '../node-counts';
import { greenOf, isDrained, nodesOf, notCreated, type PodView, podsOf, setOf, undrained } from '../observation';
import { offlineBudget } from '../offline-budget';
import { duration, type NodeShare, share } from '../pacing';
import { loadsOf } from '../plan';
import { areOnTheirWay, remainingTimeMs } from '../remaining-time';
import type { Action, Situation, Step } from '../step';
import { adaptedRate, highestRate, isHalted, leastRate } from './adapt';
import {
  canTargetAccept,
  closeForgottenGates,
  hasTargetAnswered,
  heartbeat,
  isInPlace,
  moveOf,
  oldPods,
  openGates,
  podsNotJoined,
  RECONCILE_INTERVAL_MS,
  ROUTES_MS,
  restAfterStop,
  selections,
  silentNodes,
  stopEvacuations,
  stopOrders,
  waitFor,
} from './common';
import { areTooManyAway, budgetUsed, endHalt, noteHalt, recountFleet } from './offline-devices';
import { isRaised, msUntilResumed, stopsToRaise } from './raise';
import { isAnyWithoutShare, rebalancedShares, shareAnew } from './shares';
import { storageMove } from './storage';

/** Longest time between two queries of the nodes; each is one or two requests per evacuated node. */
const POLL_MS = 1_200;

/** While the last devices take their sessions along, ms. */
const LEAVING_POLL_MS = 250;

/** From this much of the budget on the nodes are queried more often, ms. */
const ALERT_AT = 0.75;
const ALERT_POLL_MS = 500;

/** All blue nodes are evacuated at the same time, each at its share of the cap. */
export function evacuate(situation: Situation): Step {
  return evacuateSet(situation, 'blue', 'retire');
}

/** In an abort: devices that had been moved to green are moved to blue, at the same cap. */
export function returnDevices(situation: Situation): Step {
  if (!isGreenEmptied(situation)) return evacuateGreen(situation);
  const { observation, journal } = situation;
  if (!journal.evacuation) return { kind: 'next', phase: 'retire-green' };
  const evacuation = { ...journal.evacuation, drainedAt: observation.at };
  return { kind: 'next', phase: 'retire-green', note: { evacuation, ...endHalt(situation) } };
}

/**
 * Whether green has no devices: it was never behind a Service, or all of its nodes are drained. The counts of other nodes may
 * be seconds old.
 */
export function isGreenEmptied({ observation, journal }: Situation): boolean {
  const { cluster, nodes } = observation;
  const served =
    journal.began.switch !== undefined ||
    journal.aborted?.phase === 'native' ||
    cluster.traffic.some((service) => service.byOperator);
  // Where no Service is tied to blue first, each node of green serves as soon as its gate is open. The operator may have closed it since.
  const isTied = generationOf(cluster.resource).sleepsWhileHeld;
  const hasServed = ({ name, onServing }: PodView) => {
    const { connections = 0, sessions = 0 } = nodes.get(name) ?? {};
    return served || (!isTied && (onServing || connections + sessions > 0));
  };
  const green = greenOf(cluster, journal)?.name ?? '';
  const running = podsOf(cluster, green).filter((pod) => pod.containersReady);
  return running.every((pod) => isDrained(nodes.get(pod.name)) || !hasServed(pod));
}

export function evacuateGreen(situation: Situation): Step {
  return evacuateSet(situation, 'green', 'retire-green');
}

function evacuateSet(situation: Situation, colour: 'blue' | 'green', next: Phase): Step {
  const { observation, journal } = situation;
  const { source, target, revision } = moveOf(situation);
  const loss = lostPodsStep(situation);
  if (loss) return loss;
  if (!journal.shares || !journal.evacuation) {
    const loads = loadsOf(observation, source);
    const least = journal.aborted ? 1 : expectedPods(situation) - surplusStopped(situation).length;
    if (loads.length < least || nodesOf(observation, source).some((node) => node.unreachable !== undefined)) {
      return waitFor(`every ${colour} node to answer`, POLL_MS);
    }
    const caps = { connections: journal.connectionCap, sessions: journal.sessionCap };
    const adaptive =
      journal.pacing === 'adaptive'
        ? firstRate(observation.at, caps.connections, highestRate(situation), leastRate(situation, source))
        : undefined;
    const shares = share(loads, { ...caps, connections: currentRate({ ...journal, adaptive }) });
    const { lowerBoundMs } = duration(loads, shares, caps, journal.waitTakeoverSeconds);
    const devices = devicesNow(observation);
    const moving = loads.reduce((sum, { connections }) => sum + connections, 0);
    const offline = loads.reduce((sum, { offlineSessions }) => sum + offlineSessions, 0);
    const evacuation = { startedAt: observation.at, lowerBoundMs, moving, offline, connections: devices };
    const fleet = { at: observation.at, devices };
    // What evacuates already was begun by somebody else, at another rate.
    const begun = undrained(observation, source).flatMap(({ pod, evacuating }) => (evacuating ? pod : []));
    const restart = begun.length > 0 ? begun : undefined;
    return { kind: 'note', note: { shares, adaptive, evacuation, fleet, restart, wave: undefined } };
  }
  if (isAnyWithoutShare(situation, source)) return { kind: 'note', note: shareAnew(situation) };
  if (areAllDrained(situation)) {
    const evacuation = { ...journal.evacuation, drainedAt: observation.at };
    return { kind: 'next', phase: next, note: { evacuation, raise: undefined, ...endHalt(situation) } };
  }
  const restart = stopsToRestart(situation);
  if (journal.restart && restart.length + silentToRestart(situation).length === 0)
    return { kind: 'note', note: { restart: undefined, ...restAfterStop(observation) } };
  if (journal.raise && isRaised(situation, source)) return { kind: 'note', note: { raise: undefined } };
  const wave = currentWave(situation);
  // The last burst of the previous wave and the first one of this wave could fall into one second.
  if (wave !== (journal.wave ?? 0)) return { kind: 'note', note: { wave, ...restAfterStop(observation) } };
  const routesInMs = untilRouted(situation);
  const takes = routesInMs === 0 && canTargetAccept(situation);
  const tooManyAway = areTooManyAway(situation);
  const note = noteHalt(situation, tooManyAway);
  if (note) return note;
  const adapted = isResting(situation) ? undefined : adaptedRate(situation, takes);
  if (adapted) return { kind: 'note', note: adapted };
  const connected = nodesOf(observation, source).filter(({ connections }) => connections > 0);
  const patient = (tooManyAway || isHalted(journal)) && connected.length > 0;
  // Nodes with only sessions remaining disconnect no devices; after a stop they would wait for takeovers once more.
  const halts = takes ? stopOrders(connected) : stopEvacuations(situation);
  const evicting = halts.length > 0;
  const fleet = takes && !patient && evicting ? recountFleet(situation) : undefined;
  if (fleet) return { kind: 'note', note: fleet };
  const dealt = takes && !patient && !isResting(situation) ? rebalancedShares(situation, evicting) : undefined;
  if (dealt) return { kind: 'note', note: dealt };
  const routes = changedRoutes(situation);
  if ((!takes || patient) && evicting && !isResting(situation))
    return { kind: 'note', note: { ...restAfterStop(observation), ...routes } };
  if (routes) return { kind: 'note', note: routes };
  const actions = [
    ...selections(situation, revision),
    ...openGates(observation, target?.name ?? ''),
    ...(journal.aborted ? [] : closeForgottenGates(situation)),
    // An old evacuation is kept on the volume: such a node would refuse the devices that are routed there.
    ...stopOrders(nodesOf(observation, target?.name ?? '')),
    ...restart,
    // No device is disconnected while no node can take it.
    ...(takes && !patient ? [...stopsToRaise(situation), ...startOrders(situation)] : halts),
    // Beside the devices: it takes its time.
    ...(takes ? storageMove(situation).orders : []),
    ...heartbeat(situation, 'refresh the status of the resource', RECONCILE_INTERVAL_MS.idle),
  ];
  return {
    kind: 'wait',
    waitingFor: waitedFor(situation, colour, takes, tooManyAway, patient),
    actions,
    pollMs: Math.min(
      journal.adaptive || budgetUsed(situation) > ALERT_AT ? ALERT_POLL_MS : POLL_MS,
      routesInMs || POLL_MS,
      areLastOnesLeaving(situation) ? msUntilNextPoll(situation) : POLL_MS,
      // It is known in whole seconds, those of EMQX: on average the end comes half of one earlier.
      Math.max(250, remainingTimeMs(observation, journal) / 2),
    ),
  };
}

/** Since when the target is in place, where that has changed: new routes need their time each time. */
function changedRoutes(situation: Situation): Partial<Journal> | undefined {
  const { observation, journal } = situation;
  const since = journal.aborted ? 'backAt' : 'switchedAt';
  const inPlace = isInPlace(situation);
  if (inPlace === (journal[since] !== undefined)) return undefined;
  return { [since]: inPlace ? observation.at : undefined };
}

/** Milliseconds until every Kubernetes node routes to the target. */
function untilRouted({ observation, journal }: Situation): number {
  const since = (journal.aborted ? journal.backAt : journal.switchedAt) ?? observation.at;
  return Math.max(0, since + ROUTES_MS - observation.at);
}

/** An operator that was released for a moment has removed old pods: reported once, then the run continues with the remaining ones. */
export function lostPodsStep({ observation, journal }: Situation): Step | undefined {
  if (journal.aborted) return undefined;
  const blue = setOf(observation.cluster, journal.from.set);
  const before = oldCount(journal);
  const lostPods = before - (blue?.replicas ?? 0);
  if (lostPods <= (journal.lostPods ?? 0)) return undefined;
  const { emptiesBeforeRemoval } = generationOf(observation.cluster.resource);
  const areEmpty = journal.phase === 'retire' || emptiesBeforeRemoval;
  const what = areEmpty ? 'which were drained' : 'with the sessions that were on them';
  const when = journal.phase === 'claim' ? 'was not held at first' : 'was released for a moment';
  const reason = `the operator ${when} and has removed ${lostPods} of ${before} old pods, ${what}`;
  if (journal.limits.onLoss === 'continue') return { kind: 'note', note: { lostPods }, warning: reason };
  return {
    kind: 'stop',
    code: 'PODS_LOST',
    reason,
    fix: `it is held again; find out who reset ${generationOf(observation.cluster.resource).delayPath}, then run the same command again, or abort`,
    note: { lostPods },
  };
}

function waitedFor(
  situation: Situation,
  colour: 'blue' | 'green',
  takes: boolean,
  tooManyAway: boolean,
  patient: boolean,
): string {
  const silent = silentNodes(situation).map(({ pod }) => pod);
  if (silent.length > 0) return `${silent.join(', ')} to answer as a broker`;
  if (!takes) return `${colour === 'blue' ? 'green' : 'blue'} to be ready again before more is evicted`;
  if (patient && !tooManyAway) return 'devices to reconnect: the rate follows them';
  if (patient) return `devices to reconnect: more than ${offlineBudget(situation.journal)} are offline`;
  const unstopped = silentToRestart(situation);
  if (unstopped.length > 0) return `${unstopped.join(', ')} to answer, and to be stopped: the rates have changed`;
  return `the ${colour} nodes to be drained`;
}

/** Whether every pod of the source is there, answers, and is drained. */
export function areAllDrained(situation: Situation): boolean {
  const { observation, journal } = situation;
  const pods = podsOf(observation.cluster, moveOf(situation).source);
  if (journal.aborted) {
    const running = pods.filter((pod) => pod.containersReady);
    return running.every((pod) => isDrained(observation.nodes.get(pod.name)));
  }
  const stopped = surplusStopped(situation);
  return (
    pods.length >= expectedPods(situation) &&
    pods.every((pod) => stopped.includes(pod) || isDrained(observation.nodes.get(pod.name)))
  );
}

/** Old pods that must be there. Of a set that nothing asks for any more, those that the API server refuses are not waited for. */
function expectedPods({ observation: { cluster }, journal }: Situation): number {
  const isRefused = journal.supersedes !== undefined && notCreated(cluster, journal.from.set) !== undefined;
  return isRefused ? podsOf(cluster, journal.from.set).length : oldPods(journal);
}

/**
 * Pods of a set that nothing asks for any more, whose brokers do not run: with an image that cannot be pulled they never will. There is
 * nothing on them to be moved. Those of the old set of an ordinary upgrade are waited for.
 */
function surplusStopped({ observation: { cluster }, journal }: Situation): PodView[] {
  if (journal.supersedes === undefined) return [];
  return podsOf(cluster, journal.from.set).filter(({ isStopped }) => isStopped);
}

/** Whether the last devices are disconnected in the next second, or were a moment ago, and only their sessions are left. */
function areLastOnesLeaving(situation: Situation): boolean {
  const { observation, journal } = situation;
  const perSecond = new Map(journal.shares?.map((part) => [part.pod, part.connectionsPerSecond]));
  const left = undrained(observation, moveOf(situation).source);
  return left.every((node) => {
    const burst = perSecond.get(node.pod) ?? 0;
    return node.connections <= burst && areOnTheirWay(node, burst, observation.at);
  });
}

/** The nodes' answers may be older than this observation: a change in the cluster has caused it, and they were not queried. */
function msUntilNextPoll({ observation, journal }: Situation): number {
  const seen = (journal.shares ?? []).flatMap(({ pod }) => observation.nodes.get(pod)?.seenAt ?? []);
  const ageMs = observation.at - Math.min(observation.at, ...seen);
  return Math.max(50, LEAVING_POLL_MS - ageMs);
}

/** Orders to stop what evicts at an outdated rate. */
function stopsToRestart({ observation, journal }: Situation): Action[] {
  return (journal.restart ?? []).flatMap((pod): Action[] => {
    const node = observation.nodes.get(pod);
    return node?.evacuating && !isDrained(node) ? [{ do: 'stop-evacuation', pod, node: node.node }] : [];
  });
}

/**
 * Pods that may evict at an outdated rate, and do not answer: nothing is started beside them, which could be more than the cap. Where the
 * process has ended nobody is evicted; one that goes on with it after its start is stopped then.
 */
function silentToRestart({ observation, journal }: Situation): string[] {
  const { cluster, nodes } = observation;
  const isRunning = (pod: string) => cluster.pods.some(({ name, containersReady }) => name === pod && containersReady);
  return (journal.restart ?? []).filter((pod) => nodes.get(pod)?.unreachable !== undefined && isRunning(pod));
}

/**
 * Orders for the nodes of the current wave that do not evacuate: not started yet, or started and lost with the pod.
 * None while the target cannot take devices.
 */
export function startOrders(situation: Situation): Action[] {
  const { observation, journal } = situation;
  const { target } = moveOf(situation);
  if (!journal.shares || !journal.evacuation || journal.restart || !target || !canTargetAccept(situation)) return [];
  if (isResting(situation) || !hasTargetAnswered(situation)) return [];
  const migrateTo = nodesOf(observation, target.name).map((node) => node.node);
  if (migrateTo.length < stayingCount(journal, journal) || podsNotJoined(situation, target.name).length > 0) return [];
  const wave = currentWave(situation);
  return journal.shares.flatMap((part): Action[] => {
    const node = observation.nodes.get(part.pod);
    if (part.wave !== wave || isDrained(node) || !node || node.unreachable !== undefined || node.evacuating) return [];
    const order = {
      connectionsPerSecond: part.connectionsPerSecond,
      sessionsPerSecond: part.sessionsPerSecond,
      waitTakeoverSeconds: journal.waitTakeoverSeconds,
      migrateTo,
    };
    const afterMs = msUntilResumed(situation, part.pod) ?? msUntilSlot(situation, part);
    return [{ do: 'start-evacuation', pod: part.pod, node: node.node, order, afterMs }];
  });
}

/**
 * The wave the cap belongs to: the first whose nodes are not drained. When a node of an earlier wave has come back, it waits until
 * the later wave has ended.
 */
function currentWave({ observation, journal }: Situation): number {
  const there = new Set(observation.cluster.pods.map((pod) => pod.name));
  const left = (journal.shares ?? []).filter(({ pod }) => !isDrained(observation.nodes.get(pod)));
  const open = left.filter(({ pod }) => there.has(pod));
  if (open.length === 0) return journal.wave ?? 0;
  const begun = left.filter(({ pod }) => observation.nodes.get(pod)?.evacuating);
  return Math.max(Math.min(...open.map((part) => part.wave)), ...begun.map((part) => part.wave));
}

/** A node that is started in the second in which another was stopped would add its burst to that one's. */
function isResting({ observation, journal }: Situation): boolean {
  return observation.at < (journal.restUntil ?? 0);
}

/**
 * How long until the node's slot in the second: nodes evict once a second, and a node that is started late
 * must still not burst together with another. A slot that was just missed is used at once.
 */
function msUntilSlot({ observation, journal }: Situation, part: NodeShare): number {
  const slots = journal.shares?.filter((other) => other.wave === part.wave).length ?? 1;
  const origin = journal.evacuation?.startedAt ?? observation.at;
  const wait = (((origin + part.offsetMs - observation.at) % 1000) + 1000) % 1000;
  return wait > 1000 - 250 / slots ? 0 : wait;
}
