import type { Socket } from 'node:net';
import type { Destination } from '../simulator/traffic-front';
import { type BoundPort, LoopbackPort } from './loopback-port';
import type { MqttListener } from './mqtt/mqtt-listener';

/** Where the next connection ends up; undefined while the Service has no endpoint. */
export interface Front {
  route(): { destination: Destination } | undefined;
}

export interface FrontPortOptions {
  front: Front;
  mqtt: MqttListener;
}

/**
 * A NodePort of the sandbox, on the loopback interface.
 *
 * Each accepted socket is handed to the node that the front picks, in this process, as DNAT does: no byte is copied, and
 * a client costs two file descriptors. Without an endpoint, or when nothing listens in the pod, the socket is reset at
 * once; a pod that drops its packets lets the client wait.
 */
export class FrontPort {
  private readonly port = new LoopbackPort((socket) => this.accept(socket));

  constructor(private readonly options: FrontPortOptions) {}

  /** @param wanted the port to listen on; another free one if it is in use. @default 32010 */
  start(wanted = 32_010): Promise<BoundPort> {
    return this.port.start(wanted);
  }

  /** Closes the port and every connection that came through it. */
  stop(): Promise<void> {
    return this.port.stop();
  }

  private accept(socket: Socket): void {
    const destination = this.options.front.route()?.destination;
    if (destination === undefined) socket.resetAndDestroy();
    else if (destination === 'silent') socket.resume();
    else this.options.mqtt.accept(socket, destination);
  }
}
