import { PortError } from './ports';
import type { UpgradeContext } from './upgrade-context';

/** Another process holds the lease, and may be gone. */
export interface LeaseWait {
  holder: string;
  /** Time until it expires unless it is renewed, ms. */
  leftMs: number;
}

const POLL_MS = 1_000;

/** What is waited for, and how long at most. */
export function leaseWaitText({ holder, leftMs }: LeaseWait): string {
  return `the lease of ${holder}, free in ${Math.ceil(leftMs / 1_000)} s unless it is renewed`;
}

/**
 * Waits for a lease whose holder may be gone: until it has expired or was released. When it is renewed, its holder lives, and
 * waiting ends: the checks then name the holder.
 *
 * @param report is called each second while it waits
 */
export async function waitForLease(
  { clock, cluster, holder }: UpgradeContext,
  report: (wait: LeaseWait) => void,
  signal?: AbortSignal,
): Promise<void> {
  // A failed read is reported by the next observation, with what to do about it.
  const read = () =>
    cluster.readLease(signal).catch((error: unknown) => {
      if (!(error instanceof PortError)) throw error;
      return undefined;
    });
  const first = await read();
  for (let lease = first; lease?.live && lease.holder !== holder; lease = await read()) {
    if (lease.holder !== first?.holder || lease.expiresAt !== first.expiresAt) return;
    const { leftMs } = lease;
    report({ holder: lease.holder, leftMs });
    await clock.sleep(Math.min(POLL_MS, leftMs), signal);
  }
}
