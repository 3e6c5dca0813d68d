import type { EmqxResource } from '../resource';
import type { Driver, Limits, Pacing } from '../upgrade';

/** What describes no cluster, but how Pulumi manages it: the same for both generations. */
export interface CommonInputs extends ConnectionInputs {
  /**
   * Whether an existing cluster of this name is adopted, provided that it matches the properties. Matters only when the
   * resource is created.
   *
   * @default false
   */
  readonly adopt?: boolean;

  /**
   * Whether `pulumi destroy`, or a replacement, also deletes the volume claims of the nodes, and so their data. It counts as it was at
   * the last `pulumi up`.
   *
   * @default false
   */
  readonly deleteVolumes?: boolean;

  /** How an upgrade is done. A change of it alone changes nothing in the cluster. */
  readonly upgrade?: UpgradeOptions;

  /** URN of the row in which progress is shown; the class sets it. Pulumi shows no property whose name begins like this. */
  readonly __progressRow?: string;

  /** Kind of the custom resource; the class sets it. @default 'EmqxEnterprise' */
  readonly __kind?: EmqxResource['kind'];
}

/** The connection to the Kubernetes cluster. */
export interface ConnectionInputs {
  /**
   * The content of a kubeconfig, which is secret, or the path of one.
   *
   * @default - as kubectl: `$KUBECONFIG`, then `~/.kube/config`; inside a pod without these, its service account
   */
  readonly kubeconfig?: string;

  /**
   * Name of a context of the kubeconfig.
   *
   * @default - its current context
   */
  readonly context?: string;
}

/** How an upgrade is done. */
export interface UpgradeOptions {
  /**
   * `pilot`: the operator is held, and each device is disconnected once. `operator`: the operator alone, which loses
   * sessions of EMQX 4.4, and time of EMQX 5 and 6.
   *
   * @default "pilot"
   */
  readonly driver?: Driver;

  /** Whether the driver `operator` may lose sessions of EMQX 4.4; without it that driver is refused there. @default false */
  readonly acceptLoss?: boolean;

  /** Whether the version may be older than the running one, within one minor line; without it that is refused. @default false */
  readonly acceptDowngrade?: boolean;

  /**
   * Most disconnects per second in the whole cluster.
   *
   * @default - `connectionEvictionRate`
   */
  readonly stormCap?: number;

  /**
   * `fixed`: devices are disconnected at `stormCap`. `adaptive`: as fast as those before them reconnect, at most at `stormCap`.
   *
   * @default "fixed"
   */
  readonly pacing?: Pacing;

  /**
   * Most devices that may be offline at a time: while there are more, no more are disconnected. `none` lifts that limit.
   *
   * @default - what `stormCap` disconnects in 1.5 s, plus ten; more for a fleet that is seen to take longer to reconnect
   */
  readonly offlineBudget?: number | 'none';

  /**
   * How many of the connections, and of the subscriptions, must be back in the end, in percent, from 1 to 100. A warning says which are
   * not; the output `lastUpgrade` has all of these `gates`.
   *
   * @default 99
   */
  readonly backPercent?: number;

  /**
   * Whether devices are sampled before and after an upgrade, with at most two requests per second and node, so that `lastUpgrade` says
   * whether those with MQTT 3.1 have become more.
   *
   * @default true
   */
  readonly sampleDevices?: boolean;

  /** When an operation stops by itself. */
  readonly timeouts?: UpgradeTimeouts;

  /**
   * What happens to an upgrade that does not finish in time. `stop`: it is left as it is, and the next `pulumi up` resumes
   * it. `abort`: everything is rolled back.
   *
   * @default "stop"
   */
  readonly onFailure?: Limits['onFailure'];

  /**
   * Which process drives an upgrade. `cluster`: a runner in the Kubernetes cluster, or a Job where there is none and `image` is given;
   * `pulumi up` starts the upgrade, hands it over, and follows it. Whatever ends `pulumi up` does not end the upgrade then.
   *
   * @default - that of `pulumi up`
   * @see docs/runner.md
   */
  readonly runner?: 'cluster';

  /**
   * With `runner: 'cluster'`: whether `pulumi up` waits for the end of the upgrade. If not, it ends with the output `phase: 'upgrading'`, and
   * the next one follows up on what came of it.
   *
   * @default true
   */
  readonly wait?: boolean;

  /** With `runner: 'cluster'`: the image of a Job that drives an upgrade where no runner lives. @default - a runner is required */
  readonly image?: string;

  /** With `runner: 'cluster'`: namespace of the runner. @default - any runner that upgrades clusters of this namespace */
  readonly runnerNamespace?: string;
}

/** When an operation stops by itself, in seconds. */
export interface UpgradeTimeouts {
  /**
   * How long the whole operation may take. The rollback after `onFailure: 'abort'` is not counted.
   *
   * @default - no limit while there is progress; what is no upgrade ends after 600 s without any
   */
  readonly totalSeconds?: number;

  /** How long an upgrade may make no progress. @default 120 */
  readonly stallSeconds?: number;
}
