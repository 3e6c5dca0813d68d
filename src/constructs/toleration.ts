/** What a pod may be placed beside, in Kubernetes' own words. @see Kubernetes API, core/v1 Toleration */
export interface Toleration {
  /** Of the taint. @default - every taint */
  readonly key?: string;
  /** Whether the value must be equal, or the key must be there. @default "Equal" */
  readonly operator?: 'Equal' | 'Exists';
  /** Of the taint. @default - none */
  readonly value?: string;
  /** Of the taint. @default - every effect */
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  /** How long a pod stays beside a taint that came later; in seconds. @default - forever */
  readonly tolerationSeconds?: number;
}
