import type { Clock } from '../upgrade';

/** A limit that began when it was made. */
export interface TimeLimit {
  /** Aborts when the time is over, or with the other signal. */
  readonly signal: AbortSignal;
  /** To be called when it is not needed any more. */
  end(): void;
}

/** @param outer what else ends the work */
export function timeLimit(clock: Clock, ms: number, outer?: AbortSignal): TimeLimit {
  const [late, over] = [new AbortController(), new AbortController()];
  clock.sleep(ms, over.signal).then(
    () => late.abort(),
    () => undefined,
  );
  return { signal: outer ? AbortSignal.any([outer, late.signal]) : late.signal, end: () => over.abort() };
}
