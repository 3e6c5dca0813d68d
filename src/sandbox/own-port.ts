import type { Socket } from 'node:net';
import { LoopbackPort } from './loopback-port';

/** A port on the loopback interface that nobody else chooses, for as long as it listens. */
export class OwnPort {
  private readonly loopback: LoopbackPort;
  private bound: number | undefined;

  /** @param accept gets each connection; its errors are handled already. */
  constructor(accept: (socket: Socket) => void) {
    this.loopback = new LoopbackPort(accept);
  }

  /** Undefined while it does not listen. */
  get port(): number | undefined {
    return this.bound;
  }

  async start(): Promise<void> {
    this.bound = (await this.loopback.start(0)).port;
  }

  async stop(): Promise<void> {
    this.bound = undefined;
    await this.loopback.stop();
  }
}
