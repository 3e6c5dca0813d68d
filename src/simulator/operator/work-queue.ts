import { AnySignal } from '../../upgrade/any-signal';
import type { Clock } from '../../upgrade/ports';

/** Longest single sleep: timers of real clocks overflow beyond 24 days, and a hold lasts 63 years. */
const longestSleepMs = 3_600_000;

const backoff = { firstMs: 5, longestMs: 1_000_000 };

/**
 * The work queue of controller-runtime, for keys.
 *
 * - A key waits at most once with a delay: of two delays the sooner wins.
 * - A key added while it is worked on is worked on once more.
 * - An immediate add does not cancel a delay that is still running.
 */
export class WorkQueue {
  private readonly ready: string[] = [];
  private readonly processing = new Set<string>();
  private readonly dirty = new Set<string>();
  private readonly delayed = new Map<string, { at: number; replaced: AbortController }>();
  private readonly failures = new Map<string, number>();
  private wake: (() => void) | undefined;

  /** @param signal ends the queue. */
  constructor(
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => this.wake?.(), { once: true });
  }

  add(key: string): void {
    if (this.dirty.has(key)) return;
    this.dirty.add(key);
    if (this.processing.has(key)) return;
    this.ready.push(key);
    this.wake?.();
  }

  addAfter(key: string, delayMs: number): void {
    const at = this.clock.now() + delayMs;
    const waiting = this.delayed.get(key);
    if (waiting && waiting.at <= at) return;
    waiting?.replaced.abort();
    const replaced = new AbortController();
    this.delayed.set(key, { at, replaced });
    const either = new AnySignal(this.signal, replaced.signal);
    this.sleepUntil(at, either.signal).then(
      () => {
        either.release();
        this.delayed.delete(key);
        this.add(key);
      },
      () => either.release(), // ended, or a sooner delay took its place
    );
  }

  /** Adds a key after a failure: 5 ms the first time, then twice as long each time, at most 1000 s. */
  addRateLimited(key: string): void {
    const count = this.failures.get(key) ?? 0;
    this.failures.set(key, count + 1);
    this.addAfter(key, Math.min(backoff.firstMs * 2 ** count, backoff.longestMs));
  }

  /** The next failure of this key is its first. */
  forget(key: string): void {
    this.failures.delete(key);
  }

  /** The next key to work on; undefined when the queue has ended. */
  async next(): Promise<string | undefined> {
    for (;;) {
      if (this.signal.aborted) return undefined;
      const key = this.ready.shift();
      if (key !== undefined) {
        this.processing.add(key);
        this.dirty.delete(key);
        return key;
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  done(key: string): void {
    this.processing.delete(key);
    if (this.dirty.has(key)) this.ready.push(key);
  }

  private async sleepUntil(at: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const left = at - this.clock.now();
      if (left <= 0) return;
      await this.clock.sleep(Math.min(left, longestSleepMs), signal);
    }
  }
}
