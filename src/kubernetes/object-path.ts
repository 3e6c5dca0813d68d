import type { KindRef, ListQuery, ObjectRef, Subresource } from './kube-api';

/** Path of all objects of a kind in a namespace, as `/apis/apps/v1/namespaces/default/statefulsets`. */
export function collectionPath({ apiVersion, kind, namespace }: KindRef & { namespace: string }): string {
  const root = apiVersion.includes('/') ? 'apis' : 'api';
  return `/${root}/${apiVersion}/namespaces/${encodeURIComponent(namespace)}/${pluralOf(kind)}`;
}

/** Path of one object, or of a part of it that has a path of its own. */
export function objectPath(ref: ObjectRef, subresource?: Subresource | 'scale'): string {
  const path = `${collectionPath(ref)}/${encodeURIComponent(ref.name)}`;
  return subresource ? `${path}/${subresource}` : path;
}

/** The equality selector of a query as the API server takes it, or undefined for everything. */
export function selectorOf({ labels = {} }: ListQuery): string | undefined {
  const terms = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return terms.length > 0 ? terms.join(',') : undefined;
}

/**
 * The resource that serves a kind. Kubernetes makes this guess itself where it has no discovery, and for every kind this
 * project touches it is right.
 *
 * @see UnsafeGuessKindToResource of k8s.io/apimachinery
 */
function pluralOf(kind: string): string {
  const singular = kind.toLowerCase();
  if (singular === 'endpoints') return singular;
  if (singular.endsWith('s')) return `${singular}es`;
  if (singular.endsWith('y')) return `${singular.slice(0, -1)}ies`;
  return `${singular}s`;
}
