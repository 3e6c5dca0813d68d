import { nodeNameOf } from '../../../resource';
import type { Pod, StatefulSet } from '../../kubernetes/core-types';
import { kinds } from '../../kubernetes/kinds';
import { StatefulSetNotReady } from '../failure';
import type { Pass } from './pass';

/**
 * The cluster's stateful sets that have replicas asked of them: the largest first, of equal ones the newest.
 *
 * @throws StatefulSetNotReady when there are none
 */
export async function listStatefulSets(pass: Pass): Promise<StatefulSet[]> {
  const { api, signal } = pass.options;
  const query = { namespace: pass.namespace, labels: pass.labels, ...kinds.statefulSet };
  const sets = (await api.list<StatefulSet>(query, signal)).items.filter((set) => set.spec.replicas !== 0);
  if (sets.length === 0) throw new StatefulSetNotReady();
  return sets.sort(bySizeThenNewest);
}

/** The pods of each set by the set's uid; those not called for are left out. */
export async function podsBySet(pass: Pass, sets: StatefulSet[]): Promise<Map<string, Pod[]>> {
  const { api, signal } = pass.options;
  const pods = await api.list<Pod>({ namespace: pass.namespace, labels: pass.labels, ...kinds.pod }, signal);
  const bySet = new Map<string, Pod[]>(sets.map((set) => [set.metadata.uid as string, []]));
  for (const pod of pods.items) {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
    bySet.get(owner?.uid ?? '')?.push(pod);
  }
  for (const own of bySet.values()) own.sort(byNameDescending);
  return bySet;
}

/**
 * The sets that are wholly in the EMQX cluster: as many of their pods run, in Kubernetes and in EMQX's own view, as the
 * set counts `currentReplicas`. A set with a pod that is being deleted and still runs is not among them.
 *
 * @throws StatefulSetNotReady when there are none
 */
export async function setsInCluster(pass: Pass): Promise<StatefulSet[]> {
  const sets = await listStatefulSets(pass);
  const pods = await podsBySet(pass, sets);
  const running = new Set(
    (pass.status.emqxNodes ?? []).flatMap(({ node, node_status }) => (node_status === 'Running' ? [node] : [])),
  );
  const inCluster = sets.filter((set) => {
    const own = (pods.get(set.metadata.uid as string) ?? []).filter((pod) => pod.status?.phase === 'Running');
    const joined = own.filter((pod) => running.has(nodeNameOf(pass.instance, pod.metadata.name)));
    return joined.length === (set.status?.currentReplicas ?? 0);
  });
  if (inCluster.length === 0) throw new StatefulSetNotReady();
  return inCluster;
}

/** Sorts names as texts: `-9` comes before `-10`. */
export function byNameDescending(a: Pod, b: Pod): number {
  return a.metadata.name < b.metadata.name ? 1 : -1;
}

function bySizeThenNewest(a: StatefulSet, b: StatefulSet): number {
  const size = (b.spec.replicas ?? 0) - (a.spec.replicas ?? 0);
  const age = (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '');
  return size || age || (a.metadata.name < b.metadata.name ? 1 : -1);
}
