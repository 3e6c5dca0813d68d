import type { LeaseView } from './observation';

/** That another process upgrades a cluster now, and what to do then; undefined when none does. */
export function foreignLease(
  lease: LeaseView | undefined,
  holder: string,
  cluster: string,
): { finding: string; fix: string } | undefined {
  if (!lease?.live || lease.holder === holder) return undefined;
  return {
    finding: `${lease.holder} has been upgrading ${cluster} since ${new Date(lease.acquiredAt).toISOString()}`,
    fix: 'wait for it (`emqx-blue-green attach` watches it), or stop it there; if its process is gone, the lease expires after 30 s',
  };
}
