import { isKubeError } from '../../../kubernetes/kube-api';
import type { StatefulSet } from '../../kubernetes/core-types';
import { equal } from '../../kubernetes/json';
import { kinds } from '../../kubernetes/kinds';
import { templateHash } from '../../kubernetes/revision-hash';
import { failing, OperatorPanic } from '../failure';
import { createOrUpdate, lastAppliedOf } from '../owned-object';
import { syncBlueGreen } from './blue-green';
import type { Pass } from './pass';
import { listStatefulSets } from './stateful-sets';

/**
 * Step 5: creates or updates the one stateful set that has the wanted pod template, and moves a blue-green upgrade on.
 *
 * During the initial delay the pass ends here: Service, status and readiness gates stay as they are. Then the milliseconds that
 * are left of it are returned.
 */
export async function addStatefulSet(pass: Pass, wanted: StatefulSet): Promise<number | undefined> {
  const set = await named(pass, wanted).catch(failing('failed to get new statefulset'));
  await createOrUpdate(pass, set).catch(failing('failed to create or update statefulset'));

  const update = pass.status.blueGreenUpdateStatus;
  if (!update?.startedAt) return undefined;
  const { blueGreenUpdate } = pass.instance.spec;
  if (!blueGreenUpdate) throw new OperatorPanic('nil pointer dereference: spec.blueGreenUpdate');
  const since = Math.trunc((pass.options.clock.now() - Date.parse(update.startedAt)) / 1000);
  // In 32 bits, as the operator counts: a delay near the largest number overflows when the start lies in the future.
  const delay = ((blueGreenUpdate.initialDelaySeconds ?? 0) - since) | 0;
  if (delay > 0) {
    pass.options.record('Normal', 'Evacuate', `Delay ${delay} seconds`);
    return delay * 1000;
  }
  await syncBlueGreen(pass, update).catch(failing('failed to sync statefulset'));
  return undefined;
}

/**
 * The set under the name it goes by: that of a set with replicas whose template the operator wrote just so; else a new name
 * from the template's hash that no set has, not even one with no replicas.
 */
async function named(pass: Pass, wanted: StatefulSet): Promise<StatefulSet> {
  if (!pass.instance.spec.blueGreenUpdate) return wanted;
  for (const set of await listStatefulSets(pass).catch(() => [])) {
    if (!equal(lastAppliedOf(set)?.spec.template, wanted.spec.template)) continue;
    const { name, labels } = set.metadata;
    return { ...wanted, metadata: { ...wanted.metadata, name, ...(labels && { labels }) } };
  }
  for (let collisionCount = 0; ; collisionCount++) {
    const name = `${wanted.metadata.name}-${templateHash(wanted.spec.template, collisionCount)}`;
    try {
      await pass.options.api.get(pass.ref(kinds.statefulSet, name), pass.options.signal);
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return { ...wanted, metadata: { ...wanted.metadata, name } };
      throw error;
    }
  }
}
