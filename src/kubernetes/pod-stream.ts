import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import type { ClusterAccess } from './cluster-access';
import { refusal } from './kube-error';
import { CredentialsError, readable } from './kubeconfig/kubeconfig-error';

/** Names a port of a pod. */
export interface PodPort {
  namespace: string;
  pod: string;
  port: number;
}

/**
 * A connection to a port of a pod could not be made, or was lost. `code` is the one a socket would have given: `ECONNREFUSED`
 * before there was a connection, `ETIMEDOUT` when the API server did not answer, `FORBIDDEN` when it refused (403), `UNAUTHORIZED` when
 * the credentials were refused or could not be obtained, `NO_TUNNEL` when it, or a proxy in front of it, did not accept the connection
 * as a WebSocket, otherwise `ECONNRESET`.
 */
export class PodConnectionError extends Error {
  override readonly name = 'PodConnectionError';
  constructor(
    readonly code: 'ECONNREFUSED' | 'ECONNRESET' | 'ETIMEDOUT' | 'FORBIDDEN' | 'NO_TUNNEL' | 'UNAUTHORIZED',
    message: string,
  ) {
    super(message);
  }
}

/** What kubelets report when nothing listens in the pod. */
const NO_LISTENER = /connection refused|failed to (connect|dial|find)|not running|no such/i;

/** The port-forward protocol over a WebSocket: the first byte of each message is its channel. */
const PROTOCOL = 'v4.channel.k8s.io';
const DATA = 0;

/** The status of a regular close of a WebSocket, which may also have none. @see RFC 6455, 7.4.1 */
const REGULAR = [1000, 1005];

/**
 * One TCP connection to a port of a pod, as the kubelet makes it on behalf of the API server: a port-forward over a WebSocket.
 *
 * An open stream says nothing about the pod: when nothing listens there, it ends with an error a moment later.
 */
export class PodStream extends Duplex {
  /** Channels that have sent their port number, the only content of their first message. */
  private readonly begun = new Set<number>();

  private constructor(
    private readonly socket: WebSocket,
    private readonly port: number,
  ) {
    super({ allowHalfOpen: false });
    // Before the caller has the stream, and after it has destroyed it, an error must not end the process.
    this.on('error', () => undefined);
    // An error is followed by the close.
    socket.on('error', () => undefined);
    socket.on('message', (data) => this.receive(data as Buffer));
    socket.on('close', (code) => this.ended(code));
  }

  /**
   * @param timeoutMs after which the API server must have answered.
   * @throws PodConnectionError
   */
  static async open(access: ClusterAccess, target: PodPort, timeoutMs: number): Promise<PodStream> {
    const { generation } = access;
    return PodStream.attempt(access, target, timeoutMs).catch(async (error: PodConnectionError) => {
      if (error.code !== 'UNAUTHORIZED') throw error;
      access.renew(generation); // once, as for any request
      return PodStream.attempt(access, target, timeoutMs);
    });
  }

  private static async attempt(access: ClusterAccess, target: PodPort, timeoutMs: number): Promise<PodStream> {
    const { namespace, pod, port } = target;
    try {
      const path = `/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${port}`;
      const options = {
        ...(await access.request(AbortSignal.timeout(timeoutMs))),
        handshakeTimeout: timeoutMs,
        perMessageDeflate: false,
      };
      const socket = new WebSocket(access.server.replace(/^http/, 'ws') + path, PROTOCOL, options);
      const stream = new PodStream(socket, port);
      await opened(socket);
      return stream;
    } catch (error) {
      const words = error instanceof Refused ? error.message : readable(error);
      throw new PodConnectionError(codeOf(error), `port ${port}: ${words}`);
    }
  }

  /** An agent calls this on kept sockets to say whether the process waits for them. Not supported here. */
  ref(): this {
    return this;
  }

  override _read(): void {
    // The WebSocket pushes.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // Late data is dropped: the close says why the stream ended.
    if (this.socket.readyState !== WebSocket.OPEN) done();
    else this.socket.send(Buffer.concat([Buffer.from([DATA]), chunk]), done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.socket.terminate();
    done(error);
  }

  private receive(message: Buffer): void {
    const channel = message[0] ?? DATA;
    if (!this.begun.has(channel)) {
      this.begun.add(channel);
      return;
    }
    const content = message.subarray(1);
    if (content.length === 0) return;
    if (channel === DATA) this.push(content);
    else this.fail(content.toString().trim());
  }

  /** A broken connection says nothing about the pod: only a regular close is the end of the stream. */
  private ended(code: number): void {
    if (REGULAR.includes(code)) this.queueAnswer(() => this.push(null));
    else this.fail(`the connection was cut on the way (${code})`);
  }

  private fail(words: string): void {
    const code = NO_LISTENER.test(words) ? 'ECONNREFUSED' : 'ECONNRESET';
    this.queueAnswer(() => this.destroy(new PodConnectionError(code, `port ${this.port}: ${words}`)));
  }

  /** Ends the stream once the caller has it: the kubelet's answer may come earlier. */
  private queueAnswer(end: () => void): void {
    setImmediate(() => {
      if (!this.destroyed) end();
      // Nothing reads an idle stream, so its end would go unnoticed.
      setImmediate(() => this.destroy());
    });
  }
}

/** The API server, or a proxy in front of it, did not accept the connection as a WebSocket. */
class Refused extends Error {
  constructor(
    readonly status: number,
    words: string,
  ) {
    super(`the answer to a WebSocket was ${status}${words ? `: ${words}` : ''}`);
  }
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (_, response: IncomingMessage) => {
      const { statusCode = 0 } = response;
      text(response)
        .then((body) => reject(new Refused(statusCode, refusal(statusCode, body).message)), reject)
        .finally(() => socket.terminate());
    });
  });
}

/** The meaning of an HTTP status in answer to a WebSocket request; other statuses may be the kubelet's, about this pod. */
const STATUS_CODES: Readonly<Record<number, PodConnectionError['code']>> = {
  200: 'NO_TUNNEL',
  400: 'NO_TUNNEL',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  426: 'NO_TUNNEL',
  502: 'NO_TUNNEL',
};

function codeOf(error: unknown): PodConnectionError['code'] {
  if (error instanceof CredentialsError) return 'UNAUTHORIZED';
  if (error instanceof Refused) return STATUS_CODES[error.status] ?? 'ECONNREFUSED';
  const { name, message } = error as Error;
  return name === 'TimeoutError' || /timed out/i.test(message) ? 'ETIMEDOUT' : 'ECONNREFUSED';
}
