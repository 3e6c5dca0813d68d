import { LoopbackPort } from './loopback-port';

/** A port on the loopback interface that closes each connection, as a listener does that does not admit a client: something is there. */
export class ClosingPort {
  private readonly loopback = new LoopbackPort((socket) => socket.end());
  private bound: number | undefined;

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
