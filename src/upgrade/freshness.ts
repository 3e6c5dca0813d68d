import type { HeldLease } from './held-lease';
import type { Phase } from './journal';
import type { Clock } from './ports';

/** Phases that last as long as there are devices to move: what is read again and again there adds up. */
const LONG: readonly Phase[] = ['evacuate', 'return'];

/** How long watches are believed in them, ms; elsewhere it is as long as the lease is kept. */
const BELIEVED_MS = 60_000;

/**
 * Whether what watches have reported may still be relied on: they may be late, or broken without a word, so that everything is read anew
 * now and then. A write that meets something newer shows it at once, and the heartbeats are such writes.
 */
export class Freshness {
  private isDoubtful = false;
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly lease: HeldLease,
  ) {}

  /** Something did not go as the watches made expect. */
  invalidate(): void {
    this.isDoubtful = true;
  }

  /** Whether to read everything anew. */
  mustRead(phase: Phase): boolean {
    // While the lease was not ours, somebody else may have changed everything.
    if (this.isDoubtful || !this.lease.isOurs) return true;
    const believedMs = LONG.includes(phase) ? BELIEVED_MS : 0;
    return this.lease.isDue && this.clock.now() - this.readAt >= believedMs;
  }

  /** Everything was read anew. */
  refreshed(): void {
    this.isDoubtful = false;
    this.readAt = this.clock.now();
  }
}
