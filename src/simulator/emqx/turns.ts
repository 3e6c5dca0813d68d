import type { Subscription } from './topic-router';

/** Whose turn it is in each group that shares a filter. */
export class Turns<S> {
  private readonly counts = new Map<string, number>();

  /** One of a group, each in its turn; one that is connected before those that are not. */
  next(key: string, group: readonly Subscription<S>[], isConnected: (subscriber: S) => boolean): Subscription<S> {
    const connected = group.filter(({ subscriber }) => isConnected(subscriber));
    const candidates = connected.length > 0 ? connected : group;
    const turn = this.counts.get(key) ?? 0;
    this.counts.set(key, turn + 1);
    return candidates[turn % candidates.length]!;
  }
}
