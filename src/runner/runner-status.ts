import { isKubeError, type KubeApi } from '../kubernetes';
import type { ConfigMap } from '../kubernetes/core-objects';
import { FollowedApi } from '../kubernetes/followed-api';
import { UpgradeLease } from '../kubernetes/lease';
import { formatProblem } from '../resource';
import { doesFollow, FOLLOWS_ANNOTATION } from '../resource/runner-lease';
import { RUNNER_NAME, readPolicy } from '../resource/runner-policy';
import type { Clock, LeaseView } from '../upgrade';
import { recordsIn, recordsRef, waitOf } from './records';
import type { ClusterRef } from './sighting';
import type { Wait } from './waits';

/** A runner as it is seen from outside, and what it has found about one cluster. */
export interface RunnerStatus {
  /** Of the runner. */
  namespace: string;
  /** Why it could not be read; nothing else is known then. */
  unknown?: string;
  /** The process that works; null where none does. */
  lease?: LeaseView | null;
  /** Whether it follows the cluster; null before it has said so. */
  isFollowed?: boolean | null;
  /** All that is wrong with its policy: then it takes nothing up. */
  policyProblems?: string[];
  /** What the cluster waits for, or what stopped its upgrade; null where it waits for nothing. */
  wait?: Wait | null;
}

/**
 * Reads what the runner of a namespace says about a cluster.
 *
 * @param home namespace of the runner
 * @returns undefined where there is no runner
 */
export async function runnerStatusOf(
  api: KubeApi,
  clock: Clock,
  home: string,
  cluster: ClusterRef,
): Promise<RunnerStatus | undefined> {
  try {
    const map = await api.get<ConfigMap>(recordsRef(home)).catch((error: unknown) => {
      if (isKubeError(error, 'NotFound')) return undefined;
      throw error;
    });
    const records = recordsIn(map);
    const lease = new UpgradeLease(new FollowedApi(api, clock), clock, home, RUNNER_NAME);
    const { view, annotations } = await lease.viewWithAnnotations({ fresh: true });
    const follows = annotations[FOLLOWS_ANNOTATION];
    // A runner that was started by hand may have no policy.
    if (!map && !view) return undefined;
    const reading = readPolicy(records.policy, records.otherKeys);
    return {
      namespace: home,
      lease: view ?? null,
      isFollowed: follows === undefined ? null : doesFollow(follows, cluster.namespace),
      policyProblems: 'problems' in reading ? reading.problems.map(formatProblem) : [],
      wait: waitOf(records, cluster) ?? null,
    };
  } catch (error) {
    return { namespace: home, unknown: (error as Error).message };
  }
}
