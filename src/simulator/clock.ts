import { performance } from 'node:perf_hooks';
import type { Clock } from '../upgrade/ports';

/** A scheduled callback that can be cancelled. */
export interface Timer {
  cancel(): void;
}

class Entry implements Timer {
  constructor(
    readonly at: number,
    /** Ties are broken by order of scheduling, so that a run is the same run every time. */
    readonly order: number,
    public run: (() => void) | undefined,
    /** Whether code that waits on promises may continue because of this entry. */
    readonly wakes: boolean,
  ) {}

  cancel(): void {
    this.run = undefined;
  }
}

/** What moves a clock on while the world around it is real, as sockets are. Returns the function that ends it. */
export type Drive = (clock: SimulatedClock) => () => void;

/**
 * The simulator's one clock: a queue of callbacks ordered by time, that runs as fast as it can (`run`), follows the
 * wall clock (`follow`), or is advanced from outside (`pass`).
 *
 * - `schedule` is for the simulated world itself: a plain function, run at its time, nothing else happens meanwhile.
 * - `sleep` is for code that also runs outside of the simulator (the engine, the operator): after it wakes, all promise
 *   reactions are let run before time moves on.
 * - With equal inputs the order of everything is equal: there is no other source of time.
 */
export class SimulatedClock implements Clock {
  private time: number;
  private count = 0;
  private readonly heap: Entry[] = [];
  private following: { since: number; origin: number; timer?: NodeJS.Timeout } | undefined;
  private wake = false;

  /** @param start ms since the epoch. @default 2026-01-01T00:00:00Z */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.time = start;
  }

  /** Milliseconds since the epoch, of the simulated world. */
  now(): number {
    if (this.following) {
      const { since, origin } = this.following;
      this.time = Math.max(this.time, origin + Math.floor(performance.now() - since));
    }
    return this.time;
  }

  /** Runs `callback` after `delayMs` (≥ 0) of simulated time. */
  schedule(delayMs: number, callback: () => void): Timer {
    return this.push(this.now() + Math.max(0, delayMs), callback, false);
  }

  /** Like `schedule`, for callbacks that settle promises others wait for. */
  scheduleWaking(delayMs: number, callback: () => void): Timer {
    return this.push(this.now() + Math.max(0, delayMs), callback, true);
  }

  /** Resolves after `ms` of simulated time; rejects with the signal's reason when aborted before. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const onAbort = () => {
        timer.cancel();
        this.wake = true;
        reject(signal?.reason as Error);
      };
      const timer = this.scheduleWaking(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Tells the clock that something outside of its own callbacks settled a promise, so that waiting code runs first. */
  touch(): void {
    this.wake = true;
  }

  /**
   * Runs virtual time until `main` settles, and returns what it returns.
   *
   * @param atMostMs of simulated time: code that waits for what never comes would run forever. @default 24 hours
   * @throws Error when `main` still waits although nothing is scheduled, or after `atMostMs`
   */
  async run<T>(main: () => Promise<T>, atMostMs = 24 * 3_600_000): Promise<T> {
    if (this.following) throw new Error('this clock follows the wall clock');
    const end = this.time + atMostMs;
    let settled = false;
    const result = main().finally(() => {
      settled = true;
    });
    result.catch(() => undefined); // the caller gets it by the return below
    this.wake = true;
    for (;;) {
      if (this.wake) {
        this.wake = false;
        await turn();
        if (settled) return result;
        if (this.wake) continue;
      }
      const entry = this.pop();
      if (!entry) {
        // One more turn: the last entry may have settled `main` without a wake.
        await turn();
        if (settled) return result;
        if (this.heap.length > 0) continue;
        throw new Error('simulation stuck: code is waiting, and nothing is scheduled');
      }
      if (entry.at > end) throw new Error(`simulation stuck: code still waits after ${atMostMs / 1000} s`);
      this.fire(entry);
    }
  }

  /** Runs virtual time for `ms`. */
  advance(ms: number): Promise<void> {
    return this.run(() => this.sleep(ms), ms);
  }

  /**
   * Advances time by `ms` at once: what is due by then runs, each callback at its time. Code that waits on promises continues after
   * it, and not in between.
   */
  pass(ms: number): void {
    if (this.following) throw new Error('this clock follows the wall clock');
    const end = this.time + ms;
    for (let next = this.top(); next && next.at <= end; next = this.top()) {
      this.removeTop();
      this.fire(next);
    }
    this.time = end;
  }

  /**
   * Follows the wall clock from now on: each callback runs when its time has come, never early.
   * Returns the function that stops following; callbacks not yet due stay queued.
   */
  follow(): () => void {
    if (this.following) throw new Error('this clock already follows the wall clock');
    this.following = { since: performance.now(), origin: this.time };
    this.rearm();
    return () => this.unfollow();
  }

  private unfollow(): void {
    if (!this.following) return;
    clearTimeout(this.following.timer);
    this.now();
    this.following = undefined;
  }

  private rearm(): void {
    const following = this.following;
    if (!following) return;
    clearTimeout(following.timer);
    const next = this.top();
    if (!next) {
      delete following.timer;
      return;
    }
    following.timer = setTimeout(() => this.drain(), Math.max(0, next.at - this.now()));
  }

  private drain(): void {
    while (this.following) {
      const next = this.top();
      if (!next || next.at > this.now()) break;
      this.removeTop();
      this.fire(next);
    }
    this.rearm();
  }

  private fire(entry: Entry): void {
    this.time = Math.max(this.time, entry.at);
    const run = entry.run;
    entry.run = undefined;
    if (entry.wakes) this.wake = true;
    run?.();
  }

  private push(at: number, callback: () => void, wakes: boolean): Timer {
    const entry = new Entry(at, this.count++, callback, wakes);
    const heap = this.heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
    if (this.following && heap[0] === entry) this.rearm();
    return entry;
  }

  /** Takes the next entry that was not cancelled. */
  private pop(): Entry | undefined {
    const top = this.top();
    if (top) this.removeTop();
    return top;
  }

  /** The next entry that was not cancelled; those before it are dropped. */
  private top(): Entry | undefined {
    for (;;) {
      const top = this.heap[0];
      if (!top || top.run) return top;
      this.removeTop();
    }
  }

  private removeTop(): void {
    const heap = this.heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && before(heap[right]!, heap[left]!) ? right : left;
      if (!before(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

/** Real time: a second is a second. */
export const followWallClock: Drive = (clock) => clock.follow();

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** One turn of the event loop: every promise reaction that can run has run when it resolves. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
