import { setTimeout as wait } from 'node:timers/promises';

/** Between two looks, in ms. */
const EVERY_MS = 250;

/** After which nobody believes any more that it comes. */
const PATIENCE_MS = 1_500_000;

/** Resolves with what is looked for once it is there. @throws Error when it does not come */
export async function until<T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<Awaited<T>>> {
  for (let looks = 0; looks < PATIENCE_MS / EVERY_MS; looks++) {
    const found = await look();
    if (found) return found;
    await wait(EVERY_MS);
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Ends at the latest when nobody believes any more in what is waited for. */
export function patience(): AbortSignal {
  return AbortSignal.timeout(PATIENCE_MS);
}

/** Rejects then, so that what a test has begun can be ended. */
export async function lostPatience(): Promise<never> {
  await wait(PATIENCE_MS, undefined, { ref: false });
  throw new Error('waited in vain');
}
