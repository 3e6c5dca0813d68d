import { devicesAway } from './devices-away';
import type { Journal } from './journal';
import { knownLoadOfSet, sumOf } from './known-load';
import { greenOf, nodesOf, type Observation } from './observation';
import { Peak } from './peak';
import { type Reading, type RunSeries, withReadings } from './series';
import { setsOf } from './stages';

/** Readings are written with the journal; without any other write after this time, ms. Those of a process that dies are lost. */
const WRITE_EVERY_MS = 5 * 60_000;
/** Older counts of a node are not what it has at that moment, ms: nodes at rest are queried each 15 s. */
const OLD_MS = 30_000;

/** While one set is emptied, the sessions of the other one are counted now and then: older counts say nothing about that moment, ms. */
const COUNTED_MS = 2_000;

/** Collects the series of a run between two writes of the journal. */
export class SeriesRecorder {
  private readings: Reading[] = [];
  private writtenAt: number | undefined;
  private readonly off = new Peak();
  private readonly onto = new Peak('onto');
  /** The last counts of the nodes, by pod. */
  private readonly counts = new Map<string, number>();

  observe(observation: Observation, journal: Journal): void {
    const { at } = observation;
    this.writtenAt ??= at;
    const green = greenOf(observation.cluster, journal)?.name ?? '';
    const [from, to] = journal.aborted ? [green, journal.from.set] : [journal.from.set, green];
    if (journal.driver === 'pilot') {
      this.off.observe(observation, from);
      this.onto.observe(observation, to);
    }
    const blues = setsOf(journal, 'from');
    const greens = [...new Set([...setsOf(journal, 'to'), ...(green === '' ? [] : [green])])];
    const known = nodesIn(observation, [...blues, ...greens]);
    this.readings.push({
      at,
      blue: loadOf(observation, blues),
      green: loadOf(observation, greens),
      away: awayOf(observation, journal),
      disconnectsPerSecond: this.off.latest,
      reconnectsPerSecond: this.onto.latest,
      nodes: known,
      ...this.moved(observation, known),
    });
  }

  /** Whether readings have waited long enough for a write. */
  get isDue(): boolean {
    const last = this.readings.at(-1);
    return last !== undefined && last.at - (this.writtenAt ?? last.at) >= WRITE_EVERY_MS;
  }

  withNew(series: RunSeries | undefined): RunSeries | undefined {
    return withReadings(series, this.readings);
  }

  written(): void {
    this.writtenAt = this.readings.at(-1)?.at ?? this.writtenAt;
    this.readings = [];
  }

  /** How many devices have left nodes, and come to nodes, since the last counts of each. */
  private moved({ cluster }: Observation, known: Reading['nodes']): Pick<Reading, 'disconnects' | 'reconnects'> {
    let disconnects: number | null = null;
    let reconnects: number | null = null;
    for (const [pod, connections] of known) {
      const before = this.counts.get(pod);
      if (connections === null) continue;
      this.counts.set(pod, connections);
      if (before === undefined) continue;
      disconnects = (disconnects ?? 0) + Math.max(0, before - connections);
      reconnects = (reconnects ?? 0) + Math.max(0, connections - before);
    }
    const here = new Set(cluster.pods.map(({ name }) => name));
    for (const [pod, before] of this.counts) {
      if (here.has(pod)) continue;
      this.counts.delete(pod);
      disconnects = (disconnects ?? 0) + before;
    }
    return { disconnects, reconnects };
  }
}

/** Connections of the nodes of these sets; `null` for one that does not answer. */
function nodesIn(observation: Observation, sets: readonly string[]): Map<string, number | null> {
  const nodes = sets.flatMap((set) => nodesOf(observation, set));
  return new Map(
    nodes.map((node) => [node.pod, node.unreachable === undefined ? (node.live ?? node.connections) : null]),
  );
}

/** Unknown without sets, and where the counts of a node are old. */
function loadOf(observation: Observation, sets: readonly string[]): Reading['blue'] {
  const { at } = observation;
  const { connections, sessions, seenAt } = sumOf(
    sets.map((set) => knownLoadOfSet(observation, set)),
    at,
  );
  if (sets.length === 0 || seenAt === null || at - seenAt > OLD_MS) return { connections: null, sessions: null };
  const nodes = sets.flatMap((set) => nodesOf(observation, set));
  const isCounted = nodes.every(({ countedAt }) => countedAt === undefined || at - countedAt <= COUNTED_MS);
  return { connections, sessions: isCounted ? sessions : null };
}

/** Devices that are offline; unknown outside of the evacuation, and while a node does not answer. */
function awayOf(observation: Observation, journal: Journal): number | null {
  const { phase, fleet } = journal;
  if (!fleet || (phase !== 'evacuate' && phase !== 'return')) return null;
  if ([...observation.nodes.values()].some(({ unreachable }) => unreachable !== undefined)) return null;
  return devicesAway({ observation, journal });
}
