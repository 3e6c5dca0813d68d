import type { EmqxResource } from '../resource/generations';
import type { Affinity } from './core-v1/pods';
import type { OperatorResources } from './operator-resources';
import type { Toleration } from './toleration';

/** What a runner does on its own. */
export interface UpgradeRunnerPolicy {
  /** Which upgrades are begun: all that wait, or those that were approved. @default 'approval' */
  readonly mode?: 'automatic' | 'approval';

  /** When upgrades may begin; one that has begun is not interrupted by its end. @default - at any time */
  readonly window?: UpgradeWindow;

  /** Most disconnects per second in a whole cluster. @default - the eviction rate of each cluster */
  readonly rateCap?: number;

  /**
   * `fixed`: devices are disconnected at that rate. `adaptive`: as fast as those before them reconnect, at most at that rate.
   *
   * @default 'fixed'
   */
  readonly pacing?: 'fixed' | 'adaptive';

  /** Most devices of a cluster that may be offline at a time; `none` for any number. @default - what the rate disconnects in 1.5 s, plus ten */
  readonly offlineBudget?: number | 'none';

  /**
   * How many of the connections, and of the subscriptions, must be back in the end, in percent, from 1 to 100; the report says whether
   * they are.
   *
   * @default 99
   */
  readonly backPercent?: number;

  /**
   * Whether devices are sampled before and after an upgrade, with at most two requests per second and node, so that the report says
   * whether those with MQTT 3.1 have become more.
   *
   * @default true
   */
  readonly sampleDevices?: boolean;

  /** What a run does that cannot continue: it waits, or moves devices back. @default 'stop' */
  readonly onFailure?: 'stop' | 'abort';

  /** How many clusters of all namespaces are upgraded at a time. @default 1 */
  readonly maxConcurrent?: number;

  /** Which clusters are upgraded before all others. @default - none: by namespace and name */
  readonly order?: UpgradeOrder;

  /** Whether runs are resumed that others have begun and nobody drives, as after a laptop was closed. @default true */
  readonly resume?: boolean;

  /** Whether clusters at rest are held, so that a change of their template waits for an upgrade. @default 'leave' */
  readonly hold?: 'enforce' | 'leave';
}

/** A time that recurs each week. */
export interface UpgradeWindow {
  /** Days on which it opens. @default - every day */
  readonly days?: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
  /** Time of day at which it opens, as `01:00`. */
  readonly from: string;
  /** Time of day at which it closes, as `05:00`; one that is not after `from` is on the next day. `24:00` is midnight. */
  readonly to: string;
  /** IANA name of the time zone of both. @default 'UTC' */
  readonly timeZone?: string;
}

/** Clusters that come first; one that is named, or has the label, is one of them. */
export interface UpgradeOrder {
  /** Name of a label of the custom resource, and its value. */
  readonly label?: string;
  readonly value?: string;
  /** Clusters as `NAMESPACE/NAME`. */
  readonly clusters?: readonly string[];
}

/** Where the runner runs, and which clusters it upgrades. */
export interface UpgradeRunnerProps {
  /** The whole reference of its image, such as `registry.example.com/emqx-blue-green:0.1.0`. */
  readonly image: string;

  /**
   * Namespace of the runner, its policy and its service account.
   *
   * @default - the chart's namespace, or "default"
   */
  readonly namespace?: string;

  /**
   * Namespaces of the clusters. Its rights are restricted to them.
   *
   * @default - its own
   */
  readonly watchNamespaces?: readonly string[];

  /** Whether the clusters of all namespaces are upgraded; it then has rights in all of them, and may read every Secret. @default false */
  readonly allNamespaces?: boolean;

  /** Kinds of the clusters: `EmqxEnterprise` is EMQX 4.4, `EMQX` is EMQX 5 and 6. @default ['EmqxEnterprise', 'EMQX'] */
  readonly kinds?: readonly EmqxResource['kind'][];

  /** What it does on its own. @default - it begins only what was approved */
  readonly policy?: UpgradeRunnerPolicy;

  /**
   * Name of a Secret of its namespace that has, under the key `url`, the URL that notifications are sent to: one POST of JSON for each
   * plan, start, incident and end.
   *
   * @default - no notifications
   */
  readonly webhookSecret?: string;

  /** How many replicas run; one of them works, the others are on standby. @default 1 */
  readonly replicas?: number;

  /**
   * Whether a PodMonitor, a PrometheusRule and a Grafana dashboard of the runner are rendered, for the Prometheus Operator. Alerts on
   * the upgrades of a cluster are those of `EmqxMonitoring`, which need this PodMonitor.
   *
   * @default false
   */
  readonly monitoring?: boolean;

  /**
   * URL of the runbooks; an alert adds `#` and its own name in lower case.
   *
   * @default - the runbooks of this package, in this version
   */
  readonly runbookUrl?: string;

  /** CPU and memory of each replica. @default - 100 to 500 thousandths of a CPU, 128 to 512 MiB */
  readonly resources?: OperatorResources;

  /** Names of Secrets with the registry's credentials. @default - none */
  readonly imagePullSecrets?: readonly string[];

  /** Labels of the Kubernetes nodes it may run on. @default - any node */
  readonly nodeSelector?: Readonly<Record<string, string>>;

  /** Taints that it tolerates. @default - none */
  readonly tolerations?: readonly Toleration[];

  /** Affinity and anti-affinity. @default - none @see Kubernetes API, core/v1 Affinity */
  readonly affinity?: Affinity;
}
