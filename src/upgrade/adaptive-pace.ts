import type { AdaptiveRate } from './adaptive-rate';
import { MOST_RETURN_MS, offlineBudget } from './offline-budget';
import type { SeenReconnects } from './reconnect-meter';

/** What is known when the rate is reconsidered. */
export interface Reconnects extends SeenReconnects {
  at: number;
  /** The highest rate that is tried, and the least: nodes evict whole devices, each at least one per second. */
  cap: number;
  least: number;
  /** Devices that were disconnected and have not reconnected. */
  away: number;
  /** How long devices were seen to take to reconnect in this run, ms. */
  returnMs?: number | undefined;
  /** Whether a node that takes devices does not answer as a broker. */
  isSilent?: boolean;
}

/** A changed rate, and what was learned. */
export interface Adapted {
  rate: AdaptiveRate;
  returnMs?: number;
}

/**
 * Between two changes of the rate, ms. Each stops the nodes and starts them again a second later, at their places in the second: a node
 * is started at most every 5 s.
 */
const EVERY_MS = 6_500;
/** The same to the end of a halt: nodes that stand still start sooner. */
const RESTART_MS = 7_500;

/** The first rate, as a part of the cap, and at most of the highest rate that will be tried. */
const FIRST = { ofCap: 1 / 8, ofMost: 1 / 2 } as const;
/** How much faster it gets while no limit is known: up to a quarter of the cap, and beyond. */
const SEARCH = { early: 2, late: 1.5, until: 1 / 4 } as const;
/** How much of a known limit is used, and for how long before more is tried, ms. */
const USED = 0.95;
const BELIEVED_MS = 20_000;
/** How much faster it gets then, raise by raise; the last one stands for all that follow. */
const BEYOND = [1.05, 1.1, 1.3, 1.5] as const;
/** It gets faster only while so much of it reconnects, and not many more devices than usual are offline. */
const KEEPS_UP = 0.8;
const MORE = { part: 1.07, devices: 5 } as const;
/** Nor does it stay where so many more are offline, on average. */
const SETTLED_MS = 4_500;
const TOO_MANY = { part: 1.25, devices: 10 } as const;
/** The limit of the other set has changed where less than this part of what it took before reconnects. */
const STILL_TAKES = 0.75;
/** What was counted in two seconds may be a little too high: nodes accept a second's devices at once. */
const SURE = 0.9;
/** Where a raise was too much, the limit is at most so far between the rate before it and the one after it. */
const BETWEEN = 1 / 3;
/** How long devices take to reconnect where that was not seen yet, ms. */
const USUAL_MS = 1_200;
/** How many seconds of the first rate may be offline: as long as the slowest usual client libraries wait. */
const FIRST_SECONDS = 6;
/** How much of what is normal may be offline when the eviction continues: its first devices reconnect only a second later. */
const RESUME_AT = 0.5;
/** Where the reconnects have dwindled to this part of their most, ms after the halt, those missing are only slow. */
const DWINDLED = { part: 0.25, afterMs: 2_500 } as const;

/** The rate with which an evacuation begins. @param most the highest one that is tried. @param least see {@link Reconnects.least} */
export function firstRate(at: number, cap: number, most: number, least: number): AdaptiveRate {
  return { perSecond: within(Math.min(cap * FIRST.ofCap, most * FIRST.ofMost), least, cap), at, raises: 0 };
}

/**
 * The rate that follows what reconnects; undefined where it stays as it is.
 *
 * It is raised in steps while all that were disconnected reconnect in the usual time. Where more are offline than that explains, no more
 * are disconnected until they are back; what reconnected per second meanwhile is what the other set can take, and the rate is a little
 * less than that from then on. After a while more is tried again.
 */
export function nextRate(rate: AdaptiveRate, seen: Reconnects): Adapted | undefined {
  if (rate.isSilent) return afterSilence(rate, seen);
  const { at, cap, least } = seen;
  if (seen.isSilent) return { rate: { ...rate, haltedAt: rate.haltedAt ?? at, isSilent: true } };
  if (rate.haltedAt !== undefined) return afterHalt(rate, rate.haltedAt, seen);
  if (isTooMany(rate, seen)) return { rate: { ...rate, haltedAt: at } };
  const { perSecond, raises, limit } = rate;
  const { meanAway } = seen;
  if (at - rate.at < EVERY_MS || meanAway === undefined) return undefined;
  if ((seen.perSecond ?? 0) < KEEPS_UP * perSecond) return undefined;
  if (!isFirst(rate) && meanAway > MORE.part * usual(rate, seen) + MORE.devices) return undefined;
  const next = within(raised(rate, seen), least, cap);
  if (next <= perSecond) return undefined;
  // The first rate is low: only the devices themselves take their time.
  const learned = isFirst(rate) ? { returnMs: returnMs(seen, (meanAway / perSecond) * 1_000) } : {};
  return { rate: { perSecond: next, at, kept: perSecond, raises: raises + 1, ...(limit && { limit }) }, ...learned };
}

