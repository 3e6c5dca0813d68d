import { valid } from 'semver';
import type { OperatorView } from '../upgrade';
import type { Deployment } from './core-objects';
import { isKubeError, type KubeApi } from './kube-api';

/** Label of the operator's Deployment, in its Helm chart and in the construct `EmqxOperator`. */
const LABELS = { 'control-plane': 'controller-manager' };

/** The EMQX Operators of the whole cluster; undefined when that may not be looked at. */
export async function operatorsIn(api: KubeApi, signal?: AbortSignal): Promise<OperatorView[] | undefined> {
  try {
    const query = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: '', labels: LABELS };
    const { items } = await api.list<Deployment>(query, signal);
    return items.flatMap(operatorView);
  } catch (error) {
    if (isKubeError(error, 'Forbidden')) return undefined;
    throw error;
  }
}

/** None for a Deployment of something else. The image may come from a registry of one's own, under its name. */
function operatorView({ metadata, spec, status }: Deployment): OperatorView[] {
  const images = (spec?.template?.spec?.containers ?? []).flatMap((container) => container.image ?? []);
  const image = images.find((candidate) => /emqx-operator(?!-reloader)/.test(candidate));
  if (image === undefined) return [];
  const tag = /:([^:/@]+)(@|$)/.exec(image)?.[1] ?? '';
  return [
    {
      name: `${metadata.namespace}/${metadata.name}`,
      image,
      version: valid(tag) ?? undefined,
      ready: (status?.readyReplicas ?? 0) > 0,
    },
  ];
}
