import type { Bench, Invariant } from '../invariant';

/** Undisturbed seconds of evictions at the cap between two observations, and until evicting nodes are stopped. */
const REACTION_S = 3;

/**
 * P1: no device is evicted while more devices are offline than the budget: as many as the cap disconnects in 1.5 s, or in the
 * reconnect time observed in this run plus a quarter, and ten more.
 *
 * Checked only where nothing else disconnects clients: no node crashed, and no operator was released.
 */
export function fewAway({ facts, health, causes, connected, waitsToStop, fail }: Bench): Invariant {
  const atFirst = connected();
  /** Undisturbed time at which the budget was exceeded: what nobody can see, nobody can stop. */
  let overSince: number | undefined;
  return {
    evicted(client, node) {
      const { journal } = facts;
      if (
        !journal ||
        waitsToStop(facts.podOf(node)) ||
        causes.crashDisconnects + causes.releaseDisconnects > 0 ||
        causes.released.size > 0
      )
        return;
      const { connectionCap, returnMs = 0 } = journal;
      const budget = (connectionCap * Math.max(1_500, 1.25 * returnMs)) / 1_000 + 10;
      const away = atFirst - connected();
      overSince = away > budget ? (overSince ?? health.tick()) : undefined;
      const isLate = overSince !== undefined && health.tick() - overSince >= REACTION_S * 1_000;
      if (isLate && away > budget + REACTION_S * connectionCap) {
        fail('P1', `${client} is evicted while ${away} devices are offline: more than ${Math.ceil(budget)}`);
      }
    },
  };
}
