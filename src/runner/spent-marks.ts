import { isOutdated } from './approval';
import { markKey, type Records } from './records';
import type { Sighting } from './sighting';

/** What is known of the clusters with marks. */
interface Clusters {
  /** Whether this runner follows the namespace. */
  follows(namespace: string): boolean;
  /** Whether a cluster exists, by its key. */
  exists(key: string): boolean;
  /** What was seen of it; undefined while that is out of date, or something is done with it. */
  seen(key: string): Sighting | undefined;
}

/**
 * Marks that mean nothing any more, as keys of the ConfigMap. Whoever leaves them would have them mean something again later: an approval
 * counts for one upgrade, also for one that a laptop drives, and only the run that the runner has begun is its own. Pure.
 */
export function spentMarks({ approved, begun }: Records, { follows, exists, seen }: Clusters): string[] {
  const isSpent = (key: string, bySight: (cluster: Sighting) => boolean) => {
    if (!exists(key)) return follows(key.split('/')[1] ?? '');
    const cluster = seen(key);
    return cluster !== undefined && bySight(cluster);
  };
  return [
    ...[...approved]
      .filter(([key, approval]) =>
        isSpent(key, ({ run, last }) => {
          if (run) return run.target === approval.digest;
          if (isOutdated(approval, { last })) return true;
          // Of a run that was not seen while it was open. One that was aborted may be meant to be tried again.
          return approval.after === undefined && last?.target === approval.digest && !last.isAborted;
        }),
      )
      .map(([key]) => markKey('approved', key)),
    ...[...begun]
      .filter(([key, target]) => isSpent(key, ({ run }) => run?.target !== target))
      .map(([key]) => markKey('begun', key)),
  ];
}
