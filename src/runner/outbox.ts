import { backOffMs, type Clock } from '../upgrade';
import { within } from '../upgrade/time-limit';

export interface OutboxOptions<T> {
  clock: Clock;
  /** Sends one of them; rejects when it failed. */
  send: (item: T, signal: AbortSignal) => Promise<void>;
  /** Called for each that was given up: the queue was full, or every attempt failed. */
  dropped: (reason: string) => void;
  /** @default 500 */
  limit?: number;
  /** Attempts for each. @default 3 */
  tries?: number;
  /** Of one attempt. @default 10000 */
  timeoutMs?: number;
}

/**
 * Sends items one after the other, in their order, while others do their work: nobody waits for it. The queue is bounded; when it is full,
 * a new item is dropped.
 */
export class Outbox<T> {
  private readonly queue: T[] = [];
  private sending: Promise<void> | undefined;

  constructor(private readonly options: OutboxOptions<T>) {}

  put(item: T): void {
    const { limit = 500, dropped } = this.options;
    if (this.queue.length >= limit) {
      dropped(`more than ${limit} are waiting to be sent`);
      return;
    }
    this.queue.push(item);
    this.sending ??= this.sendAll().finally(() => {
      this.sending = undefined;
    });
  }

  /** Resolves when everything was sent or given up. */
  async settled(): Promise<void> {
    while (this.sending) await this.sending;
  }

  private async sendAll(): Promise<void> {
    for (let item = this.queue.shift(); item !== undefined; item = this.queue.shift()) await this.deliver(item);
  }

  private async deliver(item: T): Promise<void> {
    const { clock, send, tries = 3, timeoutMs = 10_000, dropped } = this.options;
    for (let failures = 1; ; failures++) {
      try {
        return await within(clock, timeoutMs, (signal) => send(item, signal));
      } catch (error) {
        if (failures >= tries) return dropped(error instanceof Error ? error.message : String(error));
        await clock.sleep(backOffMs(failures, 'outbox'));
      }
    }
  }
}
