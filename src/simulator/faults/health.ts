import type { Clock } from '../../upgrade';

/**
 * A clock that goes only while the engine can do what it promises: somebody who lives holds the lease, and nothing stands between him
 * and the cluster. By it is measured how long the engine may take to react.
 */
export class Health {
  private elapsed = 0;
  private since: number;
  private was = false;
  private disturbedUntil = 0;

  /** @param driven whether a process that lives holds the lease */
  constructor(
    private readonly clock: Clock,
    private readonly driven: () => boolean,
  ) {
    this.since = clock.now();
  }

  /** Something stands in the way for so long. */
  disturb(ms: number): void {
    this.tick();
    this.disturbedUntil = Math.max(this.disturbedUntil, this.clock.now() + ms);
    this.was = false;
  }

  /** Until then something stands in the way, ms since the epoch. */
  get until(): number {
    return this.disturbedUntil;
  }

  /** Undisturbed milliseconds so far. */
  tick(): number {
    const now = this.clock.now();
    if (this.was) this.elapsed += now - this.since;
    this.since = now;
    this.was = now >= this.disturbedUntil && this.driven();
    return this.elapsed;
  }
}
