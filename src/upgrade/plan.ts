import { versionOf } from '../resource';
import { type Change, presentable } from './changes';
import { type Driver, isOpen } from './journal';
import { knownLoadOfSet } from './known';
import { blueOf, nodesOf, type Observation } from './observation';
import { duration, type NodeLoad, type NodeShare, share } from './pacing';
import type { Check } from './preflight';
import { servedVersion } from './served-version';
import type { Target } from './target';

/**
 * What an upgrade would do, how long it takes and what devices notice. Pure data; nothing was written to make it.
 *
 * Figures are `null` where a blue node did not say what it has: nothing follows from what is unknown.
 */
export interface UpgradePlan {
  cluster: string;
  namespace: string;
  driver: Driver;
  from: { version: string; set: string; replicas: number };
  to: { version: string };
  /** Differences of the resource; values that may be secrets are hidden. */
  changes: Change[];
  connections: number | null;
  /** All sessions, and those of them whose device is away: these are moved by the nodes. */
  sessions: number | null;
  offlineSessions: number | null;
  /** Blue's nodes with their load and their share of the caps; none where a load is unknown. */
  nodes: (NodeLoad & NodeShare)[];
  capPerSecond: number;
  sessionCapPerSecond: number;
  /** Least possible duration of the evacuation, ms. */
  lowerBoundMs: number | null;
  /** Expected duration of the evacuation, ms. */
  evacuateMs: number | null;
  /** Expected duration of the whole upgrade, ms; assumes {@link ASSUMED}. */
  estimateMs: number | null;
  /** Most disconnects in one second. */
  peakDisconnectsPerSecond: number | null;
  /** Devices that are away at the same time, if each comes back within {@link ASSUMED}.reconnectMs. */
  devicesAway: number | null;
  checks: Check[];
}

/** What the plan cannot know. Measured on one cluster of three nodes; it shows in the plan as an assumption. */
export const ASSUMED = {
  /** From the patch until all green nodes are ready and seen by the operator. */
  greenReadyMs: 30_000,
  /** From the order to scale blue to 0 until the operator reports rest. */
  retireMs: 10_000,
  /** From a device's disconnect until it is connected again. */
  reconnectMs: 1_000,
} as const;

export function plan(observation: Observation, target: Target, checks: Check[]): UpgradePlan {
  const { resource, journal } = observation.cluster;
  const blue = blueOf(observation.cluster);
  const { connections, sessions } = knownLoadOfSet(observation, blue?.name ?? '');
  return {
    cluster: resource.metadata.name,
    namespace: resource.metadata.namespace ?? 'default',
    driver: target.driver,
    from: {
      version: isOpen(journal) ? journal.from.version : servedVersion(observation),
      set: blue?.name ?? '',
      replicas: blue?.replicas ?? 0,
    },
    to: { version: versionOf(target.desired) },
    changes: target.changes.map(presentable),
    connections,
    sessions,
    capPerSecond: target.caps.connections,
    sessionCapPerSecond: target.caps.sessions,
    ...(connections === null ? UNKNOWN : figures(observation, target, blue?.name ?? '', connections)),
    checks,
  };
}

/** What follows from the loads of blue's nodes. */
type Figures = Pick<
  UpgradePlan,
  | 'offlineSessions'
  | 'nodes'
  | 'lowerBoundMs'
  | 'evacuateMs'
  | 'estimateMs'
  | 'peakDisconnectsPerSecond'
  | 'devicesAway'
>;

const UNKNOWN: Figures = {
  offlineSessions: null,
  nodes: [],
  lowerBoundMs: null,
  evacuateMs: null,
  estimateMs: null,
  peakDisconnectsPerSecond: null,
  devicesAway: null,
};

function figures(observation: Observation, target: Target, blue: string, connections: number): Figures {
  const { caps, waitTakeoverSeconds, initialDelaySeconds } = target;
  const loads = loadsOf(observation, blue);
  const paced = Object.values(caps).every((cap) => Number.isInteger(cap) && cap >= 1); // else a check reports it
  const shares = paced ? share(loads, caps) : [];
  const { lowerBoundMs, estimateMs } = paced
    ? duration(loads, shares, caps, waitTakeoverSeconds)
    : { lowerBoundMs: 0, estimateMs: 0 };
  const peak = Math.min(caps.connections, connections);
  return {
    offlineSessions: loads.reduce((sum, load) => sum + load.offlineSessions, 0),
    nodes: shares.map((part, index) => ({ ...loads[index]!, ...part })),
    lowerBoundMs,
    evacuateMs: estimateMs,
    estimateMs: ASSUMED.greenReadyMs + initialDelaySeconds * 1000 + estimateMs + ASSUMED.retireMs,
    peakDisconnectsPerSecond: peak,
    devicesAway: Math.min(connections, Math.ceil((peak * ASSUMED.reconnectMs) / 1000)),
  };
}

/** What each node of a set has to give. */
export function loadsOf(observation: Observation, set: string): NodeLoad[] {
  return nodesOf(observation, set).map((node) => ({
    pod: node.pod,
    connections: node.connections,
    offlineSessions: Math.max(0, node.sessions - node.connections),
  }));
}
