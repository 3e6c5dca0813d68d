/** The longest timer of Node, ms: about 24 days. */
const LONGEST_MS = 2 ** 31 - 1;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * A time as kubectl's `--request-timeout` accepts it, in ms: `30s`, `1m30s`, a number of seconds, or 0 for no timeout; undefined
 * if it is none.
 */
export function requestTimeoutMs(text: string): number | undefined {
  if (/^\d+$/.test(text)) return atMost(Number(text) * 1_000);
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  return atMost(parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit!]!, 0));
}

function atMost(ms: number): number {
  return ms === 0 ? LONGEST_MS : Math.min(Math.max(1, Math.round(ms)), LONGEST_MS);
}
