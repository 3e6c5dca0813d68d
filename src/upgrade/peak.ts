import { nodesOf, type Observation } from './observation';

/** Older samples are dropped, ms. */
const WINDOW_MS = 10_000;

interface Seen {
  /** The nodes reported their counts between these two moments, ms since the epoch. */
  from: number;
  to: number;
  connections: ReadonlyMap<string, number>;
}

/** Which way devices go: off the nodes that are evacuated, or onto those that take them. */
type Direction = 'off' | 'onto';

/**
 * The most disconnects in a second, as far as polling shows: of the disconnects between two observations at least
 * one second had the average. So it is never more than the true peak; what a device saw only the device knows.
 * The same for reconnects.
 */
export class Peak {
  /** Per second; 0 while none was seen. */
  value = 0;
  /** The same of the last seconds alone; `null` where the nodes did not report it. */
  latest: number | null = null;
  private seen: Seen[] = [];

  constructor(private readonly direction: Direction = 'off') {}

  /** @param set that is evacuated, or that takes devices */
  observe(observation: Observation, set: string): void {
    const now = liveOn(observation, set, this.direction);
    this.latest = null;
    if (!now) return;
    for (const before of this.seen) {
      const seconds = Math.ceil((now.to - before.from) / 1000);
      if (seconds > 0) this.latest = Math.max(this.latest ?? 0, Math.floor(this.moved(before, now) / seconds));
    }
    this.value = Math.max(this.value, this.latest ?? 0);
    this.seen = [...this.seen, now].filter(({ from }) => now.to - from <= WINDOW_MS);
  }

  private moved(before: Seen, now: Seen): number {
    const sign = this.direction === 'off' ? -1 : 1;
    let sum = 0;
    for (const [pod, connections] of now.connections)
      sum += Math.max(0, sign * (connections - (before.connections.get(pod) ?? connections)));
    return sum;
  }
}

/** Nodes that evacuate report current counts; those of others are seconds old, except where they are asked for the current ones. */
function liveOn(observation: Observation, set: string, direction: Direction): Seen | undefined {
  const nodes = nodesOf(observation, set).filter(
    (node) => node.unreachable === undefined && (direction === 'off' ? node.evacuating : node.live !== undefined),
  );
  if (nodes.length === 0) return undefined;
  const times = nodes.map((node) => node.seenAt ?? observation.at);
  return {
    from: Math.min(...times),
    to: Math.max(...times),
    connections: new Map(
      nodes.map((node) => [node.pod, direction === 'off' ? node.connections : (node.live ?? node.connections)]),
    ),
  };
}
