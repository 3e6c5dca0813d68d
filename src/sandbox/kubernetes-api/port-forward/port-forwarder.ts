import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { type Duplex, PassThrough } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Pod } from '../../../simulator/kubernetes/core-types';
import { kinds } from '../../../simulator/kubernetes/kinds';
import type { ObjectStore } from '../../../simulator/kubernetes/object-store';
import { LOOPBACK } from '../../listen';
import { ABSENT_PARTS } from '../absent-parts';
import { badRequest, notHere, Refused } from '../refused';
import { readResourcePath } from '../resource-path';
import { failure, type Status } from '../status';
import { forwardChannels } from './channels';
import type { Dial, PodPort } from './pod-port';
import { forwardStreams } from './spdy-forward';

/** What is spoken over a WebSocket. */
const CHANNELS = 'v4.channel.k8s.io';
/** What is spoken over SPDY. */
const STREAMS = 'portforward.k8s.io';

/**
 * Serves requests to forward ports of pods, which begin with an upgrade of the connection: to a WebSocket, as this project's
 * client asks for, or to SPDY/3.1, as kubectl does. Newer kubectl asks for SPDY within a WebSocket first, and for SPDY alone
 * when that is refused.
 */
export class PortForwarder {
  private readonly webSockets = new WebSocketServer({ noServer: true, handleProtocols: () => CHANNELS });

  constructor(
    private readonly store: ObjectStore,
    private readonly loopbackPortOf: (port: PodPort) => number | undefined,
  ) {}

  /** Takes over the connection, or answers why not. */
  upgrade(url: URL, request: IncomingMessage, socket: Duplex, head: Buffer): Status | undefined {
    try {
      const dial = this.dialOf(url);
      if (request.headers.upgrade?.toLowerCase() === 'spdy/3.1') this.spdy(request, socket, head, dial);
      else this.webSocket(url, request, socket, head, dial);
      return undefined;
    } catch (error) {
      return failure(error);
    }
  }

  private webSocket(url: URL, request: IncomingMessage, socket: Duplex, head: Buffer, dial: Dial): void {
    const offered = tokens(request.headers['sec-websocket-protocol']);
    if (!offered.includes(CHANNELS)) throw badRequest(`over a WebSocket, ports are forwarded by ${CHANNELS}`);
    const ports = url.searchParams.getAll('ports').flatMap((list) => list.split(',').map(Number));
    this.webSockets.handleUpgrade(request, socket, head, (webSocket) => forwardChannels(webSocket, ports, dial));
  }

  private spdy(request: IncomingMessage, socket: Duplex, head: Buffer, dial: Dial): void {
    const offered = tokens(request.headers['x-stream-protocol-version']);
    if (!offered.includes(STREAMS)) throw badRequest(`over SPDY, ports are forwarded by ${STREAMS}`);
    socket.write(
      [
        'HTTP/1.1 101 Switching Protocols',
        'connection: Upgrade',
        'upgrade: SPDY/3.1',
        `x-stream-protocol-version: ${STREAMS}`,
        '\r\n',
      ].join('\r\n'),
    );
    socket.unshift(head);
    forwardStreams(socket, dial);
  }

  private dialOf(url: URL): Dial {
    const path = readResourcePath(url.pathname);
    if (path?.resource.kind !== 'Pod' || path.name === undefined || path.subresource !== 'portforward') {
      throw ABSENT_PARTS[path?.subresource ?? ''] ?? notHere(`${url.pathname} is not served`);
    }
    const { namespace, name } = path;
    const pod = this.store.find<Pod>({ ...kinds.pod, namespace, name });
    if (!pod) throw new Refused(404, 'NotFound', `pods "${name}" not found`);
    return (port) => {
      const target = this.loopbackPortOf({ namespace, pod: name, port });
      return target === undefined
        ? refused(name, port)
        : connect({ host: LOOPBACK, port: target, allowHalfOpen: true });
    };
  }
}

/** The items of a header that is a list. */
function tokens(header: string | string[] | undefined): string[] {
  return String(header ?? '')
    .split(',')
    .map((token) => token.trim());
}

/** A connection to a port on which nothing listens. */
function refused(pod: string, port: number): Duplex {
  const message = `error forwarding port ${port} to pod ${pod}: failed to connect to localhost:${port}: connection refused`;
  return new PassThrough().destroy(new Error(message));
}
