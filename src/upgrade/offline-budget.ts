import type { Limits } from './journal';

/**
 * For how long a device is away at least, as the default budget takes it, ms: client libraries wait 1 s after an eviction, and the
 * nodes evict in bursts each second. Measured on three real nodes, 1.3 to 1.5 s of the cap were away at a time at most.
 */
const AWAY_MS = 1_500;

/** Below that many a count says little. */
const FEW = 10;

/** What is added to a return time that was observed. */
const MARGIN = 1.25;

/** A fleet that takes longer than that to come back is moved with halts, ms. */
export const MOST_RETURN_MS = 15_000;

export interface BudgetOf {
  connectionCap: number;
  limits: Pick<Limits, 'offlineBudget'>;
  /** How long devices were seen to take in this run, ms. */
  returnMs?: number | undefined;
}

/**
 * Most devices that may be away at a time; undefined where there is no such limit.
 *
 * By default so many as the cap sends away in the time in which a device comes back: 1.5 s, or longer where this run has seen
 * that its devices take longer.
 */
export function offlineBudget({ connectionCap, limits, returnMs = 0 }: BudgetOf): number | undefined {
  const { offlineBudget: given } = limits;
  if (given === 'none') return undefined;
  if (given !== undefined) return given;
  return Math.ceil((connectionCap * Math.max(AWAY_MS, returnMs * MARGIN)) / 1000) + FEW;
}
