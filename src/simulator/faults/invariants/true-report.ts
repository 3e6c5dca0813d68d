import { reportOf } from '../../../upgrade/report';
import type { Bench, Invariant } from '../invariant';

/** P6: a report neither claims lost sessions where none were lost, nor a restart of a broker that did not restart. */
export function trueReport({ facts, causes, isProcess, fail }: Bench): Invariant {
  let lost = 0;
  let done = '';
  return {
    sessionLost() {
      lost += 1;
    },
    stored({ object }, author) {
      if (object.kind !== 'ConfigMap' || !isProcess(author)) return;
      const { journal } = facts;
      if (journal?.phase !== 'done' || journal.run === done) return;
      done = journal.run;
      const { hasLosses, sessionsLost, incidents } = reportOf(journal);
      if (hasLosses && lost === 0) fail('P6', `reported ${sessionsLost} lost sessions, but none was lost`);
      const gone = incidents.filter(({ kind }) => kind === 'node-restarted' || kind === 'pod-lost');
      const wrong = gone
        .flatMap(({ subjects }) => subjects)
        .filter((pod) => !causes.crashed.has(pod) && !causes.released.has(pod));
      if (wrong.length > 0) fail('P6', `reported that ${wrong.join()} was lost or restarted, but it was not`);
    },
  };
}
