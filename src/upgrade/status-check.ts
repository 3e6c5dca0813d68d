import { generationOf, HOLD_DELAY_SECONDS, versionOf } from '../resource';
import { blocker, type Finding, ok, warning } from './check';
import { blueOf, type ClusterView, nodesWanted, operatorReportOf, podsOf, replicasOf } from './observation';
import { isGreenWanted, isNative, isWaiting } from './second-set';
import { setWord } from './set-word';
import type { Target } from './target';

/** Whether a cluster without an open run is in a state from which an upgrade can begin. */
export function statusCheck(cluster: ClusterView, target: Target): Finding {
  const { condition, isRunning, readyNodes, upgrade } = operatorReportOf(cluster);
  const replicas = nodesWanted(cluster.resource);
  if ((isWaiting(cluster) || isNative(cluster)) && !isGreenWanted(cluster)) {
    return blocker(
      `${generationOf(cluster.resource).templateFields} (version ${versionOf(cluster.resource)}) does not match the new nodes: it was set back, or changed again`,
      '`emqx-blue-green rescue` finds out which nodes are to stay, and moves devices back to them where a cure is proven',
    );
  }
  if (isWaiting(cluster)) return waiting(cluster);
  if (isNative(cluster)) return native(cluster, target);
  if (upgrade) {
    return blocker(
      `the status reports an upgrade that the ${setWord(cluster)}s do not show`,
      'wait for the operator’s next pass',
    );
  }
  if (!isRunning || readyNodes !== replicas) {
    return blocker(
      `the cluster is not Running with ${replicas} ready nodes (${condition}, ready: ${readyNodes ?? 0})`,
      `get it to Running first: kubectl get ${generationOf(cluster.resource).plural}, pods and events shows what it waits for`,
    );
  }
  return ok(`Running, ${readyNodes} of ${replicas} nodes ready`);
}

function waiting(cluster: ClusterView): Finding {
  const text = 'the operator is held, with new nodes in place';
  const { left, wanted } = oldPods(cluster);
  if (left >= wanted) return ok(text);
  return warning(
    `${text}; ${left} old nodes are left, and the resource asks for ${wanted}`,
    'where the number was raised together with the version, all is well; otherwise the operator has removed the others before it was held, and the upgrade moves what is left',
  );
}

function native(cluster: ClusterView, target: Target): Finding {
  const { left, wanted } = oldPods(cluster);
  const { delayPath } = generationOf(cluster.resource);
  if (left < wanted) {
    return blocker(
      `the operator upgrades on its own and has removed ${wanted - left} of ${wanted} old pods, unless as many nodes were added together with the version`,
      `hold it, so that it removes no more: set ${delayPath} to ${HOLD_DELAY_SECONDS}; then the same command moves what is left. Or wait until it has ended`,
    );
  }
  if (target.driver !== 'pilot') {
    return blocker(
      'the operator upgrades on its own',
      'it can no longer be taken over: wait until it has ended, then check the cluster again',
    );
  }
  return warning(
    'the operator upgrades on its own, and no old pod is removed yet',
    'request the version it upgrades to: the operator is held at once, and the upgrade is taken over',
  );
}

/** Old pods that are left, and how many nodes the resource asks for: an operator on its own removes pods with whatever is on them. */
function oldPods(cluster: ClusterView): { left: number; wanted: number } {
  const blue = blueOf(cluster);
  const pods = blue ? podsOf(cluster, blue.name).filter((pod) => !pod.terminating) : [];
  return { left: Math.min(pods.length, blue?.replicas ?? 0), wanted: replicasOf(cluster) };
}
