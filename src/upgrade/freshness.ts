import type { HeldLease } from './held-lease';
import type { Phase } from './journal';
import type { Clock } from './ports';

/** Phases that last as long as there are devices to move: repeated reads add up there. */
const LONG: readonly Phase[] = ['evacuate', 'return'];

/** How long watches are trusted in them, ms; elsewhere as long as the lease lasts. */
const BELIEVED_MS = 60_000;

/**
 * Whether the watches may still be trusted: they may be late, or broken without an error, so everything is read again
 * from time to time. A write that conflicts with something newer shows it at once, and the heartbeats are such writes.
 */
export class Freshness {
  private isDoubtful = false;
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly lease: HeldLease,
  ) {}

  /** Something did not match what the watches reported. */
  invalidate(): void {
    this.isDoubtful = true;
  }

  /** Whether to read everything again. */
  mustRead(phase: Phase): boolean {
    // While this process did not hold the lease, another one may have changed everything.
    if (this.isDoubtful || !this.lease.isOurs) return true;
    const believedMs = LONG.includes(phase) ? BELIEVED_MS : 0;
    return this.lease.isDue && this.clock.now() - this.readAt >= believedMs;
  }

  /** Everything was read again. */
  refreshed(): void {
    this.isDoubtful = false;
    this.readAt = this.clock.now();
  }
}
