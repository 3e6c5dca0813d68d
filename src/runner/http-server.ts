import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

/** What the server answers from. */
export interface Served {
  registry: Registry;
  /** Why the runner is not well, or cannot work yet; undefined while all is well. */
  sickness: () => string | undefined;
  unreadiness: () => string | undefined;
}

/** A server that listens. */
export interface Listening {
  port: number;
  close(): Promise<void>;
}

/**
 * Serves `/metrics`, `/healthz` and `/readyz` over HTTP.
 *
 * @param port 0 for any free port
 * @throws Error when the port cannot be opened
 */
export async function serve(served: Served, port: number, host?: string): Promise<Listening> {
  const server = createServer((request, response) => {
    const [path] = (request.url ?? '').split('?');
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'only GET is allowed');
    if (path === '/healthz') return health(response, served.sickness());
    if (path === '/readyz') return health(response, served.unreadiness());
    if (path !== '/metrics') return answer(response, 404, 'there are /metrics, /healthz and /readyz');
    served.registry.metrics().then(
      (text) => answer(response, 200, text, served.registry.contentType),
      () => answer(response, 500, 'the metrics cannot be written'),
    );
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) };
}

function health(response: ServerResponse, problem: string | undefined): void {
  answer(response, problem === undefined ? 200 : 503, problem ?? 'ok');
}

function answer(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(`${text.trimEnd()}\n`);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
