import type { EmqxResource } from '../resource';
import { emqxType } from './emqx-type';
import { enterpriseType } from './enterprise-type';
import type { ResourceType } from './resource-type';

/** Each is only ever given properties of its own kind. */
const types = { EmqxEnterprise: enterpriseType, EMQX: emqxType } as unknown as Readonly<
  Record<EmqxResource['kind'], ResourceType>
>;

/** Kind of the custom resource; states of earlier versions, which knew one only, do not name it. */
export function kindOf({ __kind }: { readonly __kind?: unknown }): EmqxResource['kind'] {
  return __kind === 'EMQX' ? 'EMQX' : 'EmqxEnterprise';
}

/** The type of the resource in Pulumi that has these properties. */
export function typeOf(inputs: { readonly __kind?: unknown }): ResourceType {
  return types[kindOf(inputs)];
}
