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
 * the credentials were refused or could not be had, `NO_TUNNEL` when it, or a proxy before it, did not take the connection for a
 * WebSocket, else `ECONNRESET`.
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

/** What kubelets say when nothing listens in the pod. */
const NO_LISTENER = /connection refused|failed to (connect|dial|find)|not running|no such/i;

/** How port-forward is spoken over a WebSocket: the first byte of each message is its channel. */
const PROTOCOL = 'v4.channel.k8s.io';
const DATA = 0;

/** How a WebSocket is closed at the end of what it carries: with this status, or with none. @see RFC 6455, 7.4.1 */
const REGULAR = [1000, 1005];

/**
 * One TCP connection to a port of a pod, as the kubelet makes it on behalf of the API server: a port-forward over a WebSocket.
 *
 * That it is open says nothing of the pod: when nothing listens there, the stream ends with an error a moment later.
 */
export class PodStream extends Duplex {
  /** Channels that have named their port: the first message of each holds nothing else. */
  private readonly begun = new Set<number>();

  private constructor(
    private readonly socket: WebSocket,
    private readonly port: number,
  ) {
    super({ allowHalfOpen: false });
    // Before somebody has it in his hands, and after he has let it go, an error is nobody's: it must not end the process.
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

  /** An agent tells the sockets it keeps whether the process shall wait for them. This one's end is not for it to decide. */
  ref(): this {
    return this;
  }

  override _read(): void {
    // The WebSocket pushes.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // What comes too late goes nowhere: why it ended, the end says.
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

  /** What was cut on the way says nothing of the pod: only a regular close is its end. */
  private ended(code: number): void {
    if (REGULAR.includes(code)) this.queueAnswer(() => this.push(null));
    else this.fail(`the connection was cut on the way (${code})`);
  }

  private fail(words: string): void {
    const code = NO_LISTENER.test(words) ? 'ECONNREFUSED' : 'ECONNRESET';
    this.queueAnswer(() => this.destroy(new PodConnectionError(code, `port ${this.port}: ${words}`)));
  }

  /** Ends the stream when whoever opened it has it in his hands: what the kubelet says may come before that. */
  private queueAnswer(end: () => void): void {
    setImmediate(() => {
      if (!this.destroyed) end();
      // An idle stream is read by nobody who would see its end.
      setImmediate(() => this.destroy());
    });
  }
}

/** The API server, or somebody before it, did not take the connection for a WebSocket. */
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

/** What an HTTP status says where a WebSocket was asked for; the others may be the kubelet's, about this one pod. */
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
