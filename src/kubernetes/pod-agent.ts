import { Agent, type ClientRequest, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ClusterAccess } from './cluster-access';
import { PodStream } from './pod-stream';

/** Connections that were idle for this long are closed: the pod closes them, too, and not every kubelet reports that. */
const IDLE_MS = 20_000;

type Connected = (error: Error | null, stream: Duplex) => void;

/**
 * An HTTP agent whose hosts are pods: `http://<pod>.<namespace>:<port>`, reached by port-forward through the API server.
 *
 * A connection is kept for the next request to the same pod, and reopened when it broke. Concurrent requests get
 * connections of their own, so that a request that hangs does not delay others.
 * Kept connections keep the process alive: destroy the agent at the end.
 */
export class PodAgent extends Agent {
  private readonly idle = new WeakMap<Duplex, NodeJS.Timeout>();

  /** @param timeoutMs after which the API server must have opened a connection. */
  constructor(
    private readonly access: ClusterAccess,
    private readonly timeoutMs: number,
  ) {
    super({ keepAlive: true, maxFreeSockets: 1 });
  }

  override createConnection({ host, port }: ClientRequestArgs, connected?: Connected): undefined {
    const dot = (host ?? '').lastIndexOf('.');
    const target = { pod: (host ?? '').slice(0, dot), namespace: (host ?? '').slice(dot + 1), port: Number(port) };
    PodStream.open(this.access, target, this.timeoutMs).then(
      (stream) => {
        stream.once('close', () => clearTimeout(this.idle.get(stream)));
        connected?.(null, stream);
      },
      (error: Error) => connected?.(error, undefined as never),
    );
  }

  // The base class sets options of TCP sockets here, which a stream does not have.
  override keepSocketAlive(stream: Duplex): boolean {
    this.idle.set(stream, setTimeout(() => stream.destroy(), IDLE_MS).unref());
    return true;
  }

  override reuseSocket(stream: Duplex, request: ClientRequest): void {
    clearTimeout(this.idle.get(stream));
    super.reuseSocket(stream, request);
  }
}
