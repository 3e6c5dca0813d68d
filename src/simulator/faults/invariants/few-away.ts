import type { Bench, Invariant } from '../invariant';

/** Seconds of the cap that are sent away between two looks, and until what evicts has been told to stop. */
const REACTION_S = 3;

/**
 * P1: nobody is evicted while more are away than may be: so many as the cap sends away in 1.5 s, or in the time in which this run has
 * seen them come back and a quarter more, and ten.
 *
 * Counted where nothing else takes clients away: no node crashes, and no operator was released.
 */
export function fewAway({ facts, causes, connected, fail }: Bench): Invariant {
  const atFirst = connected();
  return {
    evicted(client) {
      const { journal } = facts;
      if (!journal || causes.crashDisconnects + causes.releaseDisconnects > 0 || causes.released.size > 0) return;
      const { connectionCap, returnMs = 0 } = journal;
      const budget = (connectionCap * Math.max(1_500, 1.25 * returnMs)) / 1_000 + 10;
      const away = atFirst - connected();
      if (away > budget + REACTION_S * connectionCap) {
        fail('P1', `${client} is evicted, and ${away} are away: more than ${Math.ceil(budget)}`);
      }
    },
  };
}
