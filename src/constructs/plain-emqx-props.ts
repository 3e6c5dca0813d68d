import type { CoreOptions, EmqxClusterProps, NodeGroup, ReplicantOptions } from './emqx-cluster-props';
import { License } from './license';
import type { MqttService } from './mqtt-service';
import {
  apiKeysOf,
  envOf,
  type PlainApiKey,
  type PlainBlueGreenUpdate,
  type PlainEnvValue,
  type PlainMqttService,
  type PlainNodeResources,
  type PlainPersistence,
  persistenceOf,
  resourcesOf,
  serviceOf,
  updateOf,
} from './plain-props';

/** The properties that hold objects, and have another form here. */
type Formed = 'license' | 'blueGreenUpdate' | 'cores' | 'replicants' | 'service' | 'apiKeys';

/** The properties of a cluster of EMQX 5 or 6 as plain values. Times and sizes have their unit in the name. */
export interface PlainEmqxProps extends Omit<EmqxClusterProps, Formed> {
  /**
   * Name of a Secret of the cluster's namespace with the license of EMQX; its only key must be `emqx.lic`. Every node reads it when it
   * starts, so a new text in the same Secret reaches nodes with the next upgrade. Another Secret is an upgrade.
   *
   * From 5.9 on EMQX has a license built in for one node only, with which no second node starts, and no upgrade is possible.
   *
   * @default - the one in `config`, or else the built-in one
   */
  readonly licenseSecretName?: string;

  /**
   * How an upgrade replaces the nodes. A change is not an upgrade. Required: the operator would otherwise move 1,000 devices a
   * second.
   */
  readonly blueGreenUpdate: PlainBlueGreenUpdate;

  /**
   * The nodes that hold the data of the cluster.
   *
   * @default - two
   */
  readonly cores?: PlainCoreOptions;

  /**
   * The nodes that devices connect to.
   *
   * @default - none: devices connect to the cores
   */
  readonly replicants?: PlainReplicantOptions;

  /**
   * How devices reach the cluster. A change is not an upgrade.
   *
   * @default - from inside the Kubernetes cluster: mqtt, and with `tls` mqtts
   */
  readonly service?: PlainMqttService;

  /**
   * Keys of the management API. The operator reads them when it creates the cluster: they cannot be added, changed or removed later.
   *
   * @default - none but the operator's own
   */
  readonly apiKeys?: readonly PlainEmqxApiKey[];
}

/** What any group of nodes has in another form. */
interface PlainNodeParts {
  /**
   * Environment variables of the nodes, by name. A change is an upgrade. Settings of EMQX belong in `config`, unless they are
   * secret.
   *
   * @default - none
   */
  readonly env?: Readonly<Record<string, PlainEnvValue>>;

  /**
   * CPU and memory of each node. During an upgrade both sets of nodes need theirs. A change is an upgrade.
   *
   * @default - nothing reserved, nothing limited
   */
  readonly resources?: PlainNodeResources;
}

/** The nodes of one role, and their pods. */
export interface PlainNodeGroup extends Omit<NodeGroup, keyof PlainNodeParts>, PlainNodeParts {}

/** The nodes that hold the data of the cluster, and without replicants the connections, too. */
export interface PlainCoreOptions extends Omit<CoreOptions, keyof PlainNodeGroup | 'persistence'>, PlainNodeGroup {
  /**
   * Volumes for the data of the cores. They may be added or removed, which is an upgrade, but not changed. Each upgrade
   * creates new ones.
   *
   * @default - the data is lost with the pod
   */
  readonly persistence?: PlainPersistence;
}

/** The nodes that hold connections only. Where there are any, devices connect to them and not to the cores. */
export interface PlainReplicantOptions extends Omit<ReplicantOptions, keyof PlainNodeGroup>, PlainNodeGroup {}

/** A key of the management API, and its secret: both as text, or both in a Secret. */
export interface PlainEmqxApiKey extends Partial<PlainApiKey> {
  /** Letters, digits, `_` and `-`. */
  readonly key?: string;
  /** From 3 to 128 characters. The custom resource contains it in plain text. */
  readonly secret?: string;
  /** Instead of both: name of a Secret of the cluster's namespace that holds them under `key` and `secret`. */
  readonly secretName?: string;
}

/** The same properties in the form of the construct. Nothing is validated here: a wrong value stays wrong. */
export function emqxPropsOf(plain: PlainEmqxProps): EmqxClusterProps {
  const { licenseSecretName, blueGreenUpdate, cores, replicants, service, apiKeys, ...same } = plain;
  return {
    ...same,
    ...(licenseSecretName !== undefined && { license: License.fromSecret(licenseSecretName) }),
    // Where it is missing the validation says so.
    ...((blueGreenUpdate as unknown) !== undefined && { blueGreenUpdate: updateOf(blueGreenUpdate) }),
    ...(cores !== undefined && { cores: groupOf(cores) }),
    ...(replicants !== undefined && { replicants: groupOf(replicants) }),
    ...(service !== undefined && { service: serviceOf(service) as MqttService }),
    ...(apiKeys !== undefined && { apiKeys: apiKeysOf(apiKeys) }),
  } as EmqxClusterProps;
}

function groupOf(plain: PlainCoreOptions): CoreOptions {
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) return plain as never;
  const { env, resources, persistence, ...same } = plain;
  return {
    ...same,
    ...(env !== undefined && { env: envOf(env) }),
    ...(resources !== undefined && { resources: resourcesOf(resources) }),
    ...(persistence !== undefined && { persistence: persistenceOf(persistence) }),
  };
}
