import { subscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import { Server } from 'node:net';

const CANCEL = '/pulumirpc.ResourceProvider/Cancel';

const listeners = new Set<() => void>();
const watched = new WeakSet<object>();
let isSubscribed = false;

/**
 * Calls back when the Pulumi engine sends Cancel: at the first Ctrl-C, after which it waits for the operation to end. The host of
 * dynamic providers handles Cancel itself and notifies no provider, so it is intercepted where it arrives.
 *
 * Node 24 and later publish HTTP/2 streams, where it is seen; otherwise it is seen at the server of the host, as far as
 * Node exposes it. Cancel also comes at the end of every operation: then nothing is running any more.
 *
 * @returns a function that stops listening
 */
export function onCancel(listener: () => void): () => void {
  watch();
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Starts listening: this must happen before an operation starts that Cancel is to interrupt. */
function watch(): void {
  if (!isSubscribed) {
    isSubscribed = true;
    subscribe('http2.server.stream.start', (message) => see((message as { headers?: Headers }).headers));
  }
  for (const server of http2Servers()) {
    if (watched.has(server)) continue;
    watched.add(server);
    server.on('stream', (_stream: unknown, headers: Headers) => see(headers));
  }
}

type Headers = Readonly<Record<string, unknown>>;

function see(headers: Headers | undefined): void {
  if (headers?.[':path'] !== CANCEL) return;
  for (const listener of listeners) listener();
}

/** Servers of this process that speak HTTP/2; none where Node does not expose its open handles. */
function http2Servers(): EventEmitter[] {
  const { _getActiveHandles: handles } = process as { _getActiveHandles?: () => unknown[] };
  const open = typeof handles === 'function' ? handles.call(process) : [];
  return open.filter(
    (handle): handle is Server => handle instanceof Server && handle.constructor.name === 'Http2Server',
  );
}
