import { UpgradeError } from './errors';
import type { Journal, Phase } from './journal';
import type { ClusterMissing, ClusterPort } from './ports';

/** The cluster of a run was deleted. @param more what became of the rest */
export function deletedInRun(phase: Phase, cause: ClusterMissing, more = ''): UpgradeError {
  const reason = `the cluster was deleted in mid-run, in phase ${phase}: ${cause.message}${more}`;
  return new UpgradeError('DELETED', reason, 'a cluster that is created under the same name has no open run', {
    cause,
  });
}

/**
 * A run ends with its cluster. What survives that are the traffic Services: one that still selected the pods of a set that is gone would
 * lead no device to a cluster that is created under the same name.
 */
export async function endDeleted(
  cluster: ClusterPort,
  { phase, from, to, later = [], past = [], covered = [] }: Journal,
  cause: ClusterMissing,
  signal?: AbortSignal,
): Promise<UpgradeError> {
  const stages = [{ from, to }, ...later, ...past];
  const revisions = stages.flatMap(({ from, to }) => [from.revision, to?.revision ?? '']).filter(Boolean);
  const freed = await cluster.freeTraffic({ revisions, covered }, signal).then(
    () => 'the traffic Services select all pods of its name again',
    (error: Error) => `the traffic Services may still select the pods of one set: ${error.message}`,
  );
  return deletedInRun(phase, cause, `; ${freed}`);
}
