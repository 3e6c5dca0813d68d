import type { EmqxEnterprise } from './emqx-enterprise';
import type { Emqx } from './v2beta1/emqx';

/** A cluster of either generation; its `kind` says which. */
export type AnyCluster = EmqxEnterprise | Emqx;
