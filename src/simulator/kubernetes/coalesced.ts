import type { SimulatedClock } from '../clock';

/** Work that is done once, some time (ms) after the first of any number of requests. */
export class Coalesced {
  private pending = false;

  constructor(
    private readonly clock: SimulatedClock,
    private readonly delay: number | (() => number),
    private readonly work: () => void,
  ) {}

  request(): void {
    if (this.pending) return;
    this.pending = true;
    this.clock.schedule(typeof this.delay === 'number' ? this.delay : this.delay(), () => {
      this.pending = false;
      this.work();
    });
  }
}
