import { connect } from 'node:net';

/** Between two tries to reach the engine, ms. */
const EVERY_MS = 5_000;

/** After so many refused connections in a row the engine is gone: well within the 30 s of a lease. */
const REFUSALS = 2;

/** Tries to reach the engine now; nothing where it is not watched. */
let probe: () => void = () => undefined;

/** Looks at once whether the engine is still there: something that was sent to it did not arrive. */
export function suspectEngine(): void {
  probe();
}

/** What runs, by what it wants to be called when the engine is gone. */
const running = new Set<() => void>();

/**
 * Notes that an operation runs, which must not be cut off.
 *
 * @param gone called once the engine is gone: nothing waits for this operation any more
 * @returns to be called at its end
 */
export function keepAlive(gone: () => void): () => void {
  const operation = () => gone();
  running.add(operation);
  return () => running.delete(operation);
}

/**
 * Ends what runs once the Pulumi engine is gone, and then this process: an engine that is killed with SIGKILL leaves its providers
 * behind, which nothing else ends. Only in the host of dynamic providers, which is started with the engine's address.
 *
 * @param address of the engine. @default - what the host was started with
 */
export function endWithEngine(address: string | undefined = process.argv[2]): void {
  const [, host, port] = /^(.*):(\d+)$/.exec(address ?? '') ?? [];
  if (host === undefined || !/dynamic-provider/.test(require.main?.filename ?? '')) return;
  let wasReached = false;
  let refusals = 0;
  const tryToReach = (whenGone: () => void) => {
    const socket = connect({ host, port: Number(port) });
    socket.unref();
    socket.once('connect', () => {
      wasReached = true;
      refusals = 0;
      socket.destroy();
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      refusals = code === 'ECONNREFUSED' ? refusals + 1 : 0;
      if (!wasReached || refusals < REFUSALS) return;
      if (refusals === REFUSALS) for (const gone of running) gone();
      whenGone();
    });
  };
  probe = () => tryToReach(() => undefined);
  probe();
  const endWhenIdle = () => {
    if (running.size === 0) process.exit(0);
  };
  setInterval(() => tryToReach(endWhenIdle), EVERY_MS).unref();
}
