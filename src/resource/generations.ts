import type { Generation } from './generation';
import { isHold } from './hold';
import type { EmqxEnterprise } from './v1beta4/emqx-enterprise';
import { v1beta4 } from './v1beta4/generation';
import { EMQX_V2_API_VERSION, EMQX_V3_API_VERSION } from './v2beta1/constants';
import type { Emqx } from './v2beta1/emqx';
import { v2, v2beta1 } from './v2beta1/generation';
import { v3beta1 } from './v3beta1/generation';

/** A custom resource that describes an EMQX cluster. */
export type EmqxResource = EmqxEnterprise | Emqx;

/** Each is only ever given resources of its own kind. */
const generations = { EmqxEnterprise: v1beta4, EMQX: v2beta1 } as unknown as Readonly<
  Record<EmqxResource['kind'], Generation<EmqxResource>>
>;

/** Those of other versions of a kind: of other lines of the operator. */
const versions = { [EMQX_V2_API_VERSION]: v2, [EMQX_V3_API_VERSION]: v3beta1 } as unknown as Readonly<
  Record<string, Generation<EmqxResource> | undefined>
>;

/**
 * The versions in which the API server may have a kind. Where it serves several of them, the last one has what the operator writes;
 * a version that it does not serve is "not found".
 */
export const API_VERSIONS: Readonly<Record<EmqxResource['kind'], readonly string[]>> = {
  EmqxEnterprise: [v1beta4.apiVersion],
  EMQX: [v2beta1.apiVersion, ...Object.keys(versions)],
};

/** The EMQX version that a resource asks for; empty where it names none. */
export function versionOf(resource: EmqxResource): string {
  return generationOf(resource).versionOf(resource);
}

/** The generation of a resource, by its kind and, where that is given, its version. */
export function generationOf({ kind, apiVersion = '' }: Identity): Generation<EmqxResource> {
  return (kind === 'EMQX' ? versions[apiVersion] : undefined) ?? generations[kind];
}

/** What says of which generation a resource is. */
interface Identity extends Pick<EmqxResource, 'kind'> {
  readonly apiVersion?: string;
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
