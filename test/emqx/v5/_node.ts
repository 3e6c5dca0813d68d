import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BaseUrlTransport } from '../../../src/emqx/base-url-transport';
import type { Credentials } from '../../../src/emqx/management-api';
import { Emqx5Client } from '../../../src/emqx/v5/client';

/** An answer of a node: JSON, or text as it is. */
export interface Answer {
  status: number;
  json?: unknown;
  text?: string;
}

export const json = (body: unknown, status = 200): Answer => ({ status, json: body });
export const declined = (status: number, code: string | number, message: string): Answer =>
  json({ code, message }, status);
/** What a path answers that the node does not have. */
export const NO_PAGE: Answer = {
  status: 404,
  text: '<html><head><title>404 - NOT FOUND</title></head><body><h1>404 - NOT FOUND</h1></body></html>',
};

export interface Request {
  method: string;
  path: string;
  authorization: string | undefined;
  contentType: string | undefined;
  body: string;
}

/** The key and the secret of the operator, as the bootstrap file has them. */
export const KEY = { id: 'emqx-operator-controller', secret: 's3cr3t'.repeat(10) };
export const POD = 'emqx-core-abc-0';

/** A node on a loopback port that answers each path as given; a list is answered in its order, its last item from then on. */
export class LoopbackNode {
  readonly requests: Request[] = [];
  /** By method and path behind `/api/v5`, as `GET /nodes`. */
  answers: Record<string, Answer | Answer[]> = {};
  /** API keys that it does not know. */
  refused: readonly string[] = [];
  private readonly counts = new Map<string, number>();

  private constructor(private readonly server: Server) {
    server.on('request', (incoming, response) => {
      void this.take(incoming).then(({ status, json: body, text }) => {
        if (status === 0) return incoming.socket.destroy();
        const type = text === undefined ? { 'content-type': 'application/json' } : {};
        return response.writeHead(status, type).end(text ?? (body === undefined ? undefined : JSON.stringify(body)));
      });
    });
  }

  static async listen(answers: LoopbackNode['answers'] = {}): Promise<LoopbackNode> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const node = new LoopbackNode(server);
    node.answers = answers;
    return node;
  }

  client(
    credentials = () => Promise.resolve(KEY),
    ownCredentials: () => Promise<Credentials | undefined> = () => Promise.resolve(undefined),
  ): Emqx5Client {
    const url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    const transport = new BaseUrlTransport(() => url);
    return new Emqx5Client({ transport, namespace: 'mqtt', credentials, ownCredentials });
  }

  /** Methods and paths of the requests until now. */
  get asked(): string[] {
    return this.requests.map(({ method, path }) => `${method} ${path.replace('/api/v5', '')}`);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(incoming: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = incoming;
    const { authorization, 'content-type': contentType } = headers;
    this.requests.push({ method, path, authorization, contentType, body: Buffer.concat(chunks).toString() });
    if (!path.startsWith('/api/v5/')) return NO_PAGE;
    if (this.refused.includes(idOf(authorization)))
      return declined(401, 'BAD_API_KEY_OR_SECRET', 'Check api_key/api_secret');
    const key = `${method} ${path.replace('/api/v5', '')}`;
    const given = this.answers[key] ?? NO_PAGE;
    const index = this.counts.get(key) ?? 0;
    this.counts.set(key, index + 1);
    return Array.isArray(given) ? given[Math.min(index, given.length - 1)]! : given;
  }
}

/** The key by which a request was made. */
export function idOf(authorization: string | undefined): string {
  return Buffer.from(authorization?.split(' ')[1] ?? '', 'base64')
    .toString()
    .split(':')[0]!;
}
