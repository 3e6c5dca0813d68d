import type { KindRef, ListQuery, ObjectRef, Subresource } from './kube-api';

/**
 * Path of all objects of a kind in a namespace, as `/apis/apps/v1/namespaces/default/statefulsets`; of all there are for the
 * namespace `''`.
 */
export function collectionPath({ apiVersion, kind, namespace }: KindRef & { namespace: string }): string {
  const root = apiVersion.includes('/') ? 'apis' : 'api';
  const scope = namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/${root}/${apiVersion}${scope}/${pluralOf(kind)}`;
}

/** Path of one object, or of a part of it that has a path of its own. */
export function objectPath(ref: ObjectRef, subresource?: Subresource): string {
  const path = `${collectionPath(ref)}/${encodeURIComponent(ref.name)}`;
  return subresource ? `${path}/${subresource}` : path;
}

/** The selectors of a query as parameters of a request; those that select everything are undefined. */
export function selectorsOf({ labels = {}, name, fields = {} }: ListQuery) {
  const labelTerms = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const fieldTerms = Object.entries({ ...(name !== undefined && { 'metadata.name': name }), ...fields }).map(
    ([key, value]) => `${key}=${value}`,
  );
  return {
    labelSelector: labelTerms.length > 0 ? labelTerms.join(',') : undefined,
    fieldSelector: fieldTerms.length > 0 ? fieldTerms.join(',') : undefined,
  };
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
