import { firstRate, nextRate } from '../src/upgrade/adaptive-pace';
import type { AdaptiveRate } from '../src/upgrade/adaptive-rate';
import { offlineBudget } from '../src/upgrade/offline-budget';
import { ReconnectCounts } from '../src/upgrade/reconnect-meter';
import type { Controller } from './pace-plant';

/** The ways of pacing that are compared, by name. */
export const CONTROLLERS: Readonly<Record<string, (cap: number) => Controller>> = {
  fixed: (cap) => fixed(cap),
  AIMD: (cap) => aimd(cap),
  gradient: (cap) => gradient(cap),
  'plain deficit': (cap) => deficit(cap),
  returns: (cap) => ours(cap),
};

const LEAST = 3;
const EVERY_MS = 6_500;
const FIRST = 1 / 8;

/** At the cap, with the offline budget of the upgrade: halted above it, and continued below a tenth of it. */
function fixed(cap: number): Controller {
  const budget = offlineBudget({ connectionCap: cap, limits: {} })!;
  let isHalted = false;
  return ({ away }) => {
    isHalted = away > (isHalted ? 0.1 : 1) * budget;
    return isHalted ? 0 : cap;
  };
}

/** The rate grows by a constant part of the cap, and halves when more are offline than its own budget. */
function aimd(cap: number): Controller {
  let rate = cap * FIRST;
  let since = 0;
  let isHalted = false;
  return ({ at, away }) => {
    const budget = offlineBudget({ connectionCap: rate, limits: {} })!;
    if (isHalted) {
      if (away > budget / 2) return 0;
      isHalted = false;
      since = at;
      return Math.round(rate);
    }
    if (away > budget) {
      rate = Math.max(LEAST, rate / 2);
      isHalted = true;
      return 0;
    }
    if (at - since >= EVERY_MS) {
      rate = Math.min(cap, rate + cap / 32);
      since = at;
    }
    return Math.round(rate);
  };
}

/** The rate follows the ratio of the shortest time that devices were offline to the present one, which is their number by the rate. */
function gradient(cap: number): Controller {
  let rate = cap * FIRST;
  let since = 0;
  let shortest = Number.POSITIVE_INFINITY;
  const seen: number[] = [];
  return ({ at, away }) => {
    seen.push(away);
    if (at - since < EVERY_MS) return Math.round(rate);
    const mean = seen.slice(-6).reduce((sum, each) => sum + each, 0) / 6;
    const seconds = mean / rate;
    shortest = Math.min(shortest, Math.max(seconds, 0.5));
    const part = Math.max(0.5, Math.min(1, (1.1 * shortest) / seconds));
    rate = Math.min(cap, Math.max(LEAST, rate * part + Math.sqrt(rate)));
    since = at;
    return Math.round(rate);
  };
}

/** As many are disconnected as have reconnected, and in two seconds those that are missing to its own budget. */
function deficit(cap: number): Controller {
  let rate = cap * FIRST;
  let since = 0;
  const counts = new ReconnectCounts();
  return ({ at, away, taken }) => {
    counts.add({ at, devices: taken, away });
    if (at - since < EVERY_MS) return Math.round(rate);
    const { meanAway, perSecond } = counts.seen();
    const missing = offlineBudget({ connectionCap: rate, limits: {} })! - (meanAway ?? away);
    since = at;
    rate = Math.min(cap, Math.max(LEAST, (perSecond ?? 0) + missing / 2));
    return Math.round(rate);
  };
}

/** What the upgrade does. */
function ours(cap: number): Controller {
  let rate: AdaptiveRate = firstRate(0, cap, cap, LEAST);
  let known: number | undefined;
  const counts = new ReconnectCounts();
  return ({ at, rate: inEffect, away, taken }) => {
    counts.add({ at, devices: taken, away });
    if (inEffect === 0 && rate.haltedAt === undefined) return rate.perSecond;
    const adapted = nextRate(rate, {
      at,
      cap,
      least: LEAST,
      away,
      ...counts.seen(rate.haltedAt),
      returnMs: known,
    });
    if (adapted) {
      rate = adapted.rate;
      known = adapted.returnMs ?? known;
    }
    return rate.haltedAt === undefined ? rate.perSecond : 0;
  };
}
