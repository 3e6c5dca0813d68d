import { hasReplicants } from '../v2beta1/emqx';
import type { EmqxPass } from '../v2beta1/pass';
import { core, replicant, type SetObject, setsOf } from '../v2beta1/roles';

/** Replicants that the resource has no more go at once. @see EMQX Operator 2.3, `sync_replicant_sets.go`: read, not run */
export async function removeReplicants(pass: EmqxPass): Promise<void> {
  if (hasReplicants(pass.instance)) return;
  const { update, current, old } = await setsOf(pass, replicant);
  for (const set of new Set([update, current, ...old])) if (set && set.spec.replicas !== 0) await scale(pass, set, 0);
}

/**
 * The number of cores is changed only where there is one set of them. That cores are taken away is not modelled.
 *
 * @see EMQX Operator 2.3, `sync_core_sets.go`: read, not run
 */
export async function addMissingCores(pass: EmqxPass): Promise<void> {
  const { update, current } = await setsOf(pass, core);
  const { replicas = 0 } = pass.instance.spec.coreTemplate?.spec ?? {};
  if (!update || update.metadata.uid !== current?.metadata.uid || (update.spec.replicas ?? 0) >= replicas) return;
  await scale(pass, update, replicas);
}

async function scale(pass: EmqxPass, set: SetObject, replicas: number): Promise<void> {
  const { api, signal } = pass.options;
  const { name, resourceVersion } = set.metadata;
  const body = { metadata: { resourceVersion }, spec: { replicas } };
  await api.patch(pass.ref(set, name), { type: 'merge', body }, {}, signal);
}
