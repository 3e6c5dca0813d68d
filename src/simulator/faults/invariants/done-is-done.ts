import type { KubeObject } from '../../../kubernetes';
import { type EmqxResource, generationOf, isHeld } from '../../../resource';
import type { Journal } from '../../../upgrade';
import { setsOf } from '../../../upgrade/stages';
import { digestOf } from '../../../upgrade/target';
import type { Bench, Invariant } from '../invariant';

/**
 * P6: when a run is reported as done, the cluster is as the report says, except for what a user changed after the operator was released.
 *
 * A run that takes the place of another takes the resource as people have left it: its template, and its delay where that is none of a
 * held operator, which the run before it may have written.
 */
export function doneIsDone(
  { facts, isProcess, fail }: Bench,
  before: { resource: EmqxResource; service: object },
  desired: EmqxResource,
): Invariant {
  const generation = generationOf(desired);
  const check = (journal: Journal) => {
    const { aborted } = journal;
    // One that takes the place of another makes what the user wanted last, or what an abort had restored before it.
    const allowed = [given, before.resource].filter((each) => digestOf(each) === journal.target);
    const wanted = aborted ? before.resource : journal.supersedes === undefined ? desired : (allowed[0] ?? desired);
    const [gone, stays] = [setsOf(journal, aborted ? 'to' : 'from'), setsOf(journal, aborted ? 'from' : 'to')];
    const { resource } = facts;
    if (digestOf(resource) !== digestOf(wanted)) fail('P6', 'done, but with another template');
    const [delay, asked] = [resource, aborted ? before.resource : desired].map(generation.delayOf);
    if (delay !== asked && delay !== takenUp) fail('P6', `done, but the delay is ${delay} instead of ${asked}`);
    if (generation.reportOf(resource).upgrade) fail('P6', 'done, but the operator is not at rest');
    if (JSON.stringify(facts.service.spec) !== JSON.stringify(before.service)) {
      fail('P6', 'done, but the Service is not as before');
    }
    for (const name of stays) {
      const set = facts.sets.find(({ metadata }) => metadata.name === name);
      if (!set || set.spec.replicas !== facts.replicasOf(set)) {
        fail('P6', `done, but ${name} has ${set?.spec.replicas} replicas`);
      }
    }
    for (const name of gone) if (facts.podsOf(name).length > 0) fail('P6', `done, but ${name} has pods`);
    const others = facts.sets.filter(
      ({ metadata, spec }) => !stays.includes(metadata.name) && (spec.replicas ?? 0) > 0,
    );
    if (others.length > 0) fail('P6', `done, but ${others.map(({ metadata }) => metadata.name).join()} has replicas`);
  };
  let done = '';
  let run: string | undefined;
  /** The delay that the run found when it took the place of another. */
  let takenUp: number | undefined;
  /** What a user made of the resource last. */
  let given = desired;
  let isChangedSince = false;
  return {
    stored({ object, previous }, author) {
      if (object.kind === desired.kind && author === 'user') {
        given = object as EmqxResource & KubeObject;
        isChangedSince = facts.journal?.phase === 'release' && !isHeld(previous as EmqxResource);
      }
      if (object.kind !== 'ConfigMap' || !isProcess(author)) return;
      const { journal } = facts;
      if (journal?.run !== run) {
        run = journal?.run;
        takenUp = journal?.supersedes === undefined || facts.isHeld ? undefined : generation.delayOf(facts.resource);
      }
      if (journal?.phase !== 'done' || journal.run === done) return;
      done = journal.run;
      if (!isChangedSince) check(journal);
    },
  };
}
