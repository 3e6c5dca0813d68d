import type { KubeObject } from '../src/kubernetes';
import { type ManagedNode, ManagementApiServer } from '../src/sandbox/management-api';
import type { ApiServer } from './_api-server';
import { until } from './_until';

/** Ports of EMQX's management API and dashboard, which answer both as the management API does. */
const PORTS = [8081, 18083];

/** The management API of simulated nodes, each where a port-forward to its pod leads. */
export class ManagementPorts {
  private readonly servers = new Map<string, ManagementApiServer>();

  constructor(
    private readonly admin: ApiServer,
    private readonly namespace: string,
  ) {}

  /** The node of a pod listens: leads the pod's ports to it. */
  async open(pod: string, node: ManagedNode): Promise<void> {
    const server = new ManagementApiServer(node);
    this.servers.set(pod, server);
    await server.start();
    const port = Number(new URL(server.baseUrl!).port);
    const forward: KubeObject & { spec: object } = {
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'PortForward',
      metadata: { name: pod, namespace: this.namespace },
      spec: { forwards: [{ ports: PORTS, target: { address: '127.0.0.1', port } }] },
    };
    await until('the API server to lead there', () => this.admin.apply(forward).catch(() => undefined));
  }

  /** It listens no more: whoever is led there is refused. */
  async close(pod: string): Promise<void> {
    const server = this.servers.get(pod);
    this.servers.delete(pod);
    await server?.stop();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.servers.keys()].map((pod) => this.close(pod)));
  }
}
