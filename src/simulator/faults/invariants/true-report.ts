import { reportOf } from '../../../upgrade/report';
import type { Bench, Invariant } from '../invariant';

/** P6: a report does not say that sessions are lost of which none is, and names no broker that did not start anew. */
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
      if (hasLosses && lost === 0) fail('P6', `reported ${sessionsLost} lost sessions, and none is`);
      const gone = incidents.filter(({ kind }) => kind === 'node-restarted' || kind === 'pod-lost');
      const wrong = gone
        .flatMap(({ subjects }) => subjects)
        .filter((pod) => !causes.crashed.has(pod) && !causes.released.has(pod));
      if (wrong.length > 0) fail('P6', `reported that ${wrong.join()} went away or started anew, and it did not`);
    },
  };
}
