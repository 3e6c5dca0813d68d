import { KubeApiError, type KubeObject } from '../../../kubernetes';
import type { EngineCall, Moment } from '../engine-call';
import { type Fault, whole } from '../fault';
import { refTo, type Scene } from '../scene';
import { NAMESPACE } from '../stage-objects';

/** After this many refusals in a row a process has reported why it cannot continue: five stop a run, and a new process starts with the next. */
const ENOUGH = 8;

/** What the cluster's policies and quotas forbid. */
export const POLICY_FAULTS = {
  'policy-services': {
    does: 'a policy rejects changes of Services for 5 to 90 s',
    act: (scene, random) => refuse(scene, whole(random, 5_000, 90_000)),
  },
  'quota-full': {
    does: 'a quota allows no more pods, for 5 to 120 s',
    size: { readySeconds: 60 },
    act: async (scene, random) => {
      const { store } = scene.world.kubernetes;
      const pods = store.list({ apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE }).length;
      const quota: KubeObject & { spec: object } = {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'compute', namespace: NAMESPACE },
        spec: { hard: { pods: String(pods) } },
      };
      if (store.find(refTo(quota))) return;
      const ms = whole(random, 5_000, 120_000);
      scene.quotaUntil = Number.POSITIVE_INFINITY;
      // A refused pod is created only some time after the quota allows it again.
      scene.disturb(ms + 20_000);
      await scene.user.create(quota);
      await scene.clock.sleep(ms);
      await scene.user.delete(refTo(quota));
      scene.quotaUntil = scene.clock.now() + 20_000;
    },
  },
} satisfies Record<string, Fault>;

async function refuse(scene: Scene, ms: number): Promise<void> {
  const sentence = 'is forbidden: ValidatingAdmissionPolicy "frozen" denied request: selectors of Services are frozen';
  const refused = new Map<string, number>();
  const meet = ({ process, to, verb, target, writes }: EngineCall, moment: Moment) => {
    if (to !== 'kubernetes' || moment !== 'before' || verb !== 'patch' || !target.startsWith('Service/')) return;
    const times = (refused.get(process) ?? 0) + (writes ? 1 : 0);
    refused.set(process, times);
    if (times === ENOUGH) scene.judge.fail('named errors', `${process} requests ${times} times what a policy rejects`);
    throw new KubeApiError(403, 'Forbidden', `services "${target.slice(8)}" ${sentence}`);
  };
  scene.meets.add(meet);
  scene.policies++;
  scene.disturb(ms + 2_000);
  await scene.clock.sleep(ms);
  scene.meets.delete(meet);
}
