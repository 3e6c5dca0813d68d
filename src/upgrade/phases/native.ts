import { generationOf, isHold, versionOf } from '../../resource';
import type { Stage } from '../journal';
import { activeSets } from '../observation';
import { servingRole, stagesOf } from '../stages';
import type { Situation, Step } from '../step';
import { specPatch } from '../target';
import { atRest, waitFor } from './common';

/**
 * The operator driver: the template is changed and the operator does the rest, watched. Ends when the operator is at
 * rest, blue's set is scaled to 0 and every node belongs to green. STATUS `Running` alone says nothing: the operator
 * shows it for about 20 s in the middle of the upgrade.
 */
export function watchOperator(situation: Situation): Step {
  const { observation, journal, target } = situation;
  if (journal.phase === 'claim') return { kind: 'next', phase: 'apply' };
  if (journal.phase === 'apply') {
    if (target.applied) return { kind: 'next', phase: 'native' };
    const why = `apply version ${versionOf(target.desired)}, with the operator on its own`;
    return waitFor('the resource to have the new template', 500, [
      { do: 'patch-resource', spec: specPatch(target, false), why, heartbeat: false },
    ]);
  }
  const stages = stagesOf(journal).map((stage) => finished(situation, stage));
  const sets = stages.flatMap((set) => set ?? []);
  const green = sets[0];
  if (!green || sets.length < stages.length || !atRest(situation, sets)) {
    return waitFor('the operator to finish its upgrade', 1_000);
  }
  // A resource that its owner holds at rest is held again.
  const { after } = journal.delay;
  const { resource } = observation.cluster;
  const generation = generationOf(resource);
  if (isHold(after) && generation.delayOf(resource) !== after) {
    const spec = generation.delayPatch(after);
    return waitFor('the operator to be held again', 500, [
      { do: 'patch-resource', spec, why: `restore the initial delay of ${after} s`, heartbeat: false },
    ]);
  }
  return { kind: 'next', phase: 'done', note: { to: { ...journal.to, set: green } } };
}

/** The set that serves alone in a role: the new one, or the old one where it was not replaced. Undefined before that. */
function finished({ observation: { cluster } }: Situation, { role, from, replicas }: Stage): string | undefined {
  const [only, ...others] = activeSets(cluster, role);
  const isReplaced = only?.name !== from.set || role !== servingRole(cluster);
  return others.length === 0 && isReplaced && (only?.readyReplicas ?? 0) >= replicas ? only?.name : undefined;
}
