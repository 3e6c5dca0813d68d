import { subscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import { Server } from 'node:net';

const CANCEL = '/pulumirpc.ResourceProvider/Cancel';

const listeners = new Set<() => void>();
const watched = new WeakSet<object>();
let isSubscribed = false;

/**
 * Calls back when the Pulumi engine sends Cancel: at the first Ctrl-C, and then it waits for the operation to end. The host of
 * dynamic providers answers Cancel itself and tells no provider, so it is seen where it arrives.
 *
 * Where Node tells of HTTP/2 streams (24 and later) it is seen there; elsewhere at the server that the host listens with, as far as
 * Node shows it. Cancel comes at the end of every operation, too: then nothing runs any more.
 *
 * @returns stops it
 */
export function onCancel(listener: () => void): () => void {
  watch();
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Begins to look: an operation that is under way when Cancel comes must have been preceded by it. */
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

/** Servers of this process that speak HTTP/2; none where Node does not show what it holds open. */
function http2Servers(): EventEmitter[] {
  const { _getActiveHandles: handles } = process as { _getActiveHandles?: () => unknown[] };
  const open = typeof handles === 'function' ? handles.call(process) : [];
  return open.filter(
    (handle): handle is Server => handle instanceof Server && handle.constructor.name === 'Http2Server',
  );
}
