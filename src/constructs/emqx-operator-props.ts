import type { Affinity, PodSecurityContext, SecurityContext } from './core-v1/pods';
import type { OperatorResources } from './operator-resources';
import type { OperatorWebhook } from './operator-webhook';
import type { Toleration } from './toleration';

/** Where the operator runs, and what it manages. */
export interface EmqxOperatorProps {
  /**
   * Namespace of the operator; it must already exist.
   *
   * @default - the chart's namespace, otherwise a new one, "emqx-operator-system"
   */
  readonly namespace?: string;

  /**
   * The only namespace in which the operator manages clusters. Its rights are then restricted to it.
   *
   * @default - all namespaces
   */
  readonly watchNamespace?: string;

  /**
   * Whether the five custom resource definitions are rendered, too. All must exist, or the operator does not start. Deleting
   * them deletes every cluster: keep them in a chart of their own where that could happen.
   *
   * @default true
   */
  readonly crds?: boolean;

  /**
   * How the admission webhook gets its certificate.
   *
   * @default OperatorWebhook.certManager()
   */
  readonly webhook?: OperatorWebhook;

  /**
   * Version of the operator, a 2.2: 2.3.0 no longer supports EMQX 4.4, and those before 2.2.0 need other rights.
   *
   * @default "2.2.29"
   */
  readonly version?: string;

  /**
   * Repository of the image, without a tag.
   *
   * @default "emqx/emqx-operator-controller"
   */
  readonly image?: string;

  /** Names of Secrets with the registry's credentials. @default - none */
  readonly imagePullSecrets?: readonly string[];

  /** How many replicas run; one of them is active, the others are on standby. @default 1 */
  readonly replicas?: number;

  /** CPU and memory of each replica. @default - 100 to 500 thousandths of a CPU, 128 to 512 MiB */
  readonly resources?: OperatorResources;

  /** Labels of the Kubernetes nodes it may run on. @default - any node */
  readonly nodeSelector?: Readonly<Record<string, string>>;

  /** Taints that it tolerates. @default - none */
  readonly tolerations?: readonly Toleration[];

  /** Affinity and anti-affinity. @default - none @see Kubernetes API, core/v1 Affinity */
  readonly affinity?: Affinity;

  /**
   * Users, groups and rights of the pod. A given value replaces the whole default. With the defaults of both the
   * operator runs in a namespace that enforces the Pod Security Standard `restricted`.
   *
   * @default - not root, and the system calls of the container runtime's own profile
   * @see Kubernetes API, core/v1 PodSecurityContext
   */
  readonly podSecurityContext?: PodSecurityContext;

  /**
   * Users, groups and rights of the container. A given value replaces the whole default.
   *
   * @default - not root, no capabilities, and no privilege escalation
   * @see Kubernetes API, core/v1 SecurityContext
   */
  readonly containerSecurityContext?: SecurityContext;
}
