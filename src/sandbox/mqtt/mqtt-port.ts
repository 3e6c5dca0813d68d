import type { Listener } from '../../simulator/traffic-front';
import { LoopbackPort } from '../loopback-port';
import type { MqttListener } from './mqtt-listener';

/** The MQTT port (1883) of one simulated node on a loopback port of its own. */
export class MqttPort {
  private readonly loopback: LoopbackPort;
  private bound: number | undefined;

  constructor(node: Listener, mqtt: MqttListener) {
    this.loopback = new LoopbackPort((socket) => mqtt.accept(socket, node));
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
