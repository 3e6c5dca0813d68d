import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type EmqxResponse, TransportError } from '../emqx/transport';
import type { ApiRequest } from '../simulator/emqx/http/api-request';
import { closed, LOOPBACK, listen } from './listen';

/** A node as its management API sees it. */
export interface ManagedNode {
  handle(request: ApiRequest): EmqxResponse | Promise<EmqxResponse>;
}

const MAX_BODY_BYTES = 1024 * 1024;
/** How long EMQX 4.4 keeps an idle connection. */
const KEEP_ALIVE_MS = 60_000;

/** The management API of one simulated node (EMQX 4.4's port 8081, the dashboard's of EMQX 5 and 6) on a loopback port of its own. */
export class ManagementApiServer {
  private readonly server: Server;
  private url: string | undefined;
  private started: Promise<void> | undefined;

  constructor(private readonly node: ManagedNode) {
    this.server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      this.serve(request, response).catch((error: unknown) => {
        // The node ended during the request: the connection ends with it.
        if (error instanceof TransportError) request.socket.resetAndDestroy();
        else if (response.headersSent) request.socket.destroy();
        else response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal Error');
      });
    });
    this.server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** `http://127.0.0.1:<port>`; undefined while it does not listen. */
  get baseUrl(): string | undefined {
    return this.url;
  }

  start(): Promise<void> {
    this.started = listen(this.server).then((port) => {
      this.url = `http://${LOOPBACK}:${port}`;
    });
    return this.started;
  }

  /** Closes the port and its connections, those with a request under way too. */
  async stop(): Promise<void> {
    await this.started?.catch(() => undefined);
    this.url = undefined;
    const done = closed(this.server);
    this.server.closeAllConnections();
    await done;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    if (body === undefined) {
      response.writeHead(413, { 'content-type': 'text/plain', connection: 'close' }).end('Request Entity Too Large');
      return;
    }
    const answer = await this.node.handle({
      method: request.method!,
      path: request.url!,
      headers: headersOf(request),
      ...(body === '' ? {} : { body }),
    });
    response.writeHead(answer.status, { ...answer.headers }).end(answer.body);
  }
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/** The whole body as text; undefined when it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
