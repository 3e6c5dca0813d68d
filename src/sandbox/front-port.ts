import { createServer, type Server, type Socket } from 'node:net';
import type { Destination } from '../simulator/traffic-front';
import { closed, listen } from './listen';
import type { MqttListener } from './mqtt/mqtt-listener';

/** Where the next connection ends up; undefined while the Service has no endpoint. */
export interface Front {
  route(): { destination: Destination } | undefined;
}

export interface FrontPortOptions {
  front: Front;
  mqtt: MqttListener;
}

/** The port a server got. */
export interface BoundPort {
  port: number;
  /** Whether it is another port than the one asked for, because that was taken. */
  isSubstitute: boolean;
}

/**
 * A NodePort of the sandbox, on the loopback interface.
 *
 * Each accepted socket is handed to the node that the front picks, in this process, as DNAT does: no byte is copied, and
 * a client costs two file descriptors. Without an endpoint, or when nothing listens in the pod, the socket is reset at
 * once; a pod that drops its packets lets the client wait.
 */
export class FrontPort {
  private readonly sockets = new Set<Socket>();
  private server: Server;
  private started: Promise<BoundPort> | undefined;

  constructor(private readonly options: FrontPortOptions) {
    this.server = this.newServer();
  }

  /** @param wanted the port to listen on; another free one is taken when somebody else has it. @default 32010 */
  start(wanted = 32_010): Promise<BoundPort> {
    this.started = this.listen(wanted);
    return this.started;
  }

  /** Closes the port and every connection that came through it. */
  async stop(): Promise<void> {
    await this.started?.catch(() => undefined);
    const ended = [closed(this.server), ...[...this.sockets].map(gone)];
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(ended);
  }

  private async listen(wanted: number): Promise<BoundPort> {
    try {
      return { port: await listen(this.server, wanted), isSubstitute: false };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      this.server = this.newServer();
      return { port: await listen(this.server), isSubstitute: true };
    }
  }

  private newServer(): Server {
    return createServer((socket) => this.accept(socket));
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    socket.on('error', () => undefined); // 'close' comes after it
    const destination = this.options.front.route()?.destination;
    if (destination === undefined) socket.resetAndDestroy();
    else if (destination === 'silent') socket.resume();
    else this.options.mqtt.accept(socket, destination);
  }
}

/** Resolves when a socket is closed and everyone else has been told. */
function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}
