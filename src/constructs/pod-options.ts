import type {
  Affinity,
  Container,
  ContainerPort,
  EnvFromSource,
  Lifecycle,
  PodSecurityContext,
  Probe,
  SecurityContext,
} from './core-v1/pods';
import type { Volume, VolumeMount } from './core-v1/volumes';
import type { EnvValue } from './env-value';
import type { NodeResources } from './node-resources';
import type { Toleration } from './toleration';

/**
 * Options of the pods of EMQX nodes, of either generation. A change of any of them is an upgrade.
 *
 * Types of core/v1 are Kubernetes' own; their fields are also checked when the program runs. The custom resources have no fields
 * for priorityClassName and terminationGracePeriodSeconds.
 */
export interface NodePodOptions {
  /**
   * Environment variables of the node, by name. Settings of EMQX belong in its configuration, unless they are secret:
   * `EMQX_AUTH__REDIS__PASSWORD` is the setting `auth.redis.password`. A change is an upgrade.
   *
   * @default - none
   */
  readonly env?: Readonly<Record<string, EnvValue>>;

  /**
   * Secrets and ConfigMaps all of whose keys become environment variables. A change is an upgrade.
   *
   * @default - none
   * @see Kubernetes API, core/v1 EnvFromSource
   */
  readonly envFrom?: readonly EnvFromSource[];

  /**
   * Labels of the pods, in addition to those of the operator, whose names (`apps.emqx.io/…`) are reserved. Unlike labels of the custom
   * resource they may change. A change is an upgrade.
   *
   * @default - those of the operator
   */
  readonly podLabels?: Readonly<Record<string, string>>;

  /**
   * Annotations of the pods, for example to configure a service mesh or a log collector. A change is an upgrade.
   *
   * @default - those of the operator
   */
  readonly podAnnotations?: Readonly<Record<string, string>>;

  /**
   * Command of the node's container instead of the image's entrypoint. A change is an upgrade.
   *
   * @default - the image's own
   */
  readonly command?: readonly string[];

  /**
   * Arguments of the command. The custom resource contains them in plain text. A change is an upgrade.
   *
   * @default - the image's own
   */
  readonly args?: readonly string[];

  /**
   * What Kubernetes runs when the node's container has started, and before it stops. A change is an upgrade.
   *
   * @default - nothing
   * @see Kubernetes API, core/v1 Lifecycle
   */
  readonly lifecycle?: Lifecycle;

  /**
   * Additional ports of the node's container, each with a unique name. A port need not be declared to be reachable; a
   * PodMonitor or a NetworkPolicy may refer to its name. A change is an upgrade.
   *
   * @default - those of the dashboard and of the management API, which are always declared
   * @see Kubernetes API, core/v1 ContainerPort
   */
  readonly extraPorts?: readonly ContainerPort[];

  /**
   * CPU and memory of each node. During an upgrade both sets of nodes need theirs. A change is an upgrade.
   *
   * @default - nothing reserved, nothing limited
   */
  readonly resources?: NodeResources;

  /**
   * How Kubernetes checks whether a node is alive. A change is an upgrade.
   *
   * @default - of an EmqxEnterpriseCluster none, of an EmqxCluster its status page; the operator itself checks whether a node
   * serves devices
   */
  readonly probes?: Probes;

  /**
   * Kubernetes nodes on which EMQX nodes may run, by their labels. A change is an upgrade.
   *
   * @default - any
   */
  readonly nodeSelector?: Readonly<Record<string, string>>;

  /**
   * Affinity and anti-affinity of EMQX nodes. An upgrade needs room for both sets of nodes: required rules
   * must leave it. A change is an upgrade.
   *
   * @default - none
   * @see Kubernetes API, core/v1 Affinity
   */
  readonly affinity?: Affinity;

  /**
   * Taints of Kubernetes nodes that EMQX nodes tolerate. A change is an upgrade.
   *
   * @default - none
   */
  readonly tolerations?: readonly Toleration[];

  /**
   * Additional volumes of the pod. A change is an upgrade.
   *
   * @default - none
   * @see Kubernetes API, core/v1 Volume
   */
  readonly volumes?: readonly Volume[];

  /**
   * Where volumes are mounted in the node. A change is an upgrade.
   *
   * @default - none
   * @see Kubernetes API, core/v1 VolumeMount
   */
  readonly volumeMounts?: readonly VolumeMount[];

  /**
   * Additional containers that run next to the node. A change is an upgrade.
   *
   * @default - none of your own
   * @see Kubernetes API, core/v1 Container
   */
  readonly extraContainers?: readonly Container[];

  /**
   * Containers that run to completion before the node starts. A change is an upgrade.
   *
   * @default - none
   * @see Kubernetes API, core/v1 Container
   */
  readonly initContainers?: readonly Container[];

  /**
   * Users, groups and rights of the pod. A given value replaces the whole default. A change is an upgrade.
   *
   * @default - user, group and group of the volumes are 1000
   * @see Kubernetes API, core/v1 PodSecurityContext
   */
  readonly podSecurityContext?: PodSecurityContext;

  /**
   * Users, groups and rights of the node's container. A given value replaces the whole default. A change is
   * an upgrade.
   *
   * @default - user and group are 1000, and not root
   * @see Kubernetes API, core/v1 SecurityContext
   */
  readonly containerSecurityContext?: SecurityContext;
}

/**
 * Options of the pods of an EmqxEnterpriseCluster. The operator's sidecar gets the node's environment and mounts as well. The
 * custom resource has no field for topologySpreadConstraints.
 *
 * @see EMQX Operator 2.2.29, `spec.template.spec` of EmqxEnterprise
 */
export interface PodOptions extends NodePodOptions {
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

  /**
   * Image of the operator's sidecar, for a private registry. A change is an upgrade.
   *
   * @default "emqx/emqx-operator-reloader:0.0.2"
   */
  readonly reloaderImage?: string;
}

/**
 * Probes of the node's container, for example `{ httpGet: { path: '/status', port: 8081 } }`: EMQX answers that without
 * credentials, also while it is evacuated. Its availability check does not: with that as liveness probe an upgrade would kill
 * the nodes it evacuates.
 *
 * @see Kubernetes API, core/v1 Probe
 */
export interface Probes {
  /**
   * A node that fails it is restarted, and its connections are lost.
   *
   * @default - none; of an EmqxCluster `/status`, every 30 s, from the 60th second on, and three failures
   */
  readonly liveness?: Probe;
  /**
   * A node that fails it gets no new connections; the operator's own readiness gate always applies.
   *
   * @default - none; of an EmqxCluster `/status`, every 5 s, from the 10th second on, and twelve failures
   */
  readonly readiness?: Probe;
  /** Until it succeeds, the other probes wait. @default - none */
  readonly startup?: Probe;
}
