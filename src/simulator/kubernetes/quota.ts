import { KubeApiError, type KubeObject } from '../../kubernetes/kube-api';
import type { Pod } from './core-types';

/** Of what a quota can count, only the pods are counted here. */
export interface ResourceQuota extends KubeObject {
  spec: { hard?: { pods?: string } };
  status?: { hard?: { pods?: string }; used?: { pods?: string } };
}

/** Refuses a pod for which a quota of its namespace has no room. @throws KubeApiError `Forbidden` */
export function admitPod(pod: Pod, quotas: readonly ResourceQuota[], pods: readonly Pod[]): void {
  const { name, namespace } = pod.metadata;
  const used = pods.filter(({ metadata }) => metadata.namespace === namespace).length;
  for (const { metadata, spec } of quotas) {
    const most = spec.hard?.pods;
    if (metadata.namespace !== namespace || most === undefined || used < Number(most)) continue;
    const reason = `exceeded quota: ${metadata.name}, requested: pods=1, used: pods=${used}, limited: pods=${most}`;
    throw new KubeApiError(403, 'Forbidden', `pods "${name}" is forbidden: ${reason}`);
  }
}
