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
 * How the pods of the EMQX nodes are made. A change of any of it is an upgrade.
 *
 * What is a type of core/v1 is Kubernetes' own, in Kubernetes' own words; its fields are checked when the program runs, too. The
 * custom resource has no place for topologySpreadConstraints, priorityClassName and terminationGracePeriodSeconds.
 *
 * @see EMQX Operator 2.2.29, `spec.template.spec`
 */
export interface PodOptions {
  /**
   * Environment variables of the node, by name; the operator's sidecar gets them as well. Settings of EMQX belong into
   * `emqxConfig`, unless they are secret: `EMQX_AUTH__REDIS__PASSWORD` is the setting `auth.redis.password`. A change is an
   * upgrade.
   *
   * @default - none
   */
  readonly env?: Readonly<Record<string, EnvValue>>;

  /**
   * Secrets and ConfigMaps all of whose keys become environment variables; the operator's sidecar gets them as well. A change is
   * an upgrade.
   *
   * @default - none
   * @see Kubernetes API, core/v1 EnvFromSource
   */
  readonly envFrom?: readonly EnvFromSource[];

  /**
   * Labels of the pods, beside those of the operator, whose names (`apps.emqx.io/…`) are not free. Unlike labels of the custom
   * resource they may change. A change is an upgrade.
   *
   * @default - those of the operator
   */
  readonly podLabels?: Readonly<Record<string, string>>;

  /**
   * Annotations of the pods, by which for example a service mesh or a log collector is told what to do. A change is an upgrade.
   *
   * @default - those of the operator
   */
  readonly podAnnotations?: Readonly<Record<string, string>>;

  /**
   * What the node's container starts instead of the image's own entrypoint. A change is an upgrade.
   *
   * @default - the image's own
   */
  readonly command?: readonly string[];

  /**
   * Arguments of the command. They stand in the custom resource in clear. A change is an upgrade.
   *
   * @default - the image's own
   */
  readonly args?: readonly string[];

  /**
   * What Kubernetes does when the node's container has started, and before it ends. A change is an upgrade.
   *
   * @default - nothing
   * @see Kubernetes API, core/v1 Lifecycle
   */
  readonly lifecycle?: Lifecycle;

  /**
   * Further ports that the node's container declares, each with a name of its own. A port need not be declared to be reached; a
   * PodMonitor or a NetworkPolicy may ask for its name. A change is an upgrade.
   *
   * @default - management (8081) and dashboard (18083), which are always there
   * @see Kubernetes API, core/v1 ContainerPort
   */
  readonly extraPorts?: readonly ContainerPort[];

  /**
   * Processor and memory of each node. During an upgrade both sets of nodes need theirs. A change is an upgrade.
   *
   * @default - nothing reserved, nothing limited
   */
  readonly resources?: NodeResources;

  /**
   * How Kubernetes finds out whether a node lives. A change is an upgrade.
   *
   * @default - not at all; whether a node serves devices, the operator asks it by itself
   */
  readonly probes?: Probes;

  /**
   * Kubernetes nodes on which EMQX nodes may run, by their labels. A change is an upgrade.
   *
   * @default - any
   */
  readonly nodeSelector?: Readonly<Record<string, string>>;

  /**
   * Beside what, or apart from what, EMQX nodes run. An upgrade needs room for both sets of nodes: rules that are required
   * must leave it. A change is an upgrade.
   *
   * @default - none
   * @see Kubernetes API, core/v1 Affinity
   */
  readonly affinity?: Affinity;

  /**
   * Taints of Kubernetes nodes beside which EMQX nodes may run. A change is an upgrade.
   *
   * @default - none
   */
  readonly tolerations?: readonly Toleration[];

  /**
   * Further volumes of the pod. A change is an upgrade.
   *
   * @default - none
   * @see Kubernetes API, core/v1 Volume
   */
  readonly volumes?: readonly Volume[];

  /**
   * Where the node sees which volume; the operator's sidecar gets them as well. A change is an upgrade.
   *
   * @default - none
   * @see Kubernetes API, core/v1 VolumeMount
   */
  readonly volumeMounts?: readonly VolumeMount[];

  /**
   * Containers that run beside the node. A change is an upgrade.
   *
   * @default - none but the operator's sidecar
   * @see Kubernetes API, core/v1 Container
   */
  readonly extraContainers?: readonly Container[];

  /**
   * Containers that run, and end, before the node starts. A change is an upgrade.
   *
   * @default - none
   * @see Kubernetes API, core/v1 Container
   */
  readonly initContainers?: readonly Container[];

  /**
   * Users, groups and rights of the pod. What is given takes the place of the default as a whole. A change is an upgrade.
   *
   * @default - user, group and group of the volumes are 1000
   * @see Kubernetes API, core/v1 PodSecurityContext
   */
  readonly podSecurityContext?: PodSecurityContext;

  /**
   * Users, groups and rights of the node's container. What is given takes the place of the default as a whole. A change is
   * an upgrade.
   *
   * @default - user and group are 1000, and not root
   * @see Kubernetes API, core/v1 SecurityContext
   */
  readonly containerSecurityContext?: SecurityContext;

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
   * Image of the operator's sidecar, for those who have a registry of their own. A change is an upgrade.
   *
   * @default "emqx/emqx-operator-reloader:0.0.2"
   */
  readonly reloaderImage?: string;
}

/**
 * Probes of the node's container, for example `{ httpGet: { path: '/status', port: 8081 } }`: EMQX answers that without
 * credentials, also while it is evacuated. Not so its availability check: with that as liveness probe an upgrade would kill
 * the nodes it empties.
 *
 * @see Kubernetes API, core/v1 Probe
 */
export interface Probes {
  /** A node that fails it is restarted, and its connections are lost. @default - none */
  readonly liveness?: Probe;
  /** A node that fails it gets no new connections. @default - none; the operator's own gate is always there */
  readonly readiness?: Probe;
  /** Until it succeeds, the others wait. @default - none */
  readonly startup?: Probe;
}
