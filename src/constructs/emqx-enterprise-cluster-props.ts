import type { ApiKey } from './api-key';
import type { BlueGreenUpdate } from './blue-green-update';
import type { EmqxImage } from './emqx-image';
import type { License } from './license';
import type { MqttService } from './mqtt-service';
import type { NetworkPolicyOptions } from './network-policy';
import type { Persistence } from './persistence';
import type { PodDisruptionBudgetOptions } from './pod-disruption-budget';
import type { PodOptions } from './pod-options';
import type { Tls } from './tls';

/** What a cluster is to be. */
export interface EmqxEnterpriseClusterProps extends PodOptions {
  /**
   * Name of the cluster: a DNS label of at most 41 characters, starting with a letter. It cannot be changed later, for the
   * host names of the nodes are made of it.
   */
  readonly name: string;

  /**
   * Namespace of the cluster and of all that belongs to it. It cannot be changed later.
   *
   * @default - the chart's namespace, or "default"
   */
  readonly namespace?: string;

  /**
   * Version of EMQX Enterprise, from 4.4.14 up to, but not including, 5.0.0. A change is an upgrade.
   */
  readonly version: string;

  /**
   * Where the image comes from. A change is an upgrade.
   *
   * @default - emqx/emqx-ee of the container runtime's own registry
   */
  readonly image?: EmqxImage;

  /**
   * Number of EMQX nodes. A change is no upgrade: nodes come and go, and devices of those that go are cut off. It must not
   * go together with an upgrade.
   *
   * @default 3
   */
  readonly replicas?: number;

  /**
   * License of EMQX Enterprise. Another text in the same Secret is no upgrade; another Secret is one.
   *
   * @default - the one the image brings, if any
   */
  readonly license?: License;

  /**
   * Volumes for the data of the nodes. They cannot be added, changed or removed later.
   *
   * @default - the data goes with the pod
   */
  readonly persistence?: Persistence;

  /**
   * How an upgrade replaces the nodes. A change is no upgrade. It must not be removed later: the operator then makes a
   * third set of nodes, and may crash.
   *
   * @default - in place: each node is restarted in turn, and drops its connections
   */
  readonly blueGreenUpdate?: BlueGreenUpdate;

  /**
   * How devices reach the cluster. A change is no upgrade.
   *
   * @default - from inside of the Kubernetes cluster: mqtt, and with `tls` mqtts
   */
  readonly service?: MqttService;

  /**
   * Who makes the Service of the devices. `own`: it is rendered here, and an upgrade switches it from the old nodes to the
   * new ones. `operator`: the operator makes it, as in its tutorial; it is called like the cluster, publishes every
   * listener, the management API and the dashboard, and leads to old and new nodes alike until the upgrade command writes its
   * Endpoints. The cluster then warns (`EmqxEnterpriseCluster.warnings`).
   *
   * @default "own"
   * @see EMQX Operator 2.2.29, `spec.serviceTemplate`
   */
  readonly exposure?: 'own' | 'operator';

  /**
   * Certificate of the TLS listeners. A change is an upgrade.
   *
   * @default - that of EMQX's examples, which proves nothing
   */
  readonly tls?: Tls;

  /**
   * Who may publish and subscribe to what: rules of `acl.conf`, the first that fits decides. A change is no upgrade: the
   * nodes read it when they start.
   *
   * @default - all may do everything, except subscribe to `$SYS/#` and `#`
   * @see EMQX Enterprise 4.4, "ACL File"
   */
  readonly acl?: readonly string[];

  /**
   * Keys of the management API. They cannot be added, changed or removed later.
   *
   * @default - none but the operator's own
   */
  readonly apiKeys?: readonly ApiKey[];

  /**
   * DNS domain of the Kubernetes cluster. It cannot be changed later.
   *
   * @default "cluster.local"
   */
  readonly clusterDomain?: string;

  /**
   * Settings of `emqx.conf` by their dotted names, for example `{ 'mqtt.max_packet_size': '2MB' }`. A change is an upgrade;
   * `name` and `cluster.…` cannot be changed later. The Service follows a listener for devices that is bound to another port
   * (`listener.tcp.external`, and `ssl`, `ws`, `wss`); the management API must stay at 8081. They stand in the custom resource in clear: take `env` for what is
   * secret.
   *
   * @default - EMQX's own, and those by which the nodes find each other
   * @see EMQX Enterprise 4.4, "Configuration"
   */
  readonly emqxConfig?: Readonly<Record<string, string>>;

  /**
   * Who may connect to the nodes; `{}` lets devices in from everywhere, the operator, and nobody else. A change is no
   * upgrade.
   *
   * @default - everybody in the Kubernetes cluster may connect to every port
   */
  readonly networkPolicy?: NetworkPolicyOptions;

  /**
   * How many nodes maintenance of Kubernetes may take away at a time; `{}` is one. A change is no upgrade.
   *
   * @default - any number at once
   */
  readonly podDisruptionBudget?: PodDisruptionBudgetOptions;
}
