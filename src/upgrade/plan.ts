import { versionOf } from '../resource';
import { byNames } from './by-names';
import { type Change, changes, presentable } from './changes';
import type { Check } from './check';
import type { Driver } from './journal';
import { activeSets, blueOf, loadOf, nodesOf, type Observation } from './observation';
import { offlineBudget } from './offline-budget';
import { duration, type NodeLoad, type NodeShare, share } from './pacing';
import type { Target } from './target';

/** What an upgrade would do, how long it takes and what devices notice. Pure data; nothing was written to make it. */
export interface UpgradePlan {
  cluster: string;
  namespace: string;
  driver: Driver;
  from: { version: string; set: string; replicas: number };
  to: { version: string };
  /** Differences of the resource; values that may be secrets are hidden. */
  changes: Change[];
  /**
   * What the pods of the new nodes differ in from those of the old ones, where the resource has the wanted template already and the
   * operator has made new nodes of it. Values that may be secrets are hidden.
   */
  newPods?: Change[];
  connections: number;
  /** All sessions, and those of them whose device is away: these are moved by the nodes. */
  sessions: number;
  offlineSessions: number;
  /** Blue's nodes with their load and their share of the caps. */
  nodes: (NodeLoad & NodeShare)[];
  capPerSecond: number;
  sessionCapPerSecond: number;
  /** Least possible duration of the evacuation, ms. */
  lowerBoundMs: number;
  /** Expected duration of the evacuation, ms. */
  evacuateMs: number;
  /** Expected duration of the whole upgrade, ms; assumes {@link ASSUMED}. */
  estimateMs: number;
  /** Most disconnects in one second. */
  peakDisconnectsPerSecond: number;
  /** Most devices that are away at the same time: nobody else is sent away while there are more. All of them where that limit is lifted. */
  devicesAway: number;
  /** Whether that limit holds. */
  isAwayLimited: boolean;
  checks: Check[];
}

/** What the plan cannot know. Measured on one cluster of three nodes; it shows in the plan as an assumption. */
export const ASSUMED = {
  /** From the patch until all green nodes are ready and seen by the operator. */
  greenReadyMs: 30_000,
  /** From the order to scale blue to 0 until the operator reports rest. */
  retireMs: 10_000,
} as const;

export function plan(observation: Observation, target: Target, checks: Check[]): UpgradePlan {
  const { resource } = observation.cluster;
  const blue = blueOf(observation.cluster);
  const loads = blue ? loadsOf(observation, blue.name) : [];
  const { connections, sessions } = blue ? loadOf(observation, blue.name) : { connections: 0, sessions: 0 };
  const paced = Object.values(target.caps).every((cap) => Number.isInteger(cap) && cap >= 1); // else a check tells
  const shares = paced ? share(loads, target.caps) : [];
  const { lowerBoundMs, estimateMs } = paced
    ? duration(loads, shares, target.caps, target.waitTakeoverSeconds)
    : { lowerBoundMs: 0, estimateMs: 0 };
  const peak = Math.min(target.caps.connections, connections);
  const budget = offlineBudget({ connectionCap: target.caps.connections, limits: target.limits });
  return {
    cluster: resource.metadata.name,
    namespace: resource.metadata.namespace ?? 'default',
    driver: target.driver,
    from: {
      version: runningVersion(observation, blue?.name) ?? versionOf(target.live),
      set: blue?.name ?? '',
      replicas: blue?.replicas ?? 0,
    },
    to: { version: versionOf(target.desired) },
    changes: target.changes.map(presentable),
    ...newPodsOf(observation, target),
    connections,
    sessions,
    offlineSessions: loads.reduce((sum, load) => sum + load.offlineSessions, 0),
    nodes: shares.map((part, index) => ({ ...loads[index]!, ...part })),
    capPerSecond: target.caps.connections,
    sessionCapPerSecond: target.caps.sessions,
    lowerBoundMs,
    evacuateMs: estimateMs,
    estimateMs: ASSUMED.greenReadyMs + target.initialDelaySeconds * 1000 + estimateMs + ASSUMED.retireMs,
    peakDisconnectsPerSecond: peak,
    devicesAway: Math.min(connections, budget ?? connections),
    isAwayLimited: budget !== undefined,
    checks,
  };
}

function newPodsOf({ cluster }: Observation, { applied }: Target): Pick<UpgradePlan, 'newPods'> {
  const blue = blueOf(cluster);
  const green = activeSets(cluster).find((set) => set !== blue);
  if (!applied || !blue || !green) return {};
  return { newPods: changes(byNames(blue.podTemplate), byNames(green.podTemplate)).map(presentable) };
}

/** What the nodes of a set say they run: the template may be ahead of them. */
export function runningVersion(observation: Observation, set: string | undefined): string | undefined {
  return set === undefined ? undefined : nodesOf(observation, set).find((node) => node.version !== undefined)?.version;
}

/** What each node of a set has to give. */
export function loadsOf(observation: Observation, set: string): NodeLoad[] {
  return nodesOf(observation, set).map((node) => ({
    pod: node.pod,
    connections: node.connections,
    offlineSessions: Math.max(0, node.sessions - node.connections),
  }));
}
