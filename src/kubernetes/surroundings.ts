import { INSTANCE_LABEL, TRAFFIC_LABEL } from '../resource';
import type { Surroundings } from '../upgrade';
import { matchesLabels, type Pod, type Service } from './core-objects';
import { isForDevices } from './device-listeners';
import { isKubeError, type KubeApi, type KubeObject } from './kube-api';
import { controllerOf } from './ownership';
import { quotasIn } from './quotas';

/** What is found beside a cluster in its namespace. */
export async function surroundingsOf(
  { api, namespace, name }: { api: KubeApi; namespace: string; name: string },
  pods: readonly string[],
  signal?: AbortSignal,
): Promise<Surroundings> {
  const [quotas, enforced, bypasses] = await Promise.all([
    quotasIn(api, namespace, signal),
    enforcedIn(api, namespace, signal),
    bypassesOf(api, namespace, name, pods, signal),
  ]);
  return { quotas, podSecurity: enforced, bypasses };
}

/** The Pod Security level that the namespace enforces; null without the right to read it. */
async function enforcedIn(api: KubeApi, namespace: string, signal?: AbortSignal): Promise<string | undefined | null> {
  try {
    const ref = { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: namespace };
    const { metadata } = await api.get<KubeObject>(ref, signal);
    return metadata.labels?.['pod-security.kubernetes.io/enforce'];
  } catch (error) {
    if (isKubeError(error, 'Forbidden')) return null;
    if (isKubeError(error, 'NotFound')) return undefined;
    throw error;
  }
}

/**
 * Other Services that select pods of the cluster, and that an upgrade does not switch: it switches those with its label,
 * and knows those the operator creates.
 */
async function bypassesOf(
  api: KubeApi,
  namespace: string,
  cluster: string,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  const labels = { [INSTANCE_LABEL]: cluster };
  const [services, labelled] = await Promise.all([
    api.list<Service>({ apiVersion: 'v1', kind: 'Service', namespace }, signal),
    api.list<Pod>({ apiVersion: 'v1', kind: 'Pod', namespace, labels }, signal),
  ]);
  const pods = labelled.items.filter(({ metadata }) => names.includes(metadata.name));
  return services.items
    .filter((service) => {
      const { metadata, spec } = service;
      if (metadata.labels?.[TRAFFIC_LABEL] === cluster || controllerOf(service)) return false;
      const { selector = {} } = spec;
      const isSelective = Object.keys(selector).length > 0;
      return isForDevices(spec) && isSelective && pods.some((pod) => matchesLabels(pod.metadata.labels, selector));
    })
    .map(({ metadata }) => metadata.name);
}
