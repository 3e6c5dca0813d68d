import { AnySignal } from './any-signal';
import type { Clock, ClusterPort } from './ports';
import { OVER } from './time-limit';

/** A change wakes the loop early; changes that come together are handled together. */
const TOGETHER_MS = 100;

/**
 * Waits, or less when something changes in the cluster meanwhile.
 *
 * @returns whether something has changed
 */
export async function changeWithin(
  { clock, cluster }: { clock: Clock; cluster: ClusterPort },
  ms: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const over = new AbortController();
  const either = new AnySignal(signal, over.signal);
  let changed = false;
  try {
    await Promise.race([
      clock.sleep(ms, either.signal),
      cluster.change(over.signal).then(() => {
        changed = true;
      }),
    ]);
  } finally {
    over.abort(OVER);
    either.release();
  }
  if (changed) await clock.sleep(Math.min(ms, TOGETHER_MS), signal);
  return changed;
}
