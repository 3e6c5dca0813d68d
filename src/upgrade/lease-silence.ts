import type { LeaseView } from './observation';

/** A lease is valid for 30 s, and is renewed every 10 s; one renewal may be late. A process that is silent for this long is gone, ms. */
export const LEASE_SILENT_MS = 35_000;

/**
 * For how long no process has driven a run, by the changes of the lease that are seen. Its times are those of another machine's clock,
 * and say nothing here.
 */
export class LeaseSilence {
  private seen: string | undefined;
  private since = 0;
  private isFree = true;

  /** To be called each time the lease is read. @param now ms, on the clock of this process */
  observe(lease: Pick<LeaseView, 'holder' | 'expiresAt'> | undefined, now: number): void {
    const mark = lease ? `${lease.holder} ${lease.expiresAt}` : '';
    if (mark !== this.seen) [this.seen, this.since] = [mark, now];
    this.isFree = lease === undefined;
  }

  /** How long nothing has changed, ms. */
  ms(now: number): number {
    return now - this.since;
  }

  /** Whether nobody has the lease, or whoever has it is gone. */
  isOver(now: number): boolean {
    return this.isFree || this.ms(now) >= LEASE_SILENT_MS;
  }
}
