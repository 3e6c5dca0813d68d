import type { KubeObject, ListQuery, WatchEvent } from '../../kubernetes/kube-api';
import { copy } from './json';
import { matches, type StoreChange } from './object-store';

/**
 * One watch: a queue between the store, which puts changes in as they happen, and the code that iterates.
 *
 * An object whose labels come to match the query appears as ADDED, one whose labels cease to as DELETED.
 */
export class WatchStream<T extends KubeObject> {
  private readonly queue: WatchEvent<T>[] = [];
  private waiting: (() => void) | undefined;
  private ended: { error?: Error } | undefined;

  /** @param touch is called when waiting code may continue. */
  constructor(
    private readonly query: ListQuery,
    private readonly touch: () => void,
  ) {}

  add(change: StoreChange): void {
    const before = change.previous !== undefined && matches(change.previous, this.query);
    const after = change.type !== 'DELETED' && matches(change.object, this.query);
    if (!before && !after) return;
    const type = before && after ? 'MODIFIED' : after ? 'ADDED' : 'DELETED';
    this.queue.push({ type, object: copy(change.object) as T });
    this.wake();
  }

  /** Ends the iteration behind what is queued; with an error, by throwing it. */
  end(error?: Error): void {
    this.ended ??= error ? { error } : {};
    this.wake();
  }

  async *events(): AsyncGenerator<WatchEvent<T>, void> {
    for (;;) {
      const next = this.queue.shift();
      if (next) {
        yield next;
      } else if (this.ended) {
        if (this.ended.error) throw this.ended.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.waiting = resolve;
        });
      }
    }
  }

  private wake(): void {
    this.waiting?.();
    this.waiting = undefined;
    this.touch();
  }
}
