import { setMaxListeners } from 'node:events';
import { AnySignal } from './any-signal';
import type { Clock } from './ports';

/**
 * Why a wait ends that nobody needs any more. Without a reason of its own each abort would create an error with its stack, for waits that
 * end several times a second.
 */
export const OVER = new Error('no longer waited for');

/**
 * Does some work within a time limit, on the given clock.
 *
 * @param work is to end when its signal aborts; whether it does or not, nobody waits for it any longer
 * @throws Error when the time is over; otherwise what the work throws
 */
export async function within<T>(
  clock: Clock,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const [late, done] = [new AbortController(), new AbortController()];
  const either = new AnySignal(signal, late.signal);
  setMaxListeners(0, either.signal); // every request of the work is one
  const expired = new Promise<never>((_, reject) => {
    clock.sleep(limitMs, done.signal).then(
      () => {
        const error = new Error(`no answer within ${limitMs / 1_000} s`);
        late.abort(error);
        reject(error);
      },
      () => undefined, // the work has ended
    );
  });
  try {
    return await Promise.race([work(either.signal), expired]);
  } finally {
    done.abort(OVER);
    either.release();
  }
}
