/** A taint that a pod tolerates, with the field names of Kubernetes. @see Kubernetes API, core/v1 Toleration */
export interface Toleration {
  /** Of the taint. @default - every taint */
  readonly key?: string;
  /** Whether the value must be equal, or the key must be there. @default "Equal" */
  readonly operator?: 'Equal' | 'Exists';
  /** Of the taint. @default - none */
  readonly value?: string;
  /** Of the taint. @default - every effect */
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  /** How long a running pod tolerates a taint that is added; in seconds. @default - forever */
  readonly tolerationSeconds?: number;
}
