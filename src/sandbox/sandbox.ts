import { BaseUrlTransport } from '../emqx/base-url-transport';
import type { EmqxTransport } from '../emqx/transport';
import type { SimulatedClock } from '../simulator/clock';
import { type BoundPort, type Front, FrontPort } from './front-port';
import { type ManagedNode, ManagementApiServer } from './management-api';
import { MqttListener } from './mqtt/mqtt-listener';

/** What the sandbox shows of a simulated world. */
export interface SandboxWorld {
  readonly clock: SimulatedClock;
  /** The Service that clients come through. */
  readonly front: Front;
  /** Nodes whose ports listen now, by the name of their pod. When they change, call {@link Sandbox.refresh}. */
  nodes(): Iterable<readonly [podName: string, node: ManagedNode]>;
}

interface Served {
  node: ManagedNode;
  server: ManagementApiServer;
}

/**
 * A simulated world on loopback sockets: one port for MQTT clients, and one for the management API of each node.
 *
 * From `start` to `stop` the world's clock follows the wall clock, as the other side of a socket lives by it.
 */
export class Sandbox {
  /** Reaches the management API of each node over HTTP. */
  readonly transport: EmqxTransport = new BaseUrlTransport((pod) => this.baseUrlOf(pod.name));
  private readonly served = new Map<string, Served>();
  private readonly stopping = new Set<Promise<void>>();
  private readonly port: FrontPort;
  private unfollow: (() => void) | undefined;

  constructor(private readonly world: SandboxWorld) {
    this.port = new FrontPort({
      front: world.front,
      mqtt: new MqttListener(world.clock),
    });
  }

  /**
   * Opens the ports; resolves when all nodes can be reached.
   *
   * @param mqttPort the port for clients; another free one is taken when somebody else has it. @default 32010
   */
  async start(mqttPort?: number): Promise<BoundPort> {
    this.unfollow = this.world.clock.follow();
    const [bound] = await Promise.all([this.port.start(mqttPort), ...this.serveNew()]);
    return bound;
  }

  /** The nodes of the world have changed: opens and closes ports accordingly. Has no effect before `start`. */
  refresh(): void {
    if (!this.unfollow) return;
    const now = new Map(this.world.nodes());
    for (const [pod, { node, server }] of this.served) {
      if (now.get(pod) === node) continue;
      this.served.delete(pod);
      this.end(server);
    }
    // A node that gets no port is one that refuses connections, which its callers are told.
    for (const started of this.serveNew()) started.catch(() => undefined);
  }

  /** Where a pod's management API is reached; undefined while it is not. */
  baseUrlOf(podName: string): string | undefined {
    return this.served.get(podName)?.server.baseUrl;
  }

  /** Closes all ports and their connections, and lets go of the clock. */
  async stop(): Promise<void> {
    this.unfollow?.();
    this.unfollow = undefined;
    for (const { server } of this.served.values()) this.end(server);
    this.served.clear();
    await Promise.all([this.port.stop(), ...this.stopping]);
  }

  private serveNew(): Promise<void>[] {
    const starting: Promise<void>[] = [];
    for (const [pod, node] of this.world.nodes()) {
      if (this.served.has(pod)) continue;
      const server = new ManagementApiServer(node);
      this.served.set(pod, { node, server });
      starting.push(server.start());
    }
    return starting;
  }

  private end(server: ManagementApiServer): void {
    const stopped = server.stop().finally(() => this.stopping.delete(stopped));
    this.stopping.add(stopped);
  }
}
