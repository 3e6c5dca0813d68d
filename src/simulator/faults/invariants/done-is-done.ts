import { type EmqxEnterprise, isHeld, KIND } from '../../../resource';
import type { Journal } from '../../../upgrade';
import { digestOf } from '../../../upgrade/target';
import type { Bench, Invariant } from '../invariant';

/** P6: when a run is reported as done, the cluster is as the report says, except for what a user changed after the operator was released. */
export function doneIsDone(
  { facts, isProcess, fail }: Bench,
  before: { resource: EmqxEnterprise; service: object },
  desired: EmqxEnterprise,
): Invariant {
  const check = (journal: Journal) => {
    const { aborted } = journal;
    const wanted = aborted ? before.resource : desired;
    const gone = aborted ? journal.to.set : journal.from.set;
    const stays = aborted ? journal.from.set : journal.to.set;
    const { resource } = facts;
    if (digestOf(resource) !== digestOf(wanted)) fail('P6', 'done, but with another template');
    const delay = resource.spec.blueGreenUpdate?.initialDelaySeconds;
    const given = wanted.spec.blueGreenUpdate?.initialDelaySeconds;
    if (delay !== given) fail('P6', `done, but the delay is ${delay} instead of ${given}`);
    if (resource.status?.blueGreenUpdateStatus) fail('P6', 'done, but the operator is not at rest');
    if (JSON.stringify(facts.service.spec) !== JSON.stringify(before.service)) {
      fail('P6', 'done, but the Service is not as before');
    }
    const set = facts.sets.find(({ metadata }) => metadata.name === stays);
    if (set?.spec.replicas !== facts.replicas) fail('P6', `done, but ${stays} has ${set?.spec.replicas} replicas`);
    if (gone && facts.podsOf(gone).length > 0) fail('P6', `done, but ${gone} has pods`);
    const others = facts.sets.filter(({ metadata, spec }) => metadata.name !== stays && (spec.replicas ?? 0) > 0);
    if (others.length > 0) fail('P6', `done, but ${others.map(({ metadata }) => metadata.name).join()} has replicas`);
  };
  let done = '';
  let isChangedSince = false;
  return {
    stored({ object, previous }, author) {
      if (object.kind === KIND && author === 'user') {
        isChangedSince = facts.journal?.phase === 'release' && !isHeld(previous as EmqxEnterprise);
      }
      if (object.kind !== 'ConfigMap' || !isProcess(author)) return;
      const { journal } = facts;
      if (journal?.phase !== 'done' || journal.run === done) return;
      done = journal.run;
      if (!isChangedSince) check(journal);
    },
  };
}
