import { UpgradeError } from './errors';
import type { Journal, Phase } from './journal';
import type { ClusterMissing, ClusterPort } from './ports';
import { stagesOf } from './stages';

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
export function freeTraffic(cluster: ClusterPort, journal: Journal, signal?: AbortSignal): Promise<void> {
  const revisions = stagesOf(journal).flatMap(({ from, to }) => [from.revision, to?.revision ?? '']);
  return cluster.freeTraffic({ revisions: revisions.filter(Boolean), covered: journal.covered ?? [] }, signal);
}

/** The error with which a run ends whose cluster was deleted, after that was done. */
export async function endDeleted(
  cluster: ClusterPort,
  journal: Journal,
  cause: ClusterMissing,
  signal?: AbortSignal,
): Promise<UpgradeError> {
  const freed = await freeTraffic(cluster, journal, signal).then(
    () => 'the traffic Services select all pods of its name again',
    (error: Error) => `the traffic Services may still select the pods of one set: ${error.message}`,
  );
  return deletedInRun(journal.phase, cause, `; ${freed}`);
}
