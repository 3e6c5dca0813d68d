import type { SimulatedClock } from '../../clock';
import { newMetrics } from '../metrics';
import type { Session, SessionHome } from '../session';

/** Each node counts the sleepers anew after this long. */
const COUNT_MS = 5_000;

/**
 * Durable sessions that no client uses: they are on no node. Each node knows how many there are in the whole cluster, as of its last
 * count.
 */
export class Sleepers implements SessionHome {
  readonly nodeName = 'durable storage';
  readonly metrics = newMetrics();
  private readonly sessions = new Set<Session>();
  /** How many there were from a moment on; the last is now. Older ones than a node may still report are left out. */
  private history: { at: number; count: number }[] = [];

  constructor(private readonly clock: SimulatedClock) {}

  get count(): number {
    return this.sessions.size;
  }

  /** How many there are to a node whose counts began at `since`. */
  countSeenSince(since: number): number {
    const now = this.clock.now();
    const countedAt = since + Math.floor((now - since) / COUNT_MS) * COUNT_MS;
    return this.history.findLast(({ at }) => at <= countedAt)?.count ?? 0;
  }

  enter(session: Session): void {
    session.home = this;
    this.sessions.add(session);
    this.note();
  }

  leave(session: Session): void {
    this.sessions.delete(session);
    this.note();
  }

  disconnected(): void {}

  subscriptionsChanged(): void {}

  private note(): void {
    const now = this.clock.now();
    const entry = { at: now, count: this.count };
    if (this.history.at(-1)?.at === now) this.history[this.history.length - 1] = entry;
    else this.history.push(entry);
    const [, second] = this.history;
    if (second && second.at <= now - 2 * COUNT_MS) {
      const oldest = this.history.findLastIndex(({ at }) => at <= now - COUNT_MS);
      this.history = this.history.slice(oldest);
    }
  }
}
