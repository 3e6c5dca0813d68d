import { performance } from 'node:perf_hooks';
import type { Clock } from '../upgrade/ports';
import { Batch, EventQueue, type Lane, type Moment, type Timer } from './event-queue';

export type { Timer } from './event-queue';

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
  private readonly queue: EventQueue;
  private following: { since: number; origin: number; timer?: NodeJS.Timeout } | undefined;
  private wake = false;

  /** @param start ms since the epoch. @default 2026-01-01T00:00:00Z */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.time = start;
    this.queue = new EventQueue(Math.floor(start));
  }

  /** Milliseconds since the epoch, of the simulated world. */
  now(): number {
    if (this.following) {
      const { since, origin } = this.following;
      this.time = Math.max(this.time, origin + Math.floor(performance.now() - since));
    }
    return this.time;
  }

  /** When something is due next, for what drives the clock; undefined while nothing is scheduled. */
  get due(): number | undefined {
    return this.queue.first()?.at;
  }

  /** Runs `callback` after `delayMs` (≥ 0) of simulated time. */
  schedule(delayMs: number, callback: () => void): Timer {
    return this.push(delayMs, callback, false);
  }

  /**
   * A way to schedule many things of one kind, each by a number. `run` is called with all that are due at one time and were scheduled with
   * nothing else between them, in their order: so they keep their places among all else, and cost neither a closure nor a timer each.
   * They cannot be cancelled. `run` does not settle what other code waits for.
   */
  lane(run: Lane): (delayMs: number, item: number) => void {
    return (delayMs, item) => {
      const moment = this.momentIn(delayMs);
      moment.addItem(run, item);
      this.added(moment);
    };
  }

  /** Like `schedule`, for callbacks that settle promises others wait for. */
  scheduleWaking(delayMs: number, callback: () => void): Timer {
    return this.push(delayMs, callback, true);
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
      const moment = this.queue.first();
      if (!moment) {
        // One more turn: the last entry may have settled `main` without a wake.
        await turn();
        if (settled) return result;
        if (!this.queue.isEmpty) continue;
        throw new Error('simulation stuck: code is waiting, and nothing is scheduled');
      }
      if (moment.at > end) throw new Error(`simulation stuck: code still waits after ${atMostMs / 1000} s`);
      this.fire(moment);
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
    for (let next = this.queue.first(); next && next.at <= end; next = this.queue.first()) this.fire(next);
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
    const next = this.queue.first();
    if (!next) {
      delete following.timer;
      return;
    }
    following.timer = setTimeout(() => this.drain(), Math.max(0, next.at - this.now()));
  }

  private drain(): void {
    while (this.following) {
      const next = this.queue.first();
      if (!next || next.at > this.now()) break;
      this.fire(next);
    }
    this.rearm();
  }

  /** What is due next of a moment. */
  private fire(moment: Moment): void {
    this.time = Math.max(this.time, moment.at);
    const event = moment.current!;
    if (event instanceof Batch) {
      event.isOver = true;
      event.run(event.items);
      return;
    }
    const { run } = event;
    event.run = undefined;
    if (event.wakes) this.wake = true;
    run?.();
  }

  private push(delayMs: number, callback: () => void, wakes: boolean): Timer {
    const moment = this.momentIn(delayMs);
    const entry = moment.addEntry(callback, wakes);
    this.added(moment);
    return entry;
  }

  private momentIn(delayMs: number): Moment {
    return this.queue.moment(this.now() + Math.max(0, delayMs));
  }

  private added(moment: Moment): void {
    if (this.following && this.queue.first() === moment && moment.isSingle) this.rearm();
  }
}

/** Real time: a second is a second. */
export const followWallClock: Drive = (clock) => clock.follow();

/** One turn of the event loop: every promise reaction that can run has run when it resolves. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
