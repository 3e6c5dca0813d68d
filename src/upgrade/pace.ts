import type { Evacuation, Journal, Pace } from './journal';

/** The paces of a run after its journal has changed, with one more where cap or pause changed. */
export function paceAfter(before: Journal, after: Journal, at: number): Pace[] {
  const pace = before.pace ?? [{ at: Math.min(...Object.values(before.began)), perSecond: before.connectionCap }];
  const perSecond = after.paused ? 0 : after.connectionCap;
  return pace.at(-1)?.perSecond === perSecond ? pace : [...pace, { at, perSecond }];
}

/** The caps that applied, one after the other, without the pauses. */
export function capsOf(pace: readonly Pace[]): Pace[] {
  const running = pace.filter(({ perSecond }) => perSecond > 0);
  return running.filter(({ perSecond }, index) => running[index - 1]?.perSecond !== perSecond);
}

/** An evacuation compared with its lower bound. */
export interface Bounded {
  /** Time without the pauses, ms. */
  activeMs: number;
  /** Lower bound under the caps that applied, ms. */
  lowerBoundMs: number;
}

/**
 * Compares a finished evacuation with the caps that applied during it, each for its time. What does not depend on the cap, the wait
 * for takeovers and the sessions, is taken as it was at the beginning.
 */
export function bounded(
  { startedAt, drainedAt = startedAt, lowerBoundMs, moving }: Evacuation,
  pace: readonly Pace[],
): Bounded {
  const spans = pace.flatMap(({ at, perSecond }, index) => {
    const from = index === 0 ? startedAt : Math.max(at, startedAt);
    const to = Math.min(pace[index + 1]?.at ?? drainedAt, drainedAt);
    return perSecond > 0 && to > from ? [{ perSecond, ms: to - from }] : [];
  });
  const activeMs = spans.reduce((sum, { ms }) => sum + ms, 0);
  const [first] = spans;
  if (!first || moving === undefined) return { activeMs: first ? activeMs : drainedAt - startedAt, lowerBoundMs };
  let left = moving;
  let connectionsMs = 0;
  for (const { perSecond, ms } of spans) {
    const most = (perSecond * ms) / 1000;
    connectionsMs += left <= most ? (left / perSecond) * 1000 : ms;
    left = Math.max(0, left - most);
  }
  const atFirst = (moving / first.perSecond) * 1000;
  return { activeMs, lowerBoundMs: Math.ceil(connectionsMs + Math.max(0, lowerBoundMs - atFirst)) };
}
