import { ON_SERVING_GATE } from '../resource';
import type { Pod } from './core-objects';
import type { FollowedApi } from './followed-api';
import type { ObjectRef } from './kube-api';
import type { StillHeld } from './lease';

/** Sets the operator's readiness gate of a pod. @param now ms since the epoch */
export async function setServingGate(
  api: FollowedApi,
  ref: ObjectRef,
  serving: boolean,
  now: number,
  stillHeld: StillHeld,
  signal?: AbortSignal,
): Promise<void> {
  const { metadata, status } = await api.get<Pod>(ref, signal);
  const others = (status?.conditions ?? []).filter((condition) => condition.type !== ON_SERVING_GATE);
  const gate = {
    type: ON_SERVING_GATE,
    status: serving ? 'True' : 'False',
    lastTransitionTime: new Date(now).toISOString(),
  };
  // A merge patch replaces the list whole, so it must not meet a newer one.
  const body = {
    metadata: { resourceVersion: metadata.resourceVersion },
    status: { conditions: [...others, gate] },
  };
  stillHeld();
  await api.patch(ref, { type: 'merge', body }, { subresource: 'status' }, signal);
}