/** Whether it is the rate with which the evacuation began. */
function isFirst({ raises, limit }: AdaptiveRate): boolean {
  return raises === 0 && !limit;
}

/** Whether more devices are offline than the rate explains: at this moment many more, or on average. */
function isTooMany(rate: AdaptiveRate, seen: Reconnects): boolean {
  if (seen.away > tolerated(rate, seen)) return true;
  const isSettled = seen.at - rate.at >= SETTLED_MS;
  return isSettled && !isFirst(rate) && (seen.meanAway ?? 0) > TOO_MANY.part * usual(rate, seen) + TOO_MANY.devices;
}

/** How many devices are offline at this rate where all reconnect in the usual time. */
function usual({ perSecond }: AdaptiveRate, { returnMs = USUAL_MS }: Pick<Reconnects, 'returnMs'>): number {
  return (perSecond * returnMs) / 1_000;
}

/** Most devices that may be offline at this rate. */
function tolerated(rate: AdaptiveRate, seen: Pick<Reconnects, 'returnMs'>): number {
  const slowest = isFirst(rate) ? FIRST_SECONDS * 1_000 : 0;
  const budget = { connectionCap: rate.perSecond, limits: {}, returnMs: Math.max(slowest, seen.returnMs ?? 0) };
  return offlineBudget(budget) ?? Number.POSITIVE_INFINITY;
}

function raised({ perSecond, limit, raises }: AdaptiveRate, { at, cap }: Reconnects): number {
  if (!limit) return perSecond * (perSecond < cap * SEARCH.until ? SEARCH.early : SEARCH.late);
  if (at - limit.at < BELIEVED_MS) return Math.max(perSecond, USED * limit.perSecond);
  return Math.max(perSecond + 1, perSecond * BEYOND[Math.min(raises, BEYOND.length - 1)]!);
}

function afterHalt(rate: AdaptiveRate, haltedAt: number, seen: Reconnects): Adapted | undefined {
  const { at, away, cap, least, taken } = seen;
  if (at - rate.at < RESTART_MS || !taken || taken.sinceBefore === 0) return undefined;
  const limit = limitOf(rate, taken);
  const perSecond = within(Math.min(rate.perSecond, USED * limit), least, cap);
  const next: AdaptiveRate = { perSecond, at, limit: { perSecond: limit, at }, raises: 0 };
  const isOver = away <= RESUME_AT * tolerated(next, seen);
  const hasDwindled = at - haltedAt >= DWINDLED.afterMs && (seen.perSecond ?? limit) < DWINDLED.part * limit;
  if (!isOver && !hasDwindled) return undefined;
  if (!isOver) return { rate: next, returnMs: returnMs(seen, (seen.returnMs ?? 1_000) + (away / perSecond) * 1_000) };
  // As many reconnected as had been disconnected, only later.
  const isLate = limit >= KEEPS_UP * rate.perSecond && seen.returnMs === undefined;
  return { rate: next, ...(isLate && { returnMs: returnMs(seen, at - haltedAt) }) };
}

/**
 * What the other set can take, by a count of a few seconds. Where that is about what it took before the latest raise, that is known
 * better. Where it is much less than before, the other set has become slower.
 */
function limitOf({ kept, limit, perSecond, raises }: AdaptiveRate, { sinceHalt, sinceBefore }: Taken): number {
  const before = raises > 0 ? kept : limit && perSecond;
  if (before === undefined) return sinceBefore;
  if (sinceBefore < STILL_TAKES * before) return SURE * sinceHalt;
  return raises > 0 ? Math.min(before + (perSecond - before) * BETWEEN, Math.max(sinceBefore, before)) : sinceBefore;
}
type Taken = NonNullable<Reconnects['taken']>;

/** A node that did not answer may have got more than it could take, or have hung: what reconnected meanwhile says little. */
function afterSilence(rate: AdaptiveRate, seen: Reconnects): Adapted | undefined {
  const { at, away, cap, least, isSilent } = seen;
  if (isSilent || at - rate.at < RESTART_MS) return undefined;
  const limit = rate.kept ?? rate.perSecond * STILL_TAKES;
  const next: AdaptiveRate = {
    perSecond: within(USED * limit, least, cap),
    at,
    limit: { perSecond: limit, at },
    raises: 0,
  };
  return away <= RESUME_AT * tolerated(next, seen) ? { rate: next } : undefined;
}

function returnMs({ returnMs: known = 0 }: Reconnects, ms: number): number {
  return Math.round(Math.min(MOST_RETURN_MS, Math.max(known, ms)));
}

function within(rate: number, least: number, cap: number): number {
  return Math.min(cap, Math.max(least, Math.round(rate)));
}
