import type { Limits } from './journal';

/**
 * For how long a device is offline at least, as the default budget assumes, ms: client libraries wait 1 s after an eviction, and the
 * nodes evict in bursts each second. Measured on three real nodes, at most 1.3 to 1.5 s of the cap were offline at a time.
 */
const AWAY_MS = 1_500;

/** Smaller counts say little. */
const FEW = 10;

/** What is added to an observed return time. */
const MARGIN = 1.25;

/** A fleet that takes longer to reconnect is moved with pauses, ms. */
export const MOST_RETURN_MS = 15_000;

export interface BudgetOf {
  connectionCap: number;
  limits: Pick<Limits, 'offlineBudget'>;
  /** How long devices were seen to take to reconnect in this run, ms. */
  returnMs?: number | undefined;
}

/**
 * Most devices that may be offline at a time; undefined where there is no such limit.
 *
 * By default as many as the cap disconnects in the time that a device needs to reconnect: 1.5 s, or longer where this run has seen
 * that its devices take longer.
 */
export function offlineBudget({ connectionCap, limits, returnMs = 0 }: BudgetOf): number | undefined {
  const { offlineBudget: given } = limits;
  if (given === 'none') return undefined;
  if (given !== undefined) return given;
  return Math.ceil((connectionCap * Math.max(AWAY_MS, returnMs * MARGIN)) / 1000) + FEW;
}
