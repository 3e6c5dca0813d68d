import { createHash } from 'node:crypto';

const FIRST_MS = 1_000;
const MOST_MS = 30_000;
/** By up to this part of it a wait is shorter, so that those who lost the same server do not come back together. */
const JITTER = 0.25;

/**
 * Milliseconds before the next attempt at what has failed: 1 s, doubled by each further failure, at most 30 s, with jitter. The
 * one rule for all that is asked again, of the API server and of the nodes.
 *
 * @param failures in a row, from 1
 * @param who distinguishes those that may wait for the same; the jitter follows from it, so that equal runs stay equal
 */
export function backOffMs(failures: number, who: string): number {
  const ms = Math.min(MOST_MS, FIRST_MS * 2 ** (failures - 1));
  return Math.round(ms * (1 - JITTER * fraction(`${who} ${failures}`)));
}

/** In [0, 1). */
function fraction(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}
