import { API_RESOURCES, type ApiResource } from './api-resource';
import { Refused } from './refused';

/** What of the cluster a path names: all objects of a kind (without `name`), one, or a part of one. */
export interface ResourcePath {
  resource: ApiResource;
  /** Empty for all namespaces, and for what belongs to none. */
  namespace: string;
  name?: string;
  subresource?: string;
}

/**
 * Reads a path such as `/apis/apps/v1/namespaces/default/statefulsets/ee/scale`; undefined when it leads to no resource.
 *
 * @throws Refused 404 for a resource that the sandbox does not have
 */
export function readResourcePath(pathname: string): ResourcePath | undefined {
  const [, root, ...steps] = pathname.replace(/\/$/, '').split('/').map(decodeURIComponent);
  if (root !== 'api' && root !== 'apis') return undefined;
  const apiVersion = steps.splice(0, root === 'api' ? 1 : 2).join('/');
  if (steps.length === 0) return undefined;
  const inNamespace = steps[0] === 'namespaces' && steps.length > 2 && !NAMESPACE_PARTS.has(steps[2]!);
  const namespace = inNamespace ? steps.splice(0, 2)[1]! : '';
  const [plural, name, subresource] = steps;
  const resource = API_RESOURCES.find((one) => one.apiVersion === apiVersion && one.plural === plural);
  const wanted = resource?.namespaced && name !== undefined;
  if (!resource || (wanted && !inNamespace) || (inNamespace && !resource.namespaced)) {
    throw new Refused(404, 'NotFound', `the sandbox of emqx-blue-green does not serve ${pathname}`);
  }
  return {
    resource,
    namespace,
    ...(name !== undefined && { name }),
    ...(subresource !== undefined && { subresource }),
  };
}

/** What follows the name of a namespace and is no resource in it. */
const NAMESPACE_PARTS = new Set(['status', 'finalize']);
