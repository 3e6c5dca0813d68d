import type { KindRef, ListQuery, ObjectRef, Subresource } from './kube-api';

/**
 * Path of all objects of a kind in a namespace, as `/apis/apps/v1/namespaces/default/statefulsets`; in all namespaces for
 * `''`.
 */
export function collectionPath({ apiVersion, kind, namespace }: KindRef & { namespace: string }): string {
  const root = apiVersion.includes('/') ? 'apis' : 'api';
  const scope = namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/${root}/${apiVersion}${scope}/${pluralOf(kind)}`;
}

/** Path of one object, or of one of its subresources. */
export function objectPath(ref: ObjectRef, subresource?: Subresource): string {
  const path = `${collectionPath(ref)}/${encodeURIComponent(ref.name)}`;
  return subresource ? `${path}/${subresource}` : path;
}

/** The selectors of a query as request parameters; a selector that selects everything is undefined. */
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
 * The resource that serves a kind. Kubernetes itself guesses this way without discovery, and for every kind in this
 * project but one the guess is right: the plural of `EMQX` is `emqxes`.
 *
 * @see UnsafeGuessKindToResource of k8s.io/apimachinery
 */
function pluralOf(kind: string): string {
  const singular = kind.toLowerCase();
  if (singular === 'endpoints') return singular;
  if (/[sx]$/.test(singular)) return `${singular}es`;
  if (singular.endsWith('y')) return `${singular.slice(0, -1)}ies`;
  return `${singular}s`;
}
