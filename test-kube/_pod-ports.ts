import type { KubeObject } from '../src/kubernetes';
import { type ManagedNode, ManagementApiServer } from '../src/sandbox/management-api';
import { MqttListener } from '../src/sandbox/mqtt/mqtt-listener';
import { OwnPort } from '../src/sandbox/own-port';
import type { SimulatedClock } from '../src/simulator/clock';
import type { Listener } from '../src/simulator/traffic-front';
import type { ApiServer } from './_api-server';
import { until } from './_until';

/** Ports of EMQX's management API and dashboard, which answer both as the management API does. */
const PORTS = [8081, 18083];

/** The port for devices. */
const MQTT = 1883;

interface Served {
  management: ManagementApiServer;
  mqtt: OwnPort;
}

/** The management API of simulated nodes, and their port for devices, each where a port-forward to its pod leads. */
export class PodPorts {
  private readonly servers = new Map<string, Served>();
  private readonly listener: MqttListener;

  constructor(
    private readonly admin: ApiServer,
    private readonly namespace: string,
    clock: SimulatedClock,
  ) {
    this.listener = new MqttListener(clock);
  }

  /** The node of a pod listens: leads the pod's ports to it. */
  async open(pod: string, node: ManagedNode & Listener): Promise<void> {
    const management = new ManagementApiServer(node);
    const mqtt = new OwnPort((socket) => this.listener.accept(socket, node));
    this.servers.set(pod, { management, mqtt });
    await Promise.all([management.start(), mqtt.start()]);
    const address = '127.0.0.1';
    const port = Number(new URL(management.baseUrl!).port);
    const forward: KubeObject & { spec: object } = {
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'PortForward',
      metadata: { name: pod, namespace: this.namespace },
      spec: {
        forwards: [
          { ports: PORTS, target: { address, port } },
          { ports: [MQTT], target: { address, port: mqtt.port } },
        ],
      },
    };
    await until('the API server to lead there', () => this.admin.apply(forward).catch(() => undefined));
  }

  /** It listens no more: whoever is led there is refused. */
  async close(pod: string): Promise<void> {
    const served = this.servers.get(pod);
    this.servers.delete(pod);
    await Promise.all([served?.management.stop(), served?.mqtt.stop()]);
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.servers.keys()].map((pod) => this.close(pod)));
  }
}
