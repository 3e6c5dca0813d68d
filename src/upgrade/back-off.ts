import { createHash } from 'node:crypto';

const FIRST_MS = 1_000;
const MOST_MS = 30_000;
/** A wait is shortened by up to this fraction, so that clients of the same server do not retry together. */
const JITTER = 0.25;

/**
 * Milliseconds before the next attempt: 1 s, doubled by each further failure, at most 30 s, with jitter. The
 * one rule for all retries, with the API server and with the nodes.
 *
 * @param failures in a row, from 1
 * @param who distinguishes callers that wait for the same; the jitter depends on it alone, so that equal runs stay equal
 */
export function backOffMs(failures: number, who: string): number {
  const ms = Math.min(MOST_MS, FIRST_MS * 2 ** (failures - 1));
  return Math.round(ms * (1 - JITTER * fraction(`${who} ${failures}`)));
}

/** In [0, 1). */
function fraction(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}
