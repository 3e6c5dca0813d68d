import type { SimulatedClock } from '../clock';

const SECOND_MS = 1_000;

/**
 * How many connections the listener of a node accepts per second: EMQX's `max_conn_rate`, a bucket that is filled again each second.
 *
 * Further connections wait in the queue of the kernel: TCP is connected, and the CONNECT is not read before a later second. From
 * EMQX 5.8.6 on they are accepted and closed at once. That the queue is limited (EMQX: 1,024 connections) is not modelled.
 *
 * @see EMQX 5.8.6 change log (#14219); esockd, `esockd_limiter`
 */
export class AcceptLimit {
  private second = Number.NEGATIVE_INFINITY;
  private used = 0;
  private waiting: (() => void)[] = [];
  private isFilling = false;

  /**
   * @param closes whether it closes the connections that are too many
   * @param perSecond may be changed at any time. Undefined: no limit
   * @param phaseMs when in each second the bucket is filled: each node has its own
   */
  constructor(
    private readonly clock: SimulatedClock,
    private readonly closes: boolean,
    public perSecond: number | undefined,
    private readonly phaseMs: number,
  ) {}

  /** How many connections wait in the queue. */
  get queued(): number {
    return this.waiting.length;
  }

  /** Whether a new connection stays open. */
  accepts(): boolean {
    return !this.closes || this.take();
  }

  /** Has `accepted` called when the CONNECT of a new connection is read, and returns true; false where it is read at once. */
  later(accepted: () => void): boolean {
    if (this.closes || (this.waiting.length === 0 && this.take())) return false;
    this.waiting.push(accepted);
    this.fillLater();
    return true;
  }

  /** The process has ended. Nobody answers those that wait. */
  clear(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const ended of waiting) ended();
  }

  private take(): boolean {
    if (this.perSecond === undefined) return true;
    const second = Math.floor((this.clock.now() - this.phaseMs) / SECOND_MS);
    if (second !== this.second) this.used = 0;
    this.second = second;
    if (this.used >= this.perSecond) return false;
    this.used++;
    return true;
  }

  private fillLater(): void {
    if (this.isFilling) return;
    this.isFilling = true;
    this.clock.schedule(SECOND_MS - ((this.clock.now() - this.phaseMs) % SECOND_MS), () => {
      this.isFilling = false;
      while (this.waiting.length > 0 && this.take()) this.waiting.shift()!();
      if (this.waiting.length > 0) this.fillLater();
    });
  }
}
