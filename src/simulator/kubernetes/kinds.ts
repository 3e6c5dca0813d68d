import type { KindRef } from '../../kubernetes/kube-api';

/** How the API server treats a kind. */
export interface KindTraits {
  /** `status` is written through its own subresource only, and ignored elsewhere. */
  status: boolean;
  /** `metadata.generation` counts the changes of everything that is neither metadata nor status. */
  generation: boolean;
}

/** The kinds the simulated control plane works with. */
export const kinds = {
  pod: { apiVersion: 'v1', kind: 'Pod' },
  service: { apiVersion: 'v1', kind: 'Service' },
  endpoints: { apiVersion: 'v1', kind: 'Endpoints' },
  endpointSlice: { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
  statefulSet: { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  replicaSet: { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  volumeClaim: { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  quota: { apiVersion: 'v1', kind: 'ResourceQuota' },
  secret: { apiVersion: 'v1', kind: 'Secret' },
  configMap: { apiVersion: 'v1', kind: 'ConfigMap' },
} satisfies Record<string, KindRef>;

const traits: Record<string, KindTraits> = {
  'v1/ConfigMap': { status: false, generation: false },
  'v1/Endpoints': { status: false, generation: false },
  'v1/Event': { status: false, generation: false },
  'v1/PersistentVolumeClaim': { status: true, generation: false },
  'v1/Pod': { status: true, generation: false },
  'v1/ResourceQuota': { status: true, generation: false },
  'v1/Secret': { status: false, generation: false },
  'v1/Service': { status: true, generation: false },
  'v1/ServiceAccount': { status: false, generation: false },
  'apps/v1/Deployment': { status: true, generation: true },
  'apps/v1/ReplicaSet': { status: true, generation: true },
  'apps/v1/StatefulSet': { status: true, generation: true },
  'coordination.k8s.io/v1/Lease': { status: false, generation: false },
  'discovery.k8s.io/v1/EndpointSlice': { status: false, generation: true },
  'apps.emqx.io/v1beta4/EmqxEnterprise': { status: true, generation: true },
  'apps.emqx.io/v1beta4/EmqxPlugin': { status: true, generation: true },
  'apps.emqx.io/v2beta1/EMQX': { status: true, generation: true },
  'apps.emqx.io/v2/EMQX': { status: true, generation: true },
  'apps.emqx.io/v3beta1/EMQX': { status: true, generation: true },
};

/** `<apiVersion>/<kind>`. */
export function kindKey(kind: KindRef): string {
  return `${kind.apiVersion}/${kind.kind}`;
}

/** The traits of a kind; one that is not known is taken for a custom resource without subresources. */
export function traitsOf(kind: KindRef): KindTraits {
  return traits[kindKey(kind)] ?? { status: false, generation: true };
}

const listMaps: Record<string, readonly string[]> = {
  'v1/Pod status.conditions': ['type'],
  'v1/Service spec.ports': ['port', 'protocol'],
  'apps.emqx.io/v1beta4/EmqxEnterprise spec.serviceTemplate.spec.ports': ['port', 'protocol'],
  'apps.emqx.io/v1beta4/EmqxEnterprise spec.template.spec.emqxContainer.ports': ['containerPort', 'protocol'],
};

/**
 * The keys that identify the items of a list in server-side apply (`x-kubernetes-list-map-keys`), or undefined when
 * the list is one atomic value to it.
 *
 * @param field the members that lead to the list, joined by dots
 */
export function listMapKeys(kind: KindRef, field: string): readonly string[] | undefined {
  if (field === 'metadata.ownerReferences') return ['uid'];
  return listMaps[`${kindKey(kind)} ${field}`];
}
