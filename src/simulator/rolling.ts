import { type EmqxResource, servingRoleOf } from '../resource';
import type { RefusedRun } from './comparison';
import type { PodTemplate, StatefulSet } from './kubernetes/core-types';
import { kinds } from './kubernetes/kinds';
import { refOf } from './kubernetes/object-store';
import { type RunReport, runReport } from './run-report';
import { playOn, type Scenario } from './scenario';
import type { World } from './world';

/** How often it is looked whether all pods are replaced, ms of simulated time. */
const LOOK_MS = 250;

/**
 * The same upgrade as a rolling restart, in virtual time: what people do who have no blue-green upgrade. One pod after the other is
 * terminated, which closes the connections of its devices, and starts again with the new version; its devices reconnect to the others.
 *
 * - Of EMQX 4.4 it is the operator's way where the resource has no `blueGreenUpdate`.
 * - Of EMQX 5 and 6 the operator has no such way: it is stopped, and its StatefulSet of cores is updated as that of a Helm chart. There
 *   is none with replicants, whose ReplicaSet replaces no pods.
 *
 * @param capPerSecond the rate that it is compared with; nothing limits this one
 */
export async function playRolling(
  scenario: Omit<Scenario, 'driver' | 'planned'>,
  capPerSecond: number,
): Promise<RunReport | RefusedRun> {
  const { cluster, desired } = scenario;
  if (cluster.kind === 'EMQX' && servingRoleOf(cluster) === 'replicant') {
    const reason = 'replicants are in a ReplicaSet, which does not replace its pods when its template changes';
    return { outcome: 'cannot', driver: 'rolling', reason };
  }
  const setting = { ...scenario, cluster: withoutBlueGreen(cluster) };
  const result = await playOn(setting, async ({ world, ledger }) => {
    const { clock } = world;
    const before = imagesOf(world);
    ledger.begin();
    const startedAt = clock.now();
    if (desired.kind === 'EMQX') roll(world, desired.spec.image);
    else await world.apply([withoutBlueGreen(desired)]);
    while (!isRolled(world, before)) await clock.sleep(LOOK_MS);
    return { durationMs: clock.now() - startedAt };
  });
  const { durationMs } = result;
  const figures = { durationMs, evacuateMs: 0, lowerBoundMs: 0, capPerSecond };
  return runReport({ outcome: 'completed', driver: 'rolling', ...figures }, result);
}

/** Without it the operator of 4.4 updates its one stateful set in place. */
function withoutBlueGreen<Resource extends EmqxResource>(resource: Resource): Resource {
  if (resource.kind === 'EMQX') return resource;
  const { blueGreenUpdate: _, ...spec } = resource.spec;
  return { ...resource, spec };
}

function setsOf({ kubernetes }: World): StatefulSet[] {
  return kubernetes.store.all<StatefulSet>(kinds.statefulSet).filter(({ spec }) => spec.replicas !== 0);
}

function imagesOf(world: World): Map<string, string | undefined> {
  return new Map(setsOf(world).map((set) => [set.metadata.name, imageIn(set.spec.template)]));
}

function imageIn({ spec }: PodTemplate): string | undefined {
  return spec.containers.find(({ name }) => name === 'emqx')?.image;
}

/** Pods become Ready without the operator, which would set their readiness gate. */
function roll(world: World, image: string): void {
  world.stop();
  for (const set of setsOf(world)) {
    world.kubernetes.store.update<StatefulSet>(refOf(set), (draft) => {
      const { readinessGates: _, containers, ...spec } = draft.spec.template.spec;
      const renewed = containers.map((each) => (each.name === 'emqx' ? { ...each, image } : each));
      const template = { ...draft.spec.template, spec: { ...spec, containers: renewed } };
      return { ...draft, spec: { ...draft.spec, template } };
    });
  }
}

/** Whether every pod has the new template, and is ready. */
function isRolled(world: World, before: ReadonlyMap<string, string | undefined>): boolean {
  return setsOf(world).every(({ metadata, spec, status }) => {
    if (imageIn(spec.template) === before.get(metadata.name)) return false;
    if (!status || status.observedGeneration !== metadata.generation) return false;
    return status.updatedReplicas === spec.replicas && status.readyReplicas === spec.replicas;
  });
}
