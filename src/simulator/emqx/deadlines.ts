import type { SimulatedClock } from '../clock';

interface Queue<T> {
  /** Items in the order of their deadlines: all of one queue wait equally long. */
  readonly due: Map<T, number>;
  armed: boolean;
}

/**
 * Calls back for items that waited long enough, unless they were taken out before.
 *
 * Meant for many items that wait equally long (offline sessions): one timer for each length, none for each item.
 */
export class Deadlines<T> {
  private readonly queues = new Map<number, Queue<T>>();

  constructor(
    private readonly clock: SimulatedClock,
    private readonly expired: (item: T) => void,
  ) {}

  /** Starts the wait of `item`, which waits for nothing else. */
  start(item: T, waitMs: number): void {
    const queue: Queue<T> = this.queues.get(waitMs) ?? { due: new Map(), armed: false };
    this.queues.set(waitMs, queue);
    queue.due.set(item, this.clock.now() + waitMs);
    this.arm(waitMs, queue);
  }

  /** Ends the wait that was started with the same length. */
  cancel(item: T, waitMs: number): void {
    this.queues.get(waitMs)?.due.delete(item);
  }

  private arm(waitMs: number, queue: Queue<T>): void {
    if (queue.armed) return;
    const next = queue.due.values().next();
    if (next.done) {
      this.queues.delete(waitMs);
      return;
    }
    queue.armed = true;
    this.clock.schedule(next.value - this.clock.now(), () => {
      queue.armed = false;
      for (const [item, at] of queue.due) {
        if (at > this.clock.now()) break;
        queue.due.delete(item);
        this.expired(item);
      }
      this.arm(waitMs, queue);
    });
  }
}
