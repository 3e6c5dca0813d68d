import { type EmqxResource, type Generation, upgradeRightsOf } from '../resource';
import type { SelfSubjectAccessReview } from './core-objects';
import type { KubeApi } from './kube-api';

/** A question about a right; the API server answers it for every user, and stores nothing. */
type Asked = SelfSubjectAccessReview['spec']['resourceAttributes'];

/**
 * The rights that an upgrade of a cluster needs and does not have.
 *
 * @param generation of the cluster
 * @param services the traffic Services that an upgrade switches by their selector; none means the operator's own Service, whose
 * Endpoints it writes.
 */
export async function missingRights(
  api: KubeApi,
  generation: Generation<EmqxResource>,
  namespace: string,
  cluster: string,
  services: { own: readonly string[]; operators: string },
  signal?: AbortSignal,
): Promise<string[]> {
  const needed = upgradeRightsOf(generation).filter(({ optional }) => !optional);
  const asked = needed.flatMap(({ group, resource, verbs, of }): Asked[] => {
    const [name = '', subresource] = resource.split('/');
    return names(resource, verbs, of?.(cluster), services).flatMap((object) =>
      verbs.map((verb) => ({
        namespace,
        verb,
        group,
        resource: name,
        ...(subresource && { subresource }),
        ...(object && { name: object }),
      })),
    );
  });
  const answers = await Promise.all(asked.map((attributes) => isAllowed(api, attributes, signal)));
  return asked.filter((_, index) => !answers[index]).map(readable);
}

/** The objects that a right is needed for; undefined for a right without a name. */
function names(
  resource: string,
  verbs: readonly string[],
  name: string | undefined,
  { own, operators }: { own: readonly string[]; operators: string },
): (string | undefined)[] {
  if (resource === 'services' && verbs.includes('patch')) return [...own];
  if (resource === 'endpoints') return own.length > 0 ? [] : [operators];
  return [name];
}

async function isAllowed(api: KubeApi, resourceAttributes: Asked, signal?: AbortSignal): Promise<boolean> {
  const review = await api.create<SelfSubjectAccessReview>(
    {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      metadata: { name: '', namespace: '' },
      spec: { resourceAttributes },
    },
    signal,
  );
  return review.status?.allowed === true;
}

function readable({ verb, group, resource, subresource, name }: Asked): string {
  const what = `${resource}${subresource ? `/${subresource}` : ''}${group && `.${group}`}`;
  return `${verb} ${what}${name ? ` ${name}` : ''}`;
}
