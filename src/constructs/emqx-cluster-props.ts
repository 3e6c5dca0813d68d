import type { ApiKey } from './api-key';
import type { BlueGreenUpdate } from './blue-green-update';
import type { TopologySpreadConstraint } from './core-v1/pods';
import type { EmqxConfig } from './emqx-config';
import type { EmqxDashboard } from './emqx-dashboard';
import type { EmqxImage } from './emqx-image';
import type { License } from './license';
import type { MqttService } from './mqtt-service';
import type { NetworkPolicyOptions } from './network-policy';
import type { Persistence } from './persistence';
import type { PodDisruptionBudgetOptions } from './pod-disruption-budget';
import type { NodePodOptions } from './pod-options';
import type { Tls } from './tls';

/** The nodes of one role, and their pods. */
export interface NodeGroup extends NodePodOptions {
  /**
   * Name of the only Kubernetes node on which they run. A change is an upgrade.
   *
   * @default - any
   */
  readonly nodeName?: string;

  /**
   * How the nodes spread over zones, or over other groups of Kubernetes nodes. An upgrade needs room for both sets of nodes. A
   * change is an upgrade.
   *
   * @default - as Kubernetes likes
   * @see Kubernetes API, core/v1 TopologySpreadConstraint
   */
  readonly topologySpreadConstraints?: readonly TopologySpreadConstraint[];

  /**
   * How many of these nodes Kubernetes maintenance may take down at a time. The operator makes the budget in any case, and one
   * without a number lets no Kubernetes node be drained. A change is not an upgrade.
   *
   * @default - one at a time
   */
  readonly podDisruptionBudget?: PodDisruptionBudgetOptions;
}

/** The nodes that hold the data of the cluster, and without replicants the connections, too. */
export interface CoreOptions extends NodeGroup {
  /**
   * Number of cores, from 1 to 10. A change is not an upgrade: nodes are added or removed, and devices on removed nodes are
   * disconnected. It must not be combined with an upgrade.
   *
   * @default 2
   */
  readonly replicas?: number;

  /**
   * Volumes for the data of the cores. They may be added or removed, which is an upgrade, but not changed. Each upgrade
   * creates new ones.
   *
   * @default - the data is lost with the pod
   */
  readonly persistence?: Persistence;
}

/** The nodes that hold connections only. Where there are any, devices connect to them and not to the cores. */
export interface ReplicantOptions extends NodeGroup {
  /**
   * Number of replicants; 0 is none. A change is not an upgrade: nodes are added or removed, and devices on removed nodes are
   * disconnected. It must not be combined with an upgrade.
   *
   * @default 2
   */
  readonly replicas?: number;
}

/** The properties of a cluster of EMQX 5 or 6. */
export interface EmqxClusterProps {
  /**
   * Name of the cluster: a DNS label of at most 36 characters, starting with a letter. It cannot be changed later: the
   * host names of the nodes are derived from it.
   */
  readonly name: string;

  /**
   * Namespace of the cluster and of everything that belongs to it. It cannot be changed later.
   *
   * @default - the chart's namespace, or "default"
   */
  readonly namespace?: string;

  /** Version of EMQX, 5.1.1 or later. A change is an upgrade. */
  readonly version: string;

  /**
   * Where the image comes from. A change is an upgrade. Refused is the open-source EMQX of up to 5.8 (`emqx/emqx`), which cannot
   * evacuate a node.
   *
   * @default - emqx/emqx-enterprise of the container runtime's own registry
   */
  readonly image?: EmqxImage;

  /**
   * How an upgrade replaces the nodes. A change is not an upgrade. Required: the operator would otherwise move 1,000 devices a
   * second.
   */
  readonly blueGreenUpdate: BlueGreenUpdate;

  /**
   * The nodes that hold the data of the cluster.
   *
   * @default - two
   */
  readonly cores?: CoreOptions;

  /**
   * The nodes that devices connect to.
   *
   * @default - none: devices connect to the cores
   */
  readonly replicants?: ReplicantOptions;

  /**
   * Settings of EMQX. The operator applies a change to the running nodes, at once and also while it waits for an upgrade: it is not an
   * upgrade. The custom resource contains them in plain text: use `env` for secrets.
   *
   * @default - EMQX's own
   */
  readonly config?: EmqxConfig;

  /**
   * Whether a changed `config` is merged into the settings of the running cluster, or replaces them, also those made through the
   * dashboard.
   *
   * @default "Merge"
   */
  readonly configMode?: 'Merge' | 'Replace';

  /**
   * License of EMQX. Every node reads it from the Secret when it starts (`EMQX_LICENSE__KEY`), so a new text in the same Secret
   * reaches nodes with the next upgrade; until then set it through the dashboard. Another Secret is an upgrade.
   *
   * From 5.9 on EMQX has a license built in for one node only, with which no second node starts, and no upgrade is possible.
   *
   * @default - the one in `config`, or else the built-in one
   */
  readonly license?: License;

  /**
   * How devices reach the cluster. A change is not an upgrade.
   *
   * @default - from inside the Kubernetes cluster: mqtt, and with `tls` mqtts
   */
  readonly service?: MqttService;

  /**
   * What creates the Service of the devices. `own`: it is rendered here, and an upgrade switches it from the old nodes to the
   * new ones. `operator`: the operator creates `<name>-listeners`, with all listeners, which routes to old and new nodes alike while
   * new ones come up; the cluster then warns (`EmqxCluster.warnings`).
   *
   * @default "own"
   * @see EMQX Operator 2.2.29, `spec.listenersServiceTemplate`
   */
  readonly exposure?: 'own' | 'operator';

  /**
   * Certificate of the TLS listeners. A change is an upgrade.
   *
   * @default - that of EMQX's examples, whose private key is public
   */
  readonly tls?: Tls;

  /**
   * The dashboard, and with it the management API.
   *
   * @default - on port 18083 of the cores, reached from inside the Kubernetes cluster
   */
  readonly dashboard?: EmqxDashboard;

  /**
   * Keys of the management API. The operator reads them when it creates the cluster: they cannot be added, changed or removed later.
   *
   * @default - none but the operator's own
   */
  readonly apiKeys?: readonly ApiKey[];

  /**
   * DNS domain of the Kubernetes cluster. Only cluster.local is accepted: under any other, operator 2.2 takes cores for stopped,
   * and removes them with their devices.
   *
   * @default "cluster.local"
   */
  readonly clusterDomain?: string;

  /**
   * How many old sets of nodes the operator keeps, with no pods; with a set go the volumes of its nodes. A change is not an upgrade.
   *
   * @default 3
   */
  readonly revisionHistoryLimit?: number;

  /**
   * Who may connect to the nodes; `{}` admits devices from everywhere, the operator, and nothing else. A change is not an
   * upgrade.
   *
   * @default - everything in the Kubernetes cluster may connect to every port
   */
  readonly networkPolicy?: NetworkPolicyOptions;

  /**
   * Name of the ServiceAccount the pods run as. A change is an upgrade.
   *
   * @default - that of the namespace
   */
  readonly serviceAccountName?: string;

  /**
   * Names of Secrets with the credentials of the registries. A change is an upgrade.
   *
   * @default - none
   */
  readonly imagePullSecrets?: readonly string[];
}
