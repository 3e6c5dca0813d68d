import type { EmqxEnterprise } from './emqx-enterprise';
import type { Generation } from './generation';
import { isHold } from './hold';
import { v1beta4 } from './v1beta4/generation';
import type { Emqx } from './v2beta1/emqx';
import { v2beta1 } from './v2beta1/generation';

/** A custom resource that describes an EMQX cluster. */
export type EmqxResource = EmqxEnterprise | Emqx;

/** Each is only ever given resources of its own kind. */
const generations = { EmqxEnterprise: v1beta4, EMQX: v2beta1 } as unknown as Readonly<
  Record<EmqxResource['kind'], Generation<EmqxResource>>
>;

/** The EMQX version that a resource asks for; empty where it names none. */
export function versionOf(resource: EmqxResource): string {
  return generationOf(resource).versionOf(resource);
}

/** The generation of a resource, by its kind. */
export function generationOf({ kind }: Pick<EmqxResource, 'kind'>): Generation<EmqxResource> {
  return generations[kind];
}

/** A resource that is known to be an EmqxEnterprise. @throws TypeError for one of another kind */
export function asEnterprise(resource: EmqxResource): EmqxEnterprise {
  if (resource.kind === 'EmqxEnterprise') return resource;
  throw new TypeError(`${resource.metadata.name} is an ${resource.kind}, not an EmqxEnterprise`);
}

/** Whether the operator is kept from evacuating anything. */
export function isHeld(resource: EmqxResource): boolean {
  return isHold(generationOf(resource).delayOf(resource) ?? 0);
}
