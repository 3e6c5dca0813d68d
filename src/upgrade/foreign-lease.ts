import type { LeaseView } from './observation';

/** That somebody else upgrades a cluster at this moment, and what to do then; undefined when nobody else does. */
export function foreignLease(
  lease: LeaseView | undefined,
  holder: string,
  cluster: string,
): { finding: string; fix: string } | undefined {
  if (!lease?.live || lease.holder === holder) return undefined;
  return {
    finding: `${lease.holder} has been upgrading ${cluster} since ${new Date(lease.acquiredAt).toISOString()}`,
    fix: 'wait for it (`emqx-blue-green attach` watches it), or stop it there; a run whose process is gone is free after 30 s',
  };
}
