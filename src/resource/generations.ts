import type { EmqxEnterprise } from './emqx-enterprise';
import type { Generation } from './generation';
import { v1beta4 } from './v1beta4/generation';

/** A custom resource that describes an EMQX cluster. */
export type EmqxResource = EmqxEnterprise;

const generations: Readonly<Record<EmqxResource['kind'], Generation<EmqxResource>>> = { EmqxEnterprise: v1beta4 };

/** The EMQX version that a resource asks for; empty where it names none. */
export function versionOf(resource: EmqxResource): string {
  return generationOf(resource).versionOf(resource);
}

/** The generation of a resource, by its kind. */
export function generationOf({ kind }: Pick<EmqxResource, 'kind'>): Generation<EmqxResource> {
  return generations[kind];
}
