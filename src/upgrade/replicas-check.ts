import { generationOf } from '../resource';
import { blocker, type Finding, warning } from './check';
import { activeSets, type ClusterView, olderOf } from './observation';
import type { Target } from './target';

/**
 * Whether the number of nodes may change together with the template: the old set keeps its own, the new one is built with the other.
 *
 * @see EMQX Operator 2.2.29, v1beta4 `update_emqx_status.go`: of two sets it takes the smaller one for the old one
 */
export function replicasCheck(cluster: ClusterView, { live, desired }: Target): Finding {
  const { replicasOf: count, replicasPath, setKinds, takesSmallerForOld } = generationOf(live);
  const changed = setKinds.flatMap(({ role }) => {
    const sets = activeSets(cluster, role);
    // Once the new nodes are built the resource no longer shows how many there were.
    const before = sets.length > 1 ? (olderOf(cluster, sets)?.replicas ?? 0) : count(live, role);
    const after = count(desired, role);
    const text = `${setKinds.length > 1 ? `${role} ` : ''}replicas change from ${before} to ${after}`;
    return before === after ? [] : [{ path: replicasPath(role), before, after, text, isBuilt: sets.length > 1 }];
  });
  if (changed.length === 0) return undefined;
  const finding = `${changed.map(({ text }) => text).join(', ')} in the same step`;
  const fewer = changed.filter(({ before, after }) => after < before);
  if (takesSmallerForOld && fewer.length > 0) {
    const [{ path, before }] = fewer as [(typeof fewer)[number]];
    return blocker(
      `${finding}: the operator takes the smaller set for the old one, and would drain the new nodes`,
      `leave ${path} at ${before} (set it back, where it was changed already): then the upgrade can begin; lower it when that has ended`,
    );
  }
  const some = changed.filter(({ before, after }) => before === 0 || after === 0);
  if (some.length > 0) {
    return blocker(
      `${finding}: devices would connect to nodes of another role than before`,
      `leave ${some.map(({ path, before }) => `${path} at ${before}`).join(' and ')}, and change that when the upgrade has ended`,
    );
  }
  // Whether they were raised, or old nodes are gone, is what the check of the status says.
  if (changed.every(({ before, after, isBuilt }) => isBuilt && before < after)) return undefined;
  return warning(finding, 'the old nodes keep their number until they go; an abort restores it');
}
