import type { Journal } from './journal';
import {
  activeSets,
  blueOf,
  devicesOn,
  greenOf,
  isDrained,
  loadOf,
  nodesOf,
  type Observation,
  setOf,
} from './observation';
import type { Sample, SetLoad } from './progress';

/** What a look at the cluster shows of a run; without one, of the sets there are. */
export function sampleOf(observation: Observation, journal: Journal | undefined): Sample {
  const { at, cluster } = observation;
  const blue = journal?.from.set ?? blueOf(cluster)?.name ?? '';
  const green = journal ? greenOf(cluster, journal) : activeSets(cluster).findLast((set) => set.name !== blue);
  const source = journal?.aborted ? (green?.name ?? '') : blue;
  const paused = journal?.paused !== undefined;
  const isEmptying = journal !== undefined && (journal.phase === 'evacuate' || journal.phase === 'return');
  return {
    at,
    phase: journal?.phase ?? 'done',
    blue: loadOfSet(observation, blue),
    // Its counters began with the run: unlike its statistics they are of this moment, and know no sessions that were moved.
    green: green && {
      ...loadOfSet(observation, green.name),
      connections: devicesOn(observation, green.name),
    },
    away: journal && isEmptying ? awayOf(observation, journal, blue, green?.name ?? '') : undefined,
    nodes: nodesOf(observation, source).map((node) => ({
      pod: node.pod,
      connections: node.connections,
      sessions: node.sessions,
      evacuating: node.evacuating,
      drained: isDrained(node),
    })),
    leftMs: isEmptying && !paused ? timeLeft(observation, journal) : undefined,
    capPerSecond: journal?.driver === 'pilot' ? journal.connectionCap : undefined,
    paused,
  };
}

/** Estimated ms until every node that is emptied is drained. */
export function timeLeft(observation: Observation, journal: Journal): number {
  const seconds = (journal.shares ?? []).map((part) => {
    const node = observation.nodes.get(part.pod);
    if (!node || isDrained(node)) return 0;
    const connections = Math.ceil(node.connections / part.connectionsPerSecond);
    const offline = Math.max(0, node.sessions - node.connections);
    return connections + (offline > 0 ? Math.ceil(offline / part.sessionsPerSecond) : 0);
  });
  return Math.max(0, ...seconds) * 1000;
}

/** Devices that are connected to neither set, of those that were. */
function awayOf(observation: Observation, { fleet }: Journal, blue: string, green: string): number | undefined {
  if (!fleet) return undefined;
  return Math.max(0, fleet.devices - devicesOn(observation, blue) - devicesOn(observation, green));
}

function loadOfSet(observation: Observation, name: string): SetLoad {
  const set = setOf(observation.cluster, name);
  return { set: name, replicas: set?.replicas ?? 0, ready: set?.readyReplicas ?? 0, ...loadOf(observation, name) };
}
