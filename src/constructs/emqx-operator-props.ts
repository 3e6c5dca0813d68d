import type { Affinity, PodSecurityContext, SecurityContext } from './core-v1/pods';
import type { OperatorResources } from './operator-resources';
import type { OperatorWebhook } from './operator-webhook';
import type { Toleration } from './toleration';

/** Where the operator runs, and what it looks after. */
export interface EmqxOperatorProps {
  /**
   * Namespace of the operator; it must be there already.
   *
   * @default - the chart's namespace, or else a new one, "emqx-operator-system"
   */
  readonly namespace?: string;

  /**
   * The only namespace in which the operator looks after clusters. Its rights then end there.
   *
   * @default - all namespaces
   */
  readonly watchNamespace?: string;

  /**
   * Whether the five custom resource definitions are rendered, too. All must be there, or the operator does not start. Who
   * deletes them deletes every cluster with them: keep them in a chart of their own where that could happen.
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
   * Version of the operator, a 2.2: 2.3.0 no longer knows EMQX 4.4, and those before 2.2.0 need other rights.
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

  /** How many replicas run; one of them works, the others stand by. @default 1 */
  readonly replicas?: number;

  /** Processor and memory of each replica. @default - 100 to 500 thousandths of a processor, 128 to 512 MiB */
  readonly resources?: OperatorResources;

  /** Labels of the Kubernetes nodes it may run on. @default - any node */
  readonly nodeSelector?: Readonly<Record<string, string>>;

  /** Taints it may run beside. @default - none */
  readonly tolerations?: readonly Toleration[];

  /** Beside what, or apart from what, it runs. @default - none @see Kubernetes API, core/v1 Affinity */
  readonly affinity?: Affinity;

  /**
   * Users, groups and rights of the pod. What is given takes the place of the default as a whole. With the defaults of both the
   * operator runs in a namespace that enforces the Pod Security Standard `restricted`.
   *
   * @default - not root, and the system calls of the container runtime's own profile
   * @see Kubernetes API, core/v1 PodSecurityContext
   */
  readonly podSecurityContext?: PodSecurityContext;

  /**
   * Users, groups and rights of the container. What is given takes the place of the default as a whole.
   *
   * @default - not root, no capabilities, and no way to more rights
   * @see Kubernetes API, core/v1 SecurityContext
   */
  readonly containerSecurityContext?: SecurityContext;
}
