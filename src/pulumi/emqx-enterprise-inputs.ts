import type { PlainClusterProps } from '../constructs/plain-props';
import type { Driver, Limits } from '../upgrade';

/** What a program says of a cluster, in plain values. */
export interface EmqxEnterpriseInputs
  extends Omit<PlainClusterProps, 'networkPolicy' | 'podDisruptionBudget'>,
    ConnectionInputs {
  /**
   * Whether a cluster of this name that exists already is taken over, provided that it is as described here. Matters only when the
   * resource is created.
   *
   * @default false
   */
  readonly adopt?: boolean;

  /** How an upgrade is made. A change alone touches nothing in the cluster. */
  readonly upgrade?: UpgradeOptions;

  /** URN of the row in which progress is shown; the class sets it. Not called `urn`: that name is dropped on the way. */
  readonly progressRow?: string;
}

/** The way to the Kubernetes cluster. */
export interface ConnectionInputs {
  /**
   * A kubeconfig, or the path of one. A kubeconfig itself is secret.
   *
   * @default - as kubectl: `$KUBECONFIG`, then `~/.kube/config`; and inside of a pod without these its service account
   */
  readonly kubeconfig?: string;

  /**
   * Name of a context of the kubeconfig.
   *
   * @default - its current context
   */
  readonly context?: string;
}

/** How an upgrade is made. */
export interface UpgradeOptions {
  /**
   * `pilot`: the operator is held, and each device is disconnected once. `operator`: the operator alone, which loses sessions.
   *
   * @default "pilot"
   */
  readonly driver?: Driver;

  /** Whether the driver `operator` may lose sessions; without it that driver is refused. @default false */
  readonly acceptLoss?: boolean;

  /** Whether the version may be older than what runs, within one minor line; without it that is refused. @default false */
  readonly acceptDowngrade?: boolean;

  /**
   * Most disconnects per second in the whole cluster.
   *
   * @default - `connectionEvictionRate`
   */
  readonly stormCap?: number;

  /**
   * Most devices that may be away at a time: while there are more, nobody else is sent away. `none` lifts that.
   *
   * @default - what `stormCap` sends away in 1.5 s, and ten more; more for a fleet that is seen to take longer to come back
   */
  readonly offlineBudget?: number | 'none';

  /** When an operation ends by itself. */
  readonly timeouts?: UpgradeTimeouts;

  /**
   * What becomes of an upgrade that does not come to its end in time. `stop`: it is left as it is, and the next `pulumi up` goes
   * on. `abort`: everything goes back to what was before.
   *
   * @default "stop"
   */
  readonly onFailure?: Limits['onFailure'];
}

/** When an operation ends by itself, in seconds. */
export interface UpgradeTimeouts {
  /**
   * For how long the whole operation may take. The way back after `onFailure: 'abort'` is not counted.
   *
   * @default - an upgrade takes as long as it moves; everything else 600
   */
  readonly totalSeconds?: number;

  /** For how long nothing may move in an upgrade. @default 120 */
  readonly stallSeconds?: number;
}
