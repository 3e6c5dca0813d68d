import { type EmqxResource, generationOf, HOLD_DELAY_SECONDS } from '../../resource';
import type { Journal } from '../journal';
import { oldCount, stayingCount } from '../node-counts';
import {
  type ClusterView,
  greenOf,
  type NodeView,
  nodesOf,
  type Observation,
  operatorReportOf,
  type PodView,
  podsOf,
  type SetView,
  servingRevision,
  setOf,
  undrained,
} from '../observation';
import { carriesDevices, setsOf, stagesOf, takerOf } from '../stages';
import type { Action, Situation, Step } from '../step';

/** The patch that makes the operator wait once it has built the green set. */
export function holdPatch(resource: EmqxResource): Record<string, unknown> {
  return generationOf(resource).delayPatch(HOLD_DELAY_SECONDS);
}

/** Time between two passes requested of the operator, in ms; each is a full pass and an event. */
export const RECONCILE_INTERVAL_MS = {
  /** The run waits only for what the operator reports. */
  keen: 1_000,
  /** There is something new for it to see. */
  eager: 5_000,
  /** There may be. */
  patient: 10_000,
  /** Only its status grows old. */
  idle: 15_000,
} as const;

/**
 * From the moment the API server has the endpoints of a Service until every Kubernetes node routes to them, in ms. A device that
 * takes the old route meanwhile would be refused.
 */
export const ROUTES_MS = 1_500;

/** What is noted when nodes are ordered to stop: nothing is started before the second is over. */
export function restAfterStop({ at }: Observation): { restUntil: number } {
  return { restUntil: at + 1_200 };
}

export function waitFor(waitingFor: string, pollMs: number, actions: Action[] = []): Step {
  return { kind: 'wait', waitingFor, actions, pollMs };
}

/**
 * Makes the operator reconcile the cluster once: any change of the spec outside the template does. While it
 * is held it does not reconcile by itself.
 */
export function heartbeat(situation: Situation, why: string, everyMs: number): Action[] {
  const { resource } = situation.observation.cluster;
  const generation = generationOf(resource);
  if (!generation.sleepsWhileHeld || situation.observation.at - situation.heartbeatAt < everyMs) return [];
  const spec = generation.delayPatch((generation.delayOf(resource) ?? HOLD_DELAY_SECONDS) - 1);
  return [{ do: 'patch-resource', spec, why, heartbeat: true }];
}

/** After this long the operator itself is waiting, ms: for nodes that are gone, until they time out. */
const FREQUENT_FOR_MS = 9_000;

/** Between two observations meanwhile, ms. */
export const FREQUENT_POLL_MS = 300;

/** Makes the operator reconcile until it reports rest: each pass costs one write, and each second of waiting prolongs the upgrade. */
export function frequentHeartbeat(situation: Situation, why: string): Action[] {
  return heartbeat(
    situation,
    why,
    situation.idleMs < FREQUENT_FOR_MS ? RECONCILE_INTERVAL_MS.keen : RECONCILE_INTERVAL_MS.eager,
  );
}

/** The actions that make every traffic Service route to this revision alone; none for those that already do. */
export function selections({ observation, journal }: Situation, revision: string | undefined): Action[] {
  if (revision === undefined || !carriesDevices(observation.cluster, journal)) return [];
  const { sleepsWhileHeld } = generationOf(observation.cluster.resource);
  return (
    observation.cluster.traffic
      .filter((service) => service.revision !== revision)
      // An operator that goes on writes the endpoints of its own Service itself.
      .filter(({ byOperator }) => !byOperator || sleepsWhileHeld)
      .map(({ service, byOperator }) => ({ do: byOperator ? 'lead-traffic' : 'select-traffic', service, revision }))
  );
}

/** Expected number of old pods: all but those that the operator removed while it was released. */
export function oldPods(journal: Journal): number {
  return oldCount(journal) - (journal.lostPods ?? 0);
}

/** The sets between which devices are moved. */
export interface Move {
  /** The set that is evacuated. */
  source: string;
  /** The set that takes them, and its revision. */
  target: SetView | undefined;
  revision: string | undefined;
}

