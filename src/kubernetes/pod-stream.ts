import { Duplex, PassThrough, Writable } from 'node:stream';
import { type ClusterAccess, kubernetesClient, readable } from './cluster-access';

/** Names a port of a pod. */
export interface PodPort {
  namespace: string;
  pod: string;
  port: number;
}

/** The part of a WebSocket that is needed here. */
interface Socket {
  onclose: (() => void) | null;
  terminate(): void;
}

/**
 * A connection to a port of a pod could not be made, or was lost. `code` is the one a socket would have given: `ECONNREFUSED`
 * before there was a connection, `ETIMEDOUT` when the API server did not answer, `FORBIDDEN` when it refused (403), `NO_TUNNEL` when
 * it, or a proxy before it, did not take the connection for a WebSocket, else `ECONNRESET`.
 */
export class PodConnectionError extends Error {
  override readonly name = 'PodConnectionError';
  constructor(
    readonly code: 'ECONNREFUSED' | 'ECONNRESET' | 'ETIMEDOUT' | 'FORBIDDEN' | 'NO_TUNNEL',
    message: string,
  ) {
    super(message);
  }
}

/** What kubelets say when nothing listens in the pod. */
const NOBODY_LISTENS = /connection refused|failed to (connect|dial|find)|not running|no such/i;

/** How the WebSocket reports refused credentials. */
const UNAUTHORIZED = /server response: 401\b/;

/**
 * One TCP connection to a port of a pod, as the kubelet makes it on behalf of the API server: a port-forward over a WebSocket.
 *
 * That it is open says nothing of the pod: when nothing listens there, the stream ends with an error a moment later.
 */
export class PodStream extends Duplex {
  private readonly toPod = new PassThrough();
  private socket: Socket | undefined;

  private constructor() {
    super({ allowHalfOpen: false });
  }

  /**
   * @param timeoutMs after which the API server must have answered.
   * @throws PodConnectionError
   */
  static async open(access: ClusterAccess, target: PodPort, timeoutMs: number): Promise<PodStream> {
    const { generation } = access;
    return PodStream.attempt(access, target, timeoutMs).catch(async (error: PodConnectionError) => {
      if (!UNAUTHORIZED.test(error.message)) throw error;
      await access.renew(generation); // once, as for any request
      return PodStream.attempt(access, target, timeoutMs);
    });
  }

  private static async attempt(access: ClusterAccess, target: PodPort, timeoutMs: number): Promise<PodStream> {
    const { namespace, pod, port } = target;
    const stream = new PodStream();
    const output = sink((chunk) => stream.push(chunk));
    const errors = sink((chunk) => stream.fail(port, chunk.toString().trim()));
    // The client has no time limit of its own for the handshake.
    const config = Object.create(access.config, {
      applyToHTTPSOptions: {
        value: async (options: object) => {
          await access.config.applyToHTTPSOptions(options);
          Object.assign(options, { handshakeTimeout: timeoutMs });
        },
      },
    }) as typeof access.config;
    try {
      const { PortForward } = await kubernetesClient();
      const forward = new PortForward(config);
      const socket = (await forward.portForward(namespace, pod, [port], output, errors, stream.toPod)) as Socket;
      stream.attach(socket);
      return stream;
    } catch (error) {
      stream.destroy();
      const words = readable(error);
      throw new PodConnectionError(codeOf(words), `port ${port}: ${words}`);
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
    this.toPod.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.toPod.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.socket?.terminate();
    done(error);
  }

  private attach(socket: Socket): void {
    this.socket = socket;
    if (this.destroyed) socket.terminate();
    socket.onclose = () => this.soon(() => this.push(null));
  }

  private fail(port: number, words: string): void {
    const code = NOBODY_LISTENS.test(words) ? 'ECONNREFUSED' : 'ECONNRESET';
    this.soon(() => this.destroy(new PodConnectionError(code, `port ${port}: ${words}`)));
  }

  /** Ends the stream when whoever opened it has it in his hands: what the kubelet says may come before that. */
  private soon(end: () => void): void {
    setImmediate(() => {
      if (!this.destroyed) end();
      // An idle stream is read by nobody who would see its end.
      setImmediate(() => this.destroy());
    });
  }
}

/** What an HTTP status says where a WebSocket was asked for; the others may be the kubelet's, about this one pod. */
const STATUS_CODES: Readonly<Record<string, PodConnectionError['code']>> = {
  200: 'NO_TUNNEL',
  400: 'NO_TUNNEL',
  403: 'FORBIDDEN',
  426: 'NO_TUNNEL',
  502: 'NO_TUNNEL',
};

function codeOf(words: string): PodConnectionError['code'] {
  const status = /unexpected server response: (\d+)/i.exec(words)?.[1];
  if (status !== undefined) return STATUS_CODES[status] ?? 'ECONNREFUSED';
  return /timed out/i.test(words) ? 'ETIMEDOUT' : 'ECONNREFUSED';
}

function sink(take: (chunk: Buffer) => void): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      // Each channel begins with a frame that names the port, of which nothing is left here.
      if (chunk.length > 0) take(chunk);
      done();
    },
  });
}
