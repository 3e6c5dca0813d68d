import { isKubeError, type KubeApi, type ObjectRef } from '../../kubernetes/kube-api';
import { ON_SERVING_GATE } from '../../resource';
import type { Pod, PodCondition } from '../kubernetes/core-types';

/** The operator's readiness gate on a pod; undefined when the pod has none yet. */
export function gateOf(pod: Pod): PodCondition | undefined {
  return podConditionOf(pod, ON_SERVING_GATE);
}

export function podConditionOf({ status }: Pod, wanted: string): PodCondition | undefined {
  return status?.conditions?.find(({ type }) => type === wanted);
}

/** Writes the gate, as {@link patchPodCondition} does. */
export function patchGate(
  by: { api: KubeApi; signal: AbortSignal },
  ref: ObjectRef,
  pod: Pod,
  gate: (old: PodCondition | undefined) => PodCondition,
): Promise<void> {
  return patchPodCondition(by, ref, pod, ON_SERVING_GATE, gate);
}

/**
 * Writes the one condition and leaves the others alone: what a strategic merge patch does, by reading, changing, and again
 * when someone else was quicker. What someone else wrote into it is lost.
 *
 * @param change what is written, given what stands there now
 */
export async function patchPodCondition(
  { api, signal }: { api: KubeApi; signal: AbortSignal },
  ref: ObjectRef,
  pod: Pod,
  type: string,
  change: (old: PodCondition | undefined) => PodCondition,
): Promise<void> {
  for (let latest = pod; ; latest = await api.get<Pod>(ref, signal)) {
    const conditions = latest.status?.conditions ?? [];
    const old = podConditionOf(latest, type);
    const next = old
      ? conditions.map((each) => (each === old ? change(old) : each))
      : [...conditions, change(undefined)];
    const body = { metadata: { resourceVersion: latest.metadata.resourceVersion }, status: { conditions: next } };
    try {
      await api.patch(ref, { type: 'merge', body }, { subresource: 'status' }, signal);
      return;
    } catch (error) {
      if (!isKubeError(error, 'Conflict')) throw error;
    }
  }
}
