import { ON_SERVING_GATE } from '../../../resource';
import { conditionOf, type Pod } from '../../kubernetes/core-types';
import { kinds } from '../../kubernetes/kinds';
import { timestamp } from '../../kubernetes/object-store';
import { failing } from '../failure';
import { patchGate } from '../pod-gate';
import { podNameOf } from './blue-green';
import type { Pass } from './pass';

/**
 * Step 8: the readiness gate of each pod whose node is in the EMQX cluster, by asking that node whether it is available. The
 * first pod that cannot be asked ends the pass, and the pods behind it in the list get no condition.
 */
export async function updatePodConditions(pass: Pass): Promise<void> {
  const { api, emqx, signal } = pass.options;
  const labels = pass.instance.spec.template?.metadata?.labels ?? {};
  const pods = await api.list<Pod>({ namespace: pass.namespace, labels, ...kinds.pod }, signal);
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

function setGate(pass: Pass, pod: Pod, serving: boolean): Promise<void> {
  const now = timestamp(pass.options.clock.now());
  return patchGate(pass.options, pass.ref(kinds.pod, pod.metadata.name), pod, (old) => ({
    type: ON_SERVING_GATE,
    status: serving ? 'True' : 'False',
    lastProbeTime: now,
    lastTransitionTime: old?.lastTransitionTime ?? now,
  }));
}
