import { connect } from 'node:net';

/** Between two tries to reach the engine, ms. */
const EVERY_MS = 5_000;

/** After so many refused connections in a row the engine is gone. */
const REFUSALS = 2;

let busy = 0;

/** Notes that an operation runs, which must not be cut off. @returns to be called at its end */
export function keepAlive(): () => void {
  busy++;
  return () => {
    busy--;
  };
}

/**
 * Ends this process once the Pulumi engine is gone and no operation runs any more: an engine that is killed with SIGKILL leaves its
 * providers behind, which nothing else ends. Only in the host of dynamic providers, which is started with the engine's address.
 *
 * @param address of the engine. @default - what the host was started with
 */
export function endWithEngine(address: string | undefined = process.argv[2]): void {
  const [, host, port] = /^(.*):(\d+)$/.exec(address ?? '') ?? [];
  if (host === undefined || !/dynamic-provider/.test(require.main?.filename ?? '')) return;
  let refusals = 0;
  const timer = setInterval(() => {
    const socket = connect({ host, port: Number(port) });
    socket.unref();
    socket.once('connect', () => {
      refusals = 0;
      socket.destroy();
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      refusals = code === 'ECONNREFUSED' ? refusals + 1 : 0;
      if (refusals >= REFUSALS && busy === 0) process.exit(0);
    });
  }, EVERY_MS);
  timer.unref();
}