/** Blue to green; in an abort green to blue. */
export function moveOf({ observation, journal }: Situation): Move {
  const { from, to } = journal;
  const green = greenOf(observation.cluster, journal);
  const { cluster } = observation;
  if (!journal.aborted) {
    return { source: from.set, target: green, revision: servingRevision(cluster, green?.name ?? '', to.revision) };
  }
  const revision = servingRevision(cluster, from.set, from.revision);
  return { source: green?.name ?? '', target: setOf(cluster, from.set), revision };
}

/** Whether every running pod of a set reports its state; one that is booting cannot report yet whether it evacuates. */
export function doAllAnswer({ cluster, nodes }: Observation, set: string): boolean {
  return podsOf(cluster, set)
    .filter((pod) => pod.containersReady && !pod.terminating)
    .every((pod) => {
      const node = nodes.get(pod.name);
      return node?.unreachable === undefined && node?.canEvacuate;
    });
}

/** Nodes that devices are led to, and that do not answer as brokers, each with the reason. */
export function silentNodes({
  observation: { cluster, probes },
  journal,
}: Situation): { pod: string; reason: string }[] {
  if (!probes) return [];
  return podsOf(cluster, takerOf(cluster, journal) ?? '').flatMap(({ name }) => {
    const probe = probes.get(name);
    return probe?.serves === false ? [{ pod: name, reason: probe.reason ?? 'no answer' }] : [];
  });
}

/**
 * Whether the target of the move can take its devices: all its pods ready, none of its nodes refusing or silent, and they alone behind
 * every traffic Service.
 */
export function canTargetAccept(situation: Situation): boolean {
  return isInPlace(situation) && silentNodes(situation).length === 0;
}

/** Whether each node that devices are led to has answered this process as a broker: before that it routes no device there. */
export function hasTargetAnswered({ observation: { cluster, probes }, journal }: Situation): boolean {
  const pods = podsOf(cluster, takerOf(cluster, journal) ?? '').filter((pod) => !pod.terminating);
  return !probes || pods.every(({ name }) => probes.get(name)?.serves === true);
}

/** Whether it can, as far as Kubernetes and the management API know. */
export function isInPlace(situation: Situation): boolean {
  const { observation, journal } = situation;
  const { source, target } = moveOf(situation);
  const { cluster } = observation;
  const wanted = stayingCount(journal, journal);
  if (!target || target.readyReplicas < wanted) return false;
  const pods = podsOf(cluster, target.name).filter((pod) => !pod.terminating);
  if (pods.length < wanted || !pods.every((pod) => pod.ready)) return false;
  if (nodesOf(observation, target.name).some((node) => node.evacuating)) return false;
  if (carriesDevices(cluster, journal)) {
    // Where the Services that the run began with are gone, devices that are disconnected find no node.
    return (cluster.traffic.length > 0 || !journal.services?.length) && isRoutedTo(cluster, pods);
  }
  // Devices that sit on such nodes all the same are led to those that are meant for them.
  const taker = setOf(cluster, takerOf(cluster, journal) ?? '');
  const hasDevices = nodesOf(observation, source).some(({ connections }) => connections > 0);
  return !taker || !hasDevices || taker.readyReplicas >= taker.replicas;
}

/** Whether every traffic Service routes to these pods: to all of them, and to no other. */
export function isRoutedTo({ traffic }: ClusterView, wanted: readonly PodView[]): boolean {
  const names = new Set(wanted.map((pod) => pod.name));
  return traffic.every(({ pods }) => pods.length === names.size && pods.every((pod) => names.has(pod)));
}

/**
 * Opens the readiness gates of a set. Once the operator has begun its delay it no longer does: a recreated pod would wait
 * forever.
 */
export function openGates(observation: Observation, set: string): Action[] {
  const { sleepsWhileHeld } = generationOf(observation.cluster.resource);
  return sleepsWhileHeld ? openingGates(podsOf(observation.cluster, set)) : [];
}

