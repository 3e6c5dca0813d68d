import { isKubeError, type KubeObject } from '../../../kubernetes/kube-api';
import { kinds } from '../../kubernetes/kinds';
import { isTrue } from './conditions';
import type { EmqxPass } from './pass';
import { core, replicant, type SetObject, setsOf } from './roles';

/**
 * Deletes the oldest sets beyond `revisionHistoryLimit` that are neither update nor current set, when the cluster is Ready. Those
 * that have pods, or are to have some, are passed over. With a set of cores its volume claims are deleted.
 *
 * @see EMQX Operator 2.2.29, `sync_sets.go`: read; measured with a limit of 0
 */
export async function syncSets(pass: EmqxPass): Promise<void> {
  if (!isTrue(pass.status, 'Ready')) return;
  for (const role of [replicant, core]) {
    const { old } = await setsOf(pass, role);
    const beyond = old.slice(0, Math.max(0, old.length - (pass.instance.spec.revisionHistoryLimit ?? 3)));
    for (const set of beyond.filter(isEmpty)) {
      await remove(pass, set);
      if (role === core) await removeClaims(pass, set);
    }
  }
}

function isEmpty({ metadata, spec, status }: SetObject): boolean {
  const isSeen = (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0);
  return (status?.replicas ?? 0) === 0 && spec.replicas === 0 && isSeen && !metadata.deletionTimestamp;
}

async function removeClaims(pass: EmqxPass, set: SetObject): Promise<void> {
  const { api, signal } = pass.options;
  const query = { namespace: pass.namespace, labels: set.spec.selector.matchLabels, ...kinds.volumeClaim };
  for (const claim of (await api.list(query, signal)).items) {
    if (!claim.metadata.deletionTimestamp) await remove(pass, claim);
  }
}

async function remove(pass: EmqxPass, object: KubeObject): Promise<void> {
  const { api, signal } = pass.options;
  try {
    await api.delete(pass.ref(object, object.metadata.name), {}, signal);
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
  }
}
