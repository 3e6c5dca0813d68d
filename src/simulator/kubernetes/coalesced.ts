import type { SimulatedClock } from '../clock';

/** Work that is done once, `delayMs` after the first of any number of requests. */
export class Coalesced {
  private pending = false;

  constructor(
    private readonly clock: SimulatedClock,
    private readonly delayMs: number,
    private readonly work: () => void,
  ) {}

  request(): void {
    if (this.pending) return;
    this.pending = true;
    this.clock.schedule(this.delayMs, () => {
      this.pending = false;
      this.work();
    });
  }
}
