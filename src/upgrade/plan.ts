import { generationOf, type OnlyRead, type Role, versionOf } from '../resource';
import { byNames } from '../resource/by-names';
import { type Change, changes, presentable } from './changes';
import type { Check } from './check';
import { type Driver, isOpen } from './journal';
import { knownLoadOfSet } from './known-load';
import { activeSets, blueOf, nodesOf, type Observation } from './observation';
import { offlineBudget } from './offline-budget';
import { duration, type NodeLoad, type NodeShare, share } from './pacing';
import { servedVersion } from './served-version';
import { stagesFrom, stagesOf } from './stages';
import type { Target } from './target';

/**
 * What an upgrade would do, how long it takes and what devices notice. Pure data; nothing was written to make it.
 *
 * Figures are `null` where a blue node did not report its counts.
 */
export interface UpgradePlan {
  cluster: string;
  namespace: string;
  driver: Driver;
  from: { version: string; set: string; replicas: number };
  to: { version: string };
  /** The sets that are replaced, one after the other. @default - only that of `from`: there are no replicants */
  stages?: PlannedStage[];
  /** Differences of the resource; values that may be secrets are hidden. */
  changes: Change[];
  /**
   * How the pods of the new nodes differ from those of the old ones, where the resource already has the wanted template and the
   * operator has created new nodes from it. Values that may be secrets are hidden.
   */
  newPods?: Change[];
  connections: number | null;
  /** All sessions, and those of offline devices: these are moved by the nodes. */
  sessions: number | null;
  offlineSessions: number | null;
  /** Blue's nodes with their load and their share of the caps; none where a load is unknown. */
  nodes: (NodeLoad & NodeShare)[];
  capPerSecond: number;
  /** Present where devices are disconnected as fast as they reconnect: the cap is the highest rate then, and durations are the shortest. */
  pacing?: 'adaptive';
  sessionCapPerSecond: number;
  /** Lower bound of the duration of the evacuation, ms. */
  lowerBoundMs: number | null;
  /** Expected duration of the evacuation, ms. */
  evacuateMs: number | null;
  /** Expected duration of the whole upgrade, ms; assumes {@link ASSUMED}. */
  estimateMs: number | null;
  /** Most disconnects in one second. */
  peakDisconnectsPerSecond: number | null;
  /** Most devices that are offline at a time: while there are more, no more are disconnected. All of them where that limit is lifted. */
  devicesAway: number | null;
  /** Whether that limit applies. */
  isAwayLimited: boolean;
  checks: Check[];
  /** Why the cluster is read only; absent where it can be upgraded. */
  onlyRead?: OnlyRead;
}

/** The nodes of one role that are replaced. */
export interface PlannedStage {
  role: Role;
  set: string;
  replicas: number;
  /** Devices on them; `null` is unknown. */
  connections: number | null;
}

/** What the plan cannot know. Measured on one cluster of three nodes; the plan shows it as an assumption. */
export const ASSUMED = {
  /** From the patch until all green nodes are ready and seen by the operator. */
  greenReadyMs: 30_000,
  /** From the order to scale blue to 0 until the operator reports rest. */
  retireMs: 10_000,
} as const;

export function plan(observation: Observation, target: Target, checks: Check[]): UpgradePlan {
  const { resource, journal } = observation.cluster;
  const { onlyRead } = generationOf(resource);
  const blue = blueOf(observation.cluster);
  const { connections, sessions } = knownLoadOfSet(observation, blue?.name ?? '');
  const budget = offlineBudget({ connectionCap: target.caps.connections, limits: target.limits });
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
    ...plannedStages(observation),
    changes: target.changes.map(presentable),
    ...newPodsOf(observation, target),
    connections,
    sessions,
    capPerSecond: target.caps.connections,
    ...(target.pacing === 'adaptive' && { pacing: target.pacing }),
    sessionCapPerSecond: target.caps.sessions,
    isAwayLimited: budget !== undefined,
    ...(connections === null ? UNKNOWN : figuresOf(observation, target, blue?.name ?? '', connections)),
    checks,
    ...(onlyRead && { onlyRead }),
  };
}

function plannedStages(observation: Observation): Pick<UpgradePlan, 'stages'> {
  const { cluster } = observation;
  const { journal } = cluster;
  const blue = blueOf(cluster);
  const stages = isOpen(journal) ? stagesOf(journal) : blue ? stagesFrom(cluster, blue) : [];
  if (stages.length < 2) return {};
  return {
    stages: stages.map(({ role, replicas, from: { set } }) => {
      const { connections } = knownLoadOfSet(observation, set);
      return { role, set, replicas, connections };
    }),
  };
}

function newPodsOf({ cluster }: Observation, { applied }: Target): Pick<UpgradePlan, 'newPods'> {
  const blue = blueOf(cluster);
  const green = activeSets(cluster).find((set) => set !== blue);
  if (!applied || !blue || !green) return {};
  return { newPods: changes(byNames(blue.podTemplate), byNames(green.podTemplate)).map(presentable) };
}

/** Figures computed from the loads of blue's nodes. */
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

function figuresOf(observation: Observation, target: Target, blue: string, connections: number): Figures {
  const { caps, waitTakeoverSeconds, initialDelaySeconds } = target;
  const loads = loadsOf(observation, blue);
  const offlineSessions = loads.reduce((sum, load) => sum + load.offlineSessions, 0);
  // Without a rate the duration is unknown; a check reports that.
  if (!Object.values(caps).every((cap) => Number.isInteger(cap) && cap >= 1)) return { ...UNKNOWN, offlineSessions };
  const shares = share(loads, caps);
  const { lowerBoundMs, estimateMs } = duration(loads, shares, caps, waitTakeoverSeconds);
  const peak = Math.min(caps.connections, connections);
  return {
    offlineSessions,
    nodes: shares.map((part, index) => ({ ...loads[index]!, ...part })),
    lowerBoundMs,
    evacuateMs: estimateMs,
    estimateMs: ASSUMED.greenReadyMs + initialDelaySeconds * 1000 + estimateMs + ASSUMED.retireMs,
    peakDisconnectsPerSecond: peak,
    devicesAway: Math.min(
      connections,
      offlineBudget({ connectionCap: caps.connections, limits: target.limits }) ?? connections,
    ),
  };
}

/** What each node of a set has to move. */
export function loadsOf(observation: Observation, set: string): NodeLoad[] {
  return nodesOf(observation, set).map((node) => ({
    pod: node.pod,
    connections: node.connections,
    offlineSessions: Math.max(0, node.sessions - node.connections),
  }));
}