/** Orders to open the gates of those of these pods that run behind a closed one. */
export function openingGates(pods: readonly PodView[]): Action[] {
  return pods
    .filter((pod) => pod.containersReady && !pod.onServing && !pod.terminating)
    .map((pod) => ({ do: 'mark-serving', pod: pod.name, serving: true }));
}

/**
 * Closes the readiness gates of a set that goes, where devices reach it through the Service of an operator that goes on: that one
 * leaves the gates of old sets alone, but may write back what it has read before. So this is repeated until they stay closed.
 */
export function closeGates({ cluster }: Observation, set: string): Action[] {
  const { sleepsWhileHeld } = generationOf(cluster.resource);
  if (sleepsWhileHeld || !cluster.traffic.some(({ byOperator }) => byOperator)) return [];
  return podsOf(cluster, set)
    .filter((pod) => pod.onServing && !pod.terminating)
    .map((pod) => ({ do: 'mark-serving', pod: pod.name, serving: false }));
}

/**
 * The same for old sets that the operator does not take for blue: after the resource was changed in the middle of an upgrade. It closes
 * the gates of blue alone.
 */
export function closeForgottenGates({ observation, journal }: Situation): Action[] {
  const { wanted = [], upgrade } = operatorReportOf(observation.cluster);
  return setsOf(journal, 'from')
    .filter((set) => !wanted.includes(set) && !upgrade?.blue.includes(set))
    .flatMap((set) => closeGates(observation, set));
}

/**
 * Pods of a set that is scaled to 0: those that exist, and those that the controllers still count. From these they
 * would create endpoints of a Service that selects the whole cluster.
 */
export function remainingPods({ cluster }: Observation, set: string): number {
  return Math.max(podsOf(cluster, set).length, setOf(cluster, set)?.knownPods ?? 0);
}

/** Orders to stop for all nodes that evict. They are behind no Service, so no device reconnects to them. */
export function stopEvacuations(situation: Situation): Action[] {
  const { observation, journal } = situation;
  const { phase } = journal;
  if (phase === 'evacuate' || phase === 'return') return stopOrders(undrained(observation, moveOf(situation).source));
  return phase === 'revert' || phase === 'switch-back' ? stopOrders(nodesOf(observation, journal.from.set)) : [];
}

/** Orders to stop for those of these nodes that evacuate. */
export function stopOrders(nodes: readonly NodeView[]): Action[] {
  return nodes.filter((node) => node.evacuating).map(({ pod, node }) => ({ do: 'stop-evacuation', pod, node }));
}

/** Pods of a set whose nodes do not answer, are not named by the operator yet, or do not see all the others. */
export function podsNotJoined({ observation }: Situation, set: string): string[] {
  const unnamed = podsOf(observation.cluster, set)
    .filter((pod) => pod.containersReady && !pod.terminating && !observation.nodes.has(pod.name))
    .map((pod) => pod.name);
  const nodes = nodesOf(observation, set);
  const names = nodes.map((node) => node.node);
  const alone = nodes
    .filter((node) => node.unreachable !== undefined || !names.every((name) => node.members.includes(name)))
    .map((node) => node.pod);
  return [...unnamed, ...alone];
}

/** Whether the operator is at rest: no upgrade in its status, and it runs with nodes of these sets only. */
export function atRest({ observation, journal }: Situation, sets: readonly string[]): boolean {
  const { cluster } = observation;
  const { resource } = cluster;
  const { isRunning, nodes, readyNodes, upgrade } = operatorReportOf(cluster);
  // Several old sets of one role are replaced by one.
  const counts = new Map(stagesOf(journal).map((stage) => [stage.role, stayingCount(stage, journal)]));
  const replicas = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const pods = sets.flatMap((set) => podsOf(cluster, set));
  const names = pods.map((pod) => generationOf(resource).nodeNameOf(resource, pod));
  return (
    !upgrade &&
    isRunning &&
    readyNodes === replicas &&
    nodes.every((node) => node !== undefined && names.includes(node))
  );
}
