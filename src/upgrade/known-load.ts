import type { Fleet } from './journal';
import { type NodeView, nodesOf, type Observation, podsOf } from './observation';

/** Numbers of a node or a set as they were reported; `null` is unknown, which is not zero. */
export interface KnownLoad {
  /** Live connections. */
  connections: number | null;
  /** Sessions, of connected and of offline devices. */
  sessions: number | null;
  /** The earliest time at which one of the nodes reported it, in ms since the epoch; `null` where one never did. */
  seenAt: number | null;
}

export const UNKNOWN: KnownLoad = { connections: null, sessions: null, seenAt: null };

/** The counts of a node, as far as it ever reported them. */
export function knownLoadOf(node: NodeView, at: number): KnownLoad {
  const seenAt = node.unreachable === undefined ? (node.seenAt ?? at) : node.seenAt;
  if (seenAt === undefined) return UNKNOWN;
  // Its counters are current, and exclude moved sessions; its statistics are older, and may include them.
  return { connections: node.live ?? node.connections, sessions: node.sessions, seenAt };
}

/** The sums over all nodes of a set: unknown as soon as one of them never answered, or has no name that it could be asked by. */
export function knownLoadOfSet(observation: Observation, set: string): KnownLoad {
  const { at, cluster, nodes } = observation;
  const isUnnamed = podsOf(cluster, set).some(
    ({ name, containersReady, terminating }) => containersReady && !terminating && !nodes.has(name),
  );
  if (isUnnamed) return UNKNOWN;
  return sumOf(
    nodesOf(observation, set).map((node) => knownLoadOf(node, at)),
    at,
  );
}

/** The sums: unknown as soon as one is. @param at when they were observed */
export function sumOf(loads: readonly KnownLoad[], at: number): KnownLoad {
  return loads.reduce(plus, { connections: 0, sessions: 0, seenAt: at });
}

function plus(a: KnownLoad, b: KnownLoad): KnownLoad {
  if (a.connections === null || b.connections === null) return UNKNOWN;
  return {
    connections: a.connections + b.connections,
    sessions: a.sessions! + b.sessions!,
    seenAt: Math.min(a.seenAt!, b.seenAt!),
  };
}

/** The totals of sets. */
export function fleetOf(observation: Observation, sets: readonly string[]): Fleet {
  const loads = sets.map((set) => knownLoadOfSet(observation, set));
  const { connections, sessions } = sumOf(loads, observation.at);
  const each = sets.flatMap((set) => nodesOf(observation, set)).map((node) => node.subscriptions);
  const subscriptions = each.reduce<number | null>(
    (sum, one) => (sum === null || one === undefined ? null : sum + one),
    0,
  );
  return { connections, sessions, subscriptions: connections === null ? null : subscriptions };
}

/** Devices connected to a set of nodes at this moment, as far as its nodes answered. */
export function devicesOn(observation: Observation, set: string): number {
  return nodesOf(observation, set).reduce(plusDevices, 0);
}

/** Devices connected at this moment, on nodes of every role and colour: one that leaves an old core may come back on a replicant. */
export function devicesNow({ nodes }: Observation): number {
  return [...nodes.values()].reduce(plusDevices, 0);
}

function plusDevices(sum: number, { live, connections }: NodeView): number {
  return sum + (live ?? connections);
}
