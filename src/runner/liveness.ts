import type { LeaseView } from '../upgrade';
import { LEASE_SILENT_MS } from '../upgrade/lease-silence';

/**
 * What is known of the process that holds a lease.
 *
 * - `alive`: it has renewed the lease while it was watched.
 * - `unknown`: it was not watched for long enough.
 * - `gone`: it did not renew the lease for longer than the lease is valid.
 */
export type HolderState = 'alive' | 'unknown' | 'gone';

interface Watched {
  holder: string;
  expiresAt: number;
  changedAt: number;
  state: HolderState;
}

/**
 * Whether the holders of leases live, by the changes that are seen, on the clock of this process alone. The times in a lease are those
 * of another machine: compared with this one's clock they would make a live process look dead, or a dead one alive for minutes.
 */
export class Liveness {
  private readonly watched = new Map<string, Watched>();

  /**
   * To be called each time a lease is read.
   *
   * @param key which lease it is
   * @param now ms, on the clock of this process
   * @returns undefined for a lease that nobody holds
   */
  judge(key: string, lease: Pick<LeaseView, 'holder' | 'expiresAt'> | undefined, now: number): HolderState | undefined {
    if (!lease) {
      this.watched.delete(key);
      return undefined;
    }
    const { holder, expiresAt } = lease;
    const known = this.watched.get(key);
    const isSame = known?.holder === holder && known.expiresAt === expiresAt;
    if (isSame) {
      if (now - known.changedAt >= LEASE_SILENT_MS) known.state = 'gone';
      return known.state;
    }
    const state = known?.holder === holder ? 'alive' : 'unknown';
    this.watched.set(key, { holder, expiresAt, changedAt: now, state });
    return state;
  }

  /** Whether a process was found to be gone when a lease that it holds was read last. */
  isGone(holder: string): boolean {
    return [...this.watched.values()].some((one) => one.holder === holder && one.state === 'gone');
  }

  /** Forgets a lease. */
  forget(key: string): void {
    this.watched.delete(key);
  }
}
