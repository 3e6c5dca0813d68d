import { isKubeError, type KubeApi, type ObjectRef } from '../../kubernetes/kube-api';
import { ON_SERVING_GATE } from '../../resource';
import type { Pod, PodCondition } from '../kubernetes/core-types';

/** The operator's readiness gate on a pod; undefined when the pod has none yet. */
export function gateOf(pod: Pod): PodCondition | undefined {
  return pod.status?.conditions?.find(({ type }) => type === ON_SERVING_GATE);
}

/**
 * Writes the one condition and leaves the others alone: what a strategic merge patch does, by reading, changing, and again
 * when someone else was quicker. What someone else wrote into the gate is lost.
 *
 * @param gate what is written, given what stands there now
 */
export async function patchGate(
  { api, signal }: { api: KubeApi; signal: AbortSignal },
  ref: ObjectRef,
  pod: Pod,
  gate: (old: PodCondition | undefined) => PodCondition,
): Promise<void> {
  for (let latest = pod; ; latest = await api.get<Pod>(ref, signal)) {
    const conditions = latest.status?.conditions ?? [];
    const old = gateOf(latest);
    const next = old ? conditions.map((each) => (each === old ? gate(old) : each)) : [...conditions, gate(undefined)];
    const body = { metadata: { resourceVersion: latest.metadata.resourceVersion }, status: { conditions: next } };
    try {
      await api.patch(ref, { type: 'merge', body }, { subresource: 'status' }, signal);
      return;
    } catch (error) {
      if (!isKubeError(error, 'Conflict')) throw error;
    }
  }
}
