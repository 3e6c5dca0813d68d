import type { SimulatedClock } from '../clock';

const CACHE_MS = 5000;
/** Limits up to this one are exact; above it a tenth more is let through. */
const EXACT_LIMIT = 25;

/**
 * The connection limit of an EMQX Enterprise license, for the whole cluster.
 *
 * It goes by live connections as they were up to 5 s ago, and lets a tenth more through.
 */
export class License {
  private count = 0;
  private countedAt = Number.NEGATIVE_INFINITY;

  constructor(
    /** The licensed number of connections. */
    readonly maxConnections: number,
    private readonly clock: SimulatedClock,
    private readonly liveConnections: () => number,
  ) {}

  /** Whether one more client may connect. */
  admits(): boolean {
    const now = this.clock.now();
    if (now - this.countedAt >= CACHE_MS) {
      this.count = this.liveConnections();
      this.countedAt = now;
    }
    const limit = this.maxConnections <= EXACT_LIMIT ? this.maxConnections : Math.floor(this.maxConnections * 1.1);
    return this.count < limit;
  }
}
