import type { Bench, Invariant } from '../invariant';

/** A process whose requests have all failed for this long sends only occasional requests, ms. */
const LONG_MS = 5_000;
/** Most failed requests of one process after that, in each window of {@link WINDOW_MS}: an observation takes several, and so do its watches. */
const MOST = 40;
const WINDOW_MS = 10_000;

/** Every request is answered, also one that was made before. */
const ANSWER = /^the request /;

interface Asked {
  /** Time since when every request has failed. */
  failingSince: number | undefined;
  failedAt: number[];
  warning: string | undefined;
}

/** What keeps failing is retried less and less often, and reported once. */
export function patience({ facts, fail }: Bench): Invariant {
  const processes = new Map<string, Asked>();
  const of = (process: string): Asked => {
    const known = processes.get(process) ?? { failingSince: undefined, failedAt: [], warning: undefined };
    processes.set(process, known);
    return known;
  };
  return {
    answered({ process, to }, hasFailed) {
      if (to !== 'kubernetes') return;
      const asked = of(process);
      if (!hasFailed) {
        asked.failingSince = undefined;
        return;
      }
      const { now } = facts;
      asked.failingSince ??= now;
      asked.failedAt = [...asked.failedAt.filter((at) => now - at < WINDOW_MS), now];
      if (now - asked.failingSince < LONG_MS + WINDOW_MS || asked.failedAt.length <= MOST) return;
      fail('patience', `${process} sends more than ${MOST} requests in ${WINDOW_MS / 1_000} s although all fail`);
      asked.failedAt = [];
    },
    reported(process, event) {
      if (event.kind === 'sample') return;
      const asked = of(process);
      const warning = event.kind === 'warning' ? event.text : undefined;
      if (warning !== undefined && warning === asked.warning && !ANSWER.test(warning))
        fail('patience', `${process} reports again: ${warning}`);
      asked.warning = warning;
    },
  };
}
