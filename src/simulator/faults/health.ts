import type { Clock } from '../../upgrade';

/**
 * A clock that runs only while the engine can keep its promises: a live process holds the lease, and nothing separates it from
 * the cluster. The engine's time to react is measured by it.
 */
export class Health {
  private elapsed = 0;
  private since: number;
  private was = false;
  private disturbedUntil = 0;

  /** @param driven whether a live process holds the lease */
  constructor(
    private readonly clock: Clock,
    private readonly driven: () => boolean,
  ) {
    this.since = clock.now();
  }

  /** The engine is hindered for this long. */
  disturb(ms: number): void {
    this.tick();
    this.disturbedUntil = Math.max(this.disturbedUntil, this.clock.now() + ms);
    this.was = false;
  }

  /** The engine is hindered until then, ms since the epoch. */
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
