import { nodesOf, type Observation } from './observation';

/** Older samples are dropped, ms. */
const WINDOW_MS = 10_000;

interface Seen {
  /** The nodes reported their counts between these two moments, ms since the epoch. */
  from: number;
  to: number;
  connections: ReadonlyMap<string, number>;
}

/**
 * The most disconnects in a second, as far as polling shows: of the disconnects between two observations at least
 * one second had the average. So it is never more than the true peak; what a device saw only the device knows.
 */
export class Peak {
  /** Per second; 0 while no disconnect was seen. */
  value = 0;
  private seen: Seen[] = [];

  /** @param source the set that is evacuated */
  observe(observation: Observation, source: string): void {
    const now = liveOn(observation, source);
    if (!now) return;
    for (const before of this.seen) {
      const seconds = Math.ceil((now.to - before.from) / 1000);
      if (seconds > 0) this.value = Math.max(this.value, Math.floor(disconnects(before, now) / seconds));
    }
    this.seen = [...this.seen, now].filter(({ from }) => now.to - from <= WINDOW_MS);
  }
}

/** Nodes that evacuate report current counts; those of others are seconds old. */
function liveOn(observation: Observation, source: string): Seen | undefined {
  const nodes = nodesOf(observation, source).filter((node) => node.evacuating && node.unreachable === undefined);
  if (nodes.length === 0) return undefined;
  const times = nodes.map((node) => node.seenAt ?? observation.at);
  return {
    from: Math.min(...times),
    to: Math.max(...times),
    connections: new Map(nodes.map((node) => [node.pod, node.connections])),
  };
}

function disconnects(before: Seen, now: Seen): number {
  let sum = 0;
  for (const [pod, connections] of now.connections)
    sum += Math.max(0, (before.connections.get(pod) ?? connections) - connections);
  return sum;
}
