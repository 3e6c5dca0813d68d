import { generationOf, isHold, versionOf } from '../../resource';
import { greenOf, setOf } from '../observation';
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
  const green = greenOf(observation.cluster, journal);
  const blue = setOf(observation.cluster, journal.from.set);
  const done = green && (!blue || blue.replicas === 0) && green.readyReplicas >= journal.replicas;
  if (!done || !atRest(situation, [green.name])) return waitFor('the operator to finish its upgrade', 1_000);
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
  return { kind: 'next', phase: 'done', note: { to: { ...journal.to, set: green.name } } };
}
