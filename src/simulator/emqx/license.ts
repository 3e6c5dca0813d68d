import type { SimulatedClock } from '../clock';

const CACHE_MS = 5000;
/** Limits up to this one are exact; above it a tenth more is let through. */
const EXACT_LIMIT = 25;

/**
 * `community` is built into EMQX 5.9 and later, and is for a single node; `evaluation` is for 25 sessions.
 * The others are bought, or given for a trial.
 */
export type LicenseType = 'community' | 'evaluation' | 'trial' | 'official';

/** Sessions that the license `evaluation` allows. */
export const EVALUATION_SESSIONS = 25;

/**
 * The limit of an EMQX Enterprise license, for the whole cluster.
 *
 * It goes by live connections (by sessions from 5.8.5 on) as they were up to 5 s ago, and lets a tenth more through.
 */
export class License {
  private count = 0;
  private countedAt = Number.NEGATIVE_INFINITY;

  constructor(
    /** The licensed number of connections or sessions. */
    readonly maxConnections: number,
    private readonly clock: SimulatedClock,
    private readonly used: () => number,
  ) {}

  /** Whether one more client may connect. */
  admits(): boolean {
    const now = this.clock.now();
    if (now - this.countedAt >= CACHE_MS) {
      this.count = this.used();
      this.countedAt = now;
    }
    const limit = this.maxConnections <= EXACT_LIMIT ? this.maxConnections : Math.floor(this.maxConnections * 1.1);
    return this.count < limit;
  }
}
