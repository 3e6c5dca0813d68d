import { currentRate } from '../../../upgrade/adaptive-rate';
import type { Bench, Invariant } from '../invariant';

/** Undisturbed milliseconds of evictions at the cap between two observations, and until evicting nodes are stopped. */
const REACTION_MS = 3_000;
/** Nor for so long, where the rate follows the devices, ms. */
const ADAPTIVE_MS = 3_500;
/** How long devices may be offline at the first rate of an adaptive run, by which it learns how long they take, ms. */
const FIRST_MS = 7_500;

/**
 * P1: no device is evicted while more devices are offline than the budget: as many as the cap disconnects in 1.5 s, or in the
 * reconnect time observed in this run plus a quarter, and ten more. Where the rate follows the devices, it takes the place of the cap.
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
      const { adaptive, returnMs = 0 } = journal;
      const rate = currentRate(journal);
      const isFirst = adaptive?.raises === 0 && !adaptive.limit;
      const budget = (rate * Math.max(isFirst ? FIRST_MS : 1_500, 1.25 * returnMs)) / 1_000 + 10;
      const away = atFirst - connected();
      overSince = away > budget ? (overSince ?? health.tick()) : undefined;
      const overMs = overSince === undefined ? 0 : health.tick() - overSince;
      const isMuch = adaptive ? overMs >= ADAPTIVE_MS : away > budget + (REACTION_MS * rate) / 1_000;
      if (overMs >= REACTION_MS && isMuch) {
        fail('P1', `${client} is evicted while ${away} devices are offline: more than ${Math.ceil(budget)}`);
      }
    },
  };
}
