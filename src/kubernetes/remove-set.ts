import { INSTANCE_LABEL } from '../resource';
import type { NodeSet } from './core-objects';
import type { KubeApi, ObjectRef } from './kube-api';
import type { StillHeld } from './lease';

/**
 * Removes a set that has no pods, with the volume claims of its pods.
 *
 * @param cluster its name
 * @param revisionLabel of the pods, and of the claims
 */
export async function removeSet(
  api: KubeApi,
  ref: ObjectRef,
  cluster: string,
  revisionLabel: string,
  stillHeld: StillHeld,
  signal?: AbortSignal,
): Promise<void> {
  const { metadata } = await api.get<NodeSet>(ref, signal);
  const { namespace } = ref;
  const [apiVersion, kind] = ['v1', 'PersistentVolumeClaim'];
  const hash = metadata.labels?.[revisionLabel];
  // Without it the claims of other sets would be taken for its own.
  const labels = hash && { [INSTANCE_LABEL]: cluster, [revisionLabel]: hash };
  const claims = labels ? await api.list({ apiVersion, kind, namespace, labels }, signal) : { items: [] };
  stillHeld();
  await api.delete(ref, {}, signal);
  for (const { metadata: claim } of claims.items) {
    stillHeld();
    await api.delete({ apiVersion, kind, namespace, name: claim.name }, {}, signal);
  }
}
