import { isKubeError } from '../../kubernetes/kube-api';
import { ON_SERVING_GATE } from '../../resource';
import { conditionOf, type Pod, type PodCondition } from '../kubernetes/core-types';
import { kinds } from '../kubernetes/kinds';
import { timestamp } from '../kubernetes/object-store';
import { podNameOf } from './blue-green';
import { failing } from './failure';
import type { Pass } from './pass';

/**
 * Step 8: the readiness gate of each pod whose node is in the EMQX cluster, by asking that node whether it is available. The
 * first pod that cannot be asked ends the pass, and the pods behind it in the list get no condition.
 */
export async function updatePodConditions(pass: Pass): Promise<void> {
  const { api, emqx, signal } = pass.options;
  const labels = pass.instance.spec.template?.metadata?.labels ?? {};
  const pods = await api.list<Pod>({ ...kinds.pod, namespace: pass.namespace, labels }, signal);
  const members = new Set((pass.status.emqxNodes ?? []).map(({ node }) => podNameOf(node)));
  for (const pod of pods.items) {
    const { name } = pod.metadata;
    if (!members.has(name) || conditionOf(pod, 'ContainersReady') !== 'True') continue;
    const answer = await emqx
      .pod(name, 'GET', 'api/v4/load_rebalance/availability_check', undefined, signal)
      .catch(failing(`failed to check availability for pod/${name}`));
    await setGate(pass, pod, answer.status === 200).catch(failing('failed to patch pod conditions'));
  }
}

/** Writes the one condition and leaves the others alone: read, change, and again when someone else was quicker. */
async function setGate(pass: Pass, pod: Pod, serving: boolean): Promise<void> {
  const { api, clock, signal } = pass.options;
  const now = timestamp(clock.now());
  const ref = pass.ref(kinds.pod, pod.metadata.name);
  for (let latest = pod; ; latest = await api.get<Pod>(ref, signal)) {
    const conditions = latest.status?.conditions ?? [];
    const old = conditions.find(({ type }) => type === ON_SERVING_GATE);
    const condition: PodCondition = {
      type: ON_SERVING_GATE,
      status: serving ? 'True' : 'False',
      lastProbeTime: now,
      lastTransitionTime: old?.lastTransitionTime ?? now,
    };
    const next = old ? conditions.map((each) => (each === old ? condition : each)) : [...conditions, condition];
    const body = { metadata: { resourceVersion: latest.metadata.resourceVersion }, status: { conditions: next } };
    try {
      await api.patch(ref, { type: 'merge', body }, { subresource: 'status' }, signal);
      return;
    } catch (error) {
      if (!isKubeError(error, 'Conflict')) throw error;
    }
  }
}
