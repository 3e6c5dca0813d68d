import { BaseUrlTransport } from '../emqx/base-url-transport';
import type { EmqxTransport } from '../emqx/transport';
import { type Drive, followWallClock, type SimulatedClock } from '../simulator/clock';
import { type Front, FrontPort } from './front-port';
import type { BoundPort } from './loopback-port';
import { type ManagedNode, ManagementApiServer } from './management-api';
import { MqttListener } from './mqtt/mqtt-listener';
import { NodeServers } from './node-servers';

/** What the sandbox shows of a simulated world. */
export interface SandboxWorld {
  readonly clock: SimulatedClock;
  /** The Service through which clients connect. */
  readonly front: Front;
  /** Nodes whose ports listen now, by the name of their pod. When they change, call {@link Sandbox.refresh}. */
  nodes(): Iterable<readonly [podName: string, node: ManagedNode]>;
}

/**
 * A simulated world on loopback sockets: one port for MQTT clients, and one for the management API of each node.
 *
 * From `start` to `stop` the world's clock follows the wall clock, as the other side of a socket does, or whatever else drives it.
 */
export class Sandbox {
  /** Reaches the management API of each node over HTTP. */
  readonly transport: EmqxTransport = new BaseUrlTransport((pod) => this.baseUrlOf(pod.name));
  private readonly management: NodeServers<ManagedNode, ManagementApiServer>;
  private readonly port: FrontPort;
  private undrive: (() => void) | undefined;

  constructor(private readonly world: SandboxWorld) {
    this.management = new NodeServers(
      () => world.nodes(),
      (node) => new ManagementApiServer(node),
    );
    this.port = new FrontPort({
      front: world.front,
      mqtt: new MqttListener(world.clock),
    });
  }

  /**
   * Opens the ports; resolves when all nodes can be reached.
   *
   * @param mqttPort the port for clients; another free one if it is in use. @default 32010
   * @param drive what moves the world's clock. @default - it follows the wall clock
   */
  async start(mqttPort?: number, drive: Drive = followWallClock): Promise<BoundPort> {
    this.undrive = drive(this.world.clock);
    const [bound] = await Promise.all([this.port.start(mqttPort), this.management.open()]);
    return bound;
  }

  /** The nodes of the world have changed: opens and closes ports accordingly. Has no effect before `start`. */
  refresh(): void {
    this.management.refresh();
  }

  /** The URL of a pod's management API; undefined while it is not served. */
  baseUrlOf(podName: string): string | undefined {
    return this.management.of(podName)?.baseUrl;
  }

  /** Closes all ports and their connections, and releases the clock. */
  async stop(): Promise<void> {
    this.undrive?.();
    this.undrive = undefined;
    await Promise.all([this.port.stop(), this.management.close()]);
  }
}
