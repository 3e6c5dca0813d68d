import type { Evacuation, Journal, Pace } from './journal';

/** The paces of a run after its journal has changed, with one more where cap or pause did. */
export function paceAfter(before: Journal, after: Journal, at: number): Pace[] {
  const pace = before.pace ?? [{ at: Math.min(...Object.values(before.began)), perSecond: before.connectionCap }];
  const perSecond = after.paused ? 0 : after.connectionCap;
  return pace.at(-1)?.perSecond === perSecond ? pace : [...pace, { at, perSecond }];
}

/** The caps that held, one after the other, without the pauses. */
export function capsOf(pace: readonly Pace[]): Pace[] {
  const running = pace.filter(({ perSecond }) => perSecond > 0);
  return running.filter(({ perSecond }, index) => running[index - 1]?.perSecond !== perSecond);
}

/** An evacuation held against what was possible. */
export interface Bounded {
  /** Time without the pauses, ms. */
  activeMs: number;
  /** No evacuation under the caps that held ends sooner, ms. */
  lowerBoundMs: number;
}

/**
 * Holds a finished evacuation against the caps that held during it: each for as long as it did. What does not depend on the cap, the wait
 * for takeovers and the sessions, is as it was at the beginning.
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
