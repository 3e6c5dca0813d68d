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

/** The properties of a cluster. */
export interface EmqxEnterpriseClusterProps extends PodOptions {
  /**
   * Name of the cluster: a DNS label of at most 41 characters, starting with a letter. It cannot be changed later: the
   * host names of the nodes are derived from it.
   */
  readonly name: string;

  /**
   * Namespace of the cluster and of everything that belongs to it. It cannot be changed later.
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
   * Number of EMQX nodes. A change is not an upgrade: nodes are added or removed, and devices on removed nodes are disconnected. It must
   * not be combined with an upgrade.
   *
   * @default 3
   */
  readonly replicas?: number;

  /**
   * License of EMQX Enterprise. A new text in the same Secret is not an upgrade; another Secret is one.
   *
   * @default - the one in the image, if any
   */
  readonly license?: License;

  /**
   * Volumes for the data of the nodes. They cannot be added, changed or removed later.
   *
   * @default - the data is lost with the pod
   */
  readonly persistence?: Persistence;

  /**
   * How an upgrade replaces the nodes. A change is not an upgrade. It must not be removed later: the operator then creates a
   * third set of nodes, and may crash.
   *
   * @default - in place: each node is restarted in turn, and disconnects its devices
   */
  readonly blueGreenUpdate?: BlueGreenUpdate;

  /**
   * How devices reach the cluster. A change is not an upgrade.
   *
   * @default - from inside the Kubernetes cluster: mqtt, and with `tls` mqtts
   */
  readonly service?: MqttService;

  /**
   * What creates the Service of the devices. `own`: it is rendered here, and an upgrade switches it from the old nodes to the
   * new ones. `operator`: the operator creates it, as in its tutorial; it has the name of the cluster, publishes every
   * listener, the management API and the dashboard, and routes to old and new nodes alike until the upgrade command writes its
   * Endpoints. The cluster then warns (`EmqxEnterpriseCluster.warnings`).
   *
   * @default "own"
   * @see EMQX Operator 2.2.29, `spec.serviceTemplate`
   */
  readonly exposure?: 'own' | 'operator';

  /**
   * Certificate of the TLS listeners. A change is an upgrade.
   *
   * @default - that of EMQX's examples, whose private key is public
   */
  readonly tls?: Tls;

  /**
   * Who may publish and subscribe to what: rules of `acl.conf`, the first that matches decides. A change is not an upgrade: the
   * nodes read it when they start.
   *
   * @default - every client may do everything, except subscribe to `$SYS/#` and `#`
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
   * (`listener.tcp.external`, and `ssl`, `ws`, `wss`); the management API must stay at 8081. The custom resource contains them in plain
   * text: use `env` for secrets.
   *
   * @default - EMQX's own, and those by which the nodes find each other
   * @see EMQX Enterprise 4.4, "Configuration"
   */
  readonly emqxConfig?: Readonly<Record<string, string>>;

  /**
   * Who may connect to the nodes; `{}` admits devices from everywhere, the operator, and nothing else. A change is not an
   * upgrade.
   *
   * @default - everything in the Kubernetes cluster may connect to every port
   */
  readonly networkPolicy?: NetworkPolicyOptions;

  /**
   * How many nodes Kubernetes maintenance may take down at a time; `{}` is one. A change is not an upgrade.
   *
   * @default - any number at once
   */
  readonly podDisruptionBudget?: PodDisruptionBudgetOptions;
}
