import { createServer, type Server, type Socket } from 'node:net';
import { closed, listen } from './listen';

/** The port a server got. */
export interface BoundPort {
  port: number;
  /** Whether it is another port than the requested one, because that was in use. */
  isSubstitute: boolean;
}

/** A TCP port on the loopback interface, whose connections end with it. */
export class LoopbackPort {
  private readonly sockets = new Set<Socket>();
  private server: Server;
  private started: Promise<BoundPort> | undefined;

  /** @param accept gets each connection; its errors are handled here. */
  constructor(private readonly accept: (socket: Socket) => void) {
    this.server = this.newServer();
  }

  /** @param wanted the port to listen on; another free one if it is in use. */
  start(wanted: number): Promise<BoundPort> {
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
    return createServer((socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      socket.on('error', () => undefined); // 'close' comes after it
      this.accept(socket);
    });
  }
}

/** Resolves when a socket is closed and all its other listeners were notified. */
function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}
