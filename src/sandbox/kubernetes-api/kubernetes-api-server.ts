import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { stringify } from 'yaml';
import type { ObjectStore } from '../../simulator/kubernetes/object-store';
import { closed, LOOPBACK, listen } from '../listen';
import { KubernetesApi } from './kubernetes-api';
import type { KubernetesAnswer } from './kubernetes-request';
import type { PodPort } from './port-forward/pod-port';
import { PortForwarder } from './port-forward/port-forwarder';
import { Refused } from './refused';
import { seed } from './seed';
import { failure, type Status } from './status';

export interface KubernetesApiOptions {
  store: ObjectStore;
  /** The namespace that the operator watches, and that of the kubeconfig's context. @default 'default' */
  namespace?: string;
  /** The loopback port that a port of a pod is served on; undefined when nothing listens there. */
  loopbackPortOf: (port: PodPort) => number | undefined;
}

/** How long a real API server keeps an idle connection. */
const KEEP_ALIVE_MS = 90_000;

/** Name of cluster, user and context in the kubeconfig. */
export const KUBECONFIG_NAME = 'emqx-blue-green-sandbox';

/**
 * A subset of the Kubernetes API over a simulated cluster, on a loopback port, for kubectl and other clients.
 *
 * Clients authenticate by the path of the address, which begins with a random word: kubectl sends no token over plain HTTP.
 *
 * It completes and checks each EmqxEnterprise as the operator's webhooks do, regardless of who writes it to the store.
 */
export class KubernetesApiServer {
  private readonly server: Server;
  private readonly api: KubernetesApi;
  private readonly forwarder: PortForwarder;
  private readonly secret = randomBytes(16).toString('hex');
  private readonly upgraded = new Set<Duplex>();
  private readonly namespace: string;
  private port: number | undefined;

  constructor(private readonly options: KubernetesApiOptions) {
    this.namespace = options.namespace ?? 'default';
    this.api = new KubernetesApi(options.store, this.namespace);
    this.forwarder = new PortForwarder(options.store, options.loopbackPortOf);
    this.server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      response.setHeader('date', new Date(options.store.now).toUTCString());
      this.serve(request, response).catch(() => response.destroy());
    });
    this.server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
    this.server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** The address of the API; undefined while it does not listen. Anyone who knows it has full access. */
  get url(): string | undefined {
    return this.port === undefined ? undefined : `http://${LOOPBACK}:${this.port}/${this.secret}`;
  }

  /** Listens, and adds to the cluster what a new one has: namespaces, and the definitions of the operator's resources. */
  async start(): Promise<void> {
    seed(this.options.store, this.namespace);
    this.port = await listen(this.server);
  }

  /** Closes the port and all connections, watches and port-forwards among them. */
  async stop(): Promise<void> {
    if (this.port === undefined) return;
    this.port = undefined;
    const done = closed(this.server);
    for (const socket of this.upgraded) socket.destroy();
    this.server.closeAllConnections();
    await done;
  }

  /**
   * A kubeconfig with this server as its only cluster, as YAML.
   *
   * @throws Error before `start`
   */
  kubeconfig(): string {
    if (this.url === undefined) throw new Error('the Kubernetes API does not listen');
    const name = KUBECONFIG_NAME;
    return stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: { server: this.url } }],
      users: [{ name, user: {} }],
      contexts: [{ name, context: { cluster: name, user: name, namespace: this.namespace } }],
      'current-context': name,
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = this.entered(request);
    if (!url) {
      send(response, { status: STRANGER.code, body: STRANGER });
      return;
    }
    const bytes = await buffer(request);
    const { method = '', headers } = request;
    const answer = this.api.answer({ method, url, headers, body: bytes.toString(), bytes });
    if (!('watch' in answer)) {
      send(response, answer);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const stop = answer.watch.start(
      (line) => response.write(`${JSON.stringify(line)}\n`),
      () => response.end(),
    );
    response.on('close', stop);
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.upgraded.add(socket);
    socket.once('close', () => this.upgraded.delete(socket));
    socket.on('error', () => undefined); // 'close' comes after it
    const url = this.entered(request);
    const refusal = url ? this.forwarder.upgrade(url, request, socket, head) : STRANGER;
    if (refusal) socket.end(asText(refusal));
  }

  /** The address without the secret; undefined if the secret is wrong. */
  private entered(request: IncomingMessage): URL | undefined {
    const url = request.url ?? '';
    const rest = url.startsWith(`/${this.secret}`) ? url.slice(this.secret.length + 1) : '';
    return rest.startsWith('/') ? new URL(`http://${LOOPBACK}${rest}`) : undefined;
  }
}

const STRANGER: Status = failure(
  new Refused(401, 'Unauthorized', 'the sandbox of emqx-blue-green answers only at the full address in its kubeconfig'),
);

function send(response: ServerResponse, answer: Exclude<KubernetesAnswer, { watch: unknown }>): void {
  // A header holds ASCII only.
  const warnings = (answer.warnings ?? []).map((text) => `299 - ${JSON.stringify(text).replace(/[^ -~]/g, '?')}`);
  if (warnings.length > 0) response.setHeader('warning', warnings);
  response
    .writeHead(answer.status, { 'content-type': 'application/json' })
    .end(answer.body && JSON.stringify(answer.body));
}

/** A whole answer to a request for an upgrade, which ends the connection. */
function asText(status: Status): string {
  const body = JSON.stringify(status);
  const head = [
    `HTTP/1.1 ${status.code} ${status.reason}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
