import type { AdaptiveRate } from './adaptive-rate';
import { coloursOf } from './colours';
import { devicesAway } from './devices-away';
import { isOpen, type Journal } from './journal';
import { knownLoadOf, knownLoadOfSet, UNKNOWN } from './known-load';
import { isDrained, nodesOf, type Observation, setOf } from './observation';
import type { NodeProgress, Sample, SetLoad } from './progress';
import { remainingTimeMs } from './remaining-time';
import { stagesOf } from './stages';

/** What an observation shows of a run, or of the result of the last one; without one, of the existing sets. */
export function sampleOf(observation: Observation, journal: Journal | undefined): Sample {
  const { at, cluster } = observation;
  const { blue, green, shown } = coloursOf(cluster, journal);
  const open = isOpen(journal) ? journal : undefined;
  const paused = open?.paused !== undefined;
  const isEmptying = open !== undefined && (open.phase === 'evacuate' || open.phase === 'return');
  return {
    at,
    phase: journal?.phase ?? null,
    blue: loadOfSet(observation, blue),
    green: green === undefined ? undefined : loadOfSet(observation, green),
    away: isEmptying ? awayOf(observation, open) : undefined,
    nodes: nodeProgressOf(observation, shown),
    devices: isEmptying ? open.evacuation?.connections : undefined,
    leftMs: isEmptying && !paused ? remainingMs(observation, open) : undefined,
    capPerSecond: open?.driver === 'pilot' ? open.connectionCap : undefined,
    paused,
    ...(open && rolesOf(observation, open)),
    ...(isEmptying && open.adaptive && { ratePerSecond: rateOf(open.adaptive) }),
  };
}

function rateOf({ perSecond, haltedAt }: AdaptiveRate): number {
  return haltedAt === undefined ? perSecond : 0;
}

/** Of a cluster with cores and replicants: which of them are replaced, and the devices on the others. */
function rolesOf(observation: Observation, journal: Journal): Pick<Sample, 'role' | 'beside'> {
  const { role } = journal;
  if (role === undefined) return {};
  const [other] = stagesOf(journal).filter((stage) => stage.role !== role);
  if (!other) return { role };
  const on = (set = '') => knownLoadOfSet(observation, set).connections;
  return { role, beside: { role: other.role, blue: on(other.from.set), green: on(other.to?.set) } };
}

/** What the nodes of a set report. */
export function nodeProgressOf(observation: Observation, set: string): NodeProgress[] {
  return nodesOf(observation, set).map((node) => ({
    pod: node.pod,
    unreachable: node.unreachable ?? null,
    evacuating: node.evacuating,
    drained: isDrained(node),
    ...knownLoadOf(node, observation.at),
    ...(node.obstacle && { obstacle: node.obstacle }),
  }));
}

/** In whole seconds, as nodes evict; 0 when all are drained, and undefined while one of them never reported its counts. */
function remainingMs(observation: Observation, journal: Journal): number | undefined {
  const nodes = (journal.shares ?? []).map(({ pod }) => observation.nodes.get(pod));
  if (nodes.some((node) => node && knownLoadOf(node, observation.at).seenAt === null)) return undefined;
  if (nodes.every(isDrained)) return 0;
  return Math.max(1, Math.ceil(remainingTimeMs(observation, journal) / 1000)) * 1000;
}

/** Devices that are connected to no node, of those that were. */
function awayOf(observation: Observation, journal: Journal): number | undefined {
  return journal.fleet && devicesAway({ observation, journal });
}

function loadOfSet(observation: Observation, name: string): SetLoad {
  const set = setOf(observation.cluster, name);
  return {
    set: name,
    replicas: set?.replicas ?? 0,
    ready: set?.readyReplicas ?? 0,
    // Where there is no set yet, there are no devices to count.
    ...(name === '' ? UNKNOWN : knownLoadOfSet(observation, name)),
  };
}
