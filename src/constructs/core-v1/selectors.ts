/** Made by scripts/core-v1-types.ts; the meaning of each field is documented in the reference of Kubernetes' API, core/v1. */

/** LabelSelector of Kubernetes' API. */
export interface LabelSelector {
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
  readonly matchLabels?: Readonly<Record<string, string>>;
}

/** LabelSelectorRequirement of Kubernetes' API. */
export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** ObjectMeta of Kubernetes' API. */
export interface ObjectMeta {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly name?: string;
  readonly namespace?: string;
}

/** ResourceClaim of Kubernetes' API. */
export interface ResourceClaim {
  readonly name: string;
}

/** ResourceRequirements of Kubernetes' API. */
export interface ResourceRequirements {
  readonly claims?: readonly ResourceClaim[];
  readonly limits?: Readonly<Record<string, number | string>>;
  readonly requests?: Readonly<Record<string, number | string>>;
}

/** SecretKeySelector of Kubernetes' API. */
export interface SecretKeySelector {
  readonly key: string;
  readonly name?: string;
  readonly optional?: boolean;
}

/** VolumeResourceRequirements of Kubernetes' API. */
export interface VolumeResourceRequirements {
  readonly limits?: Readonly<Record<string, number | string>>;
  readonly requests?: Readonly<Record<string, number | string>>;
}
