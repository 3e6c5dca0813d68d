import type { Fleet } from './journal';
import { type NodeView, nodesOf, type Observation } from './observation';

/** Numbers of a node or a set as they were reported; `null` is unknown, which is not zero. */
export interface KnownLoad {
  /** Live connections. */
  connections: number | null;
  /** Sessions, whether their device is connected or away. */
  sessions: number | null;
  /** When the nodes reported it, the earliest of them, in ms since the epoch; `null` where one never did. */
  seenAt: number | null;
}

const UNKNOWN: KnownLoad = { connections: null, sessions: null, seenAt: null };

/** What a node has, as far as it ever said so. */
export function knownLoadOf(node: NodeView, at: number): KnownLoad {
  const seenAt = node.unreachable === undefined ? (node.seenAt ?? at) : node.seenAt;
  if (seenAt === undefined) return UNKNOWN;
  // Its counters are of this moment, and know no sessions that were moved; its statistics are older, and may.
  return { connections: node.live ?? node.connections, sessions: node.sessions, seenAt };
}

/** What all nodes of a set have: unknown as soon as one of them never answered. */
export function knownLoadOfSet(observation: Observation, set: string): KnownLoad {
  const { at } = observation;
  return nodesOf(observation, set)
    .map((node) => knownLoadOf(node, at))
    .reduce(plus, { connections: 0, sessions: 0, seenAt: at });
}

function plus(a: KnownLoad, b: KnownLoad): KnownLoad {
  if (a.connections === null || b.connections === null) return UNKNOWN;
  return {
    connections: a.connections + b.connections,
    sessions: a.sessions! + b.sessions!,
    seenAt: Math.min(a.seenAt!, b.seenAt!),
  };
}

/** What a set has in all. */
export function fleetOf(observation: Observation, set: string): Fleet {
  const { connections, sessions } = knownLoadOfSet(observation, set);
  const each = nodesOf(observation, set).map((node) => node.subscriptions);
  const subscriptions = each.reduce<number | null>(
    (sum, one) => (sum === null || one === undefined ? null : sum + one),
    0,
  );
  return { connections, sessions, subscriptions: connections === null ? null : subscriptions };
}
