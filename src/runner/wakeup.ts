import type { Clock } from '../upgrade';
import { AnySignal } from '../upgrade/any-signal';

/** Lets a loop sleep until something happens. */
export class Wakeup {
  private isDue = false;
  private waiting: AbortController | undefined;

  constructor(private readonly clock: Clock) {}

  /** Something has happened: the wait ends, or the next one does at once. */
  wake(): void {
    this.isDue = true;
    this.waiting?.abort();
  }

  /** Resolves when something has happened since the last wait, after `ms`, or when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.isDue) {
      this.waiting = new AbortController();
      const either = new AnySignal(signal, this.waiting.signal);
      try {
        await this.clock.sleep(ms, either.signal).catch(() => undefined);
      } finally {
        either.release();
      }
      this.waiting = undefined;
    }
    this.isDue = false;
  }
}
