import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type ConnectOptions, connect, type KubeClient } from '../../src/kubernetes/client';
import type { Clock } from '../../src/upgrade';

export interface Asked {
  method: string;
  /** Path and query, decoded. */
  url: string;
  type?: string;
  authorization?: string;
  body?: unknown;
}

export type Answer = (asked: Asked, response: ServerResponse, incoming: IncomingMessage) => void;

const ends: (() => void)[] = [];

/** Has something done when the test is over. */
export function atEnd(end: () => void): void {
  ends.push(end);
}

/** To be called after each test. */
export function endAll(): void {
  for (const end of ends.splice(0)) end();
}

/** A file that is gone after the test. */
export function temporaryFile(content: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'kube-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'file');
  writeFileSync(file, content);
  return file;
}

export function kubeconfig(server: string, user: object = { token: 'secret-token' }): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server } }],
    users: [{ name: 'me', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'me', namespace: 'mqtt' } }],
    'current-context': 'test',
  };
}

/** A server on loopback that answers as told, and a client of it whose waits take no time. */
export async function fakeServer(answer: Answer, options: ConnectOptions & { user?: object } = {}) {
  const asked: Asked[] = [];
  let connections = 0;
  const take = async (incoming: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = incoming;
    const body = await text(incoming);
    const request: Asked = {
      method,
      url: decodeURIComponent(url),
      ...(headers['content-type'] && { type: headers['content-type'] }),
      ...(headers.authorization && { authorization: headers.authorization }),
      ...(body && { body: JSON.parse(body) as unknown }),
    };
    asked.push(request);
    answer(request, response, incoming);
  };
  const server = createServer((incoming, response) => void take(incoming, response));
  server.on('connection', () => {
    connections++;
  });
  const url = await listening(server);
  const slept: number[] = [];
  const clock: Clock = {
    now: () => 0,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
    },
  };
  const file = temporaryFile(JSON.stringify(kubeconfig(url, options.user)));
  const api = await client({ kubeconfig: file, clock, ...options });
  return { server, url, asked, slept, api, connections: () => connections };
}

export async function client(options: ConnectOptions): Promise<KubeClient> {
  const api = await connect(options);
  atEnd(() => api.close());
  return api;
}

/** Base URL of a server, once it listens on loopback. */
export async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Answers without an end, until nobody reads any more. */
export function endlessly(response: ServerResponse): void {
  const chunk = Buffer.alloc(2 ** 20, ' ');
  const go = () => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', go);
  };
  go();
}

/** What a promise rejects with. */
export async function rejection(work: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  return work.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: unknown) => error as Error & Record<string, unknown>,
  );
}
