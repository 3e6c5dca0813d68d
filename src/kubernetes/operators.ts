import { coerce } from 'semver';
import type { OperatorView } from '../upgrade';
import type { Deployment } from './core-objects';
import { isKubeError, type KubeApi } from './kube-api';

/** Label of the operator's Deployment, in its Helm chart and in the construct `EmqxOperator`. */
const LABELS = { 'control-plane': 'controller-manager' };

const OPERATOR_NAME = /emqx-operator(?!-reloader)/;

/** The EMQX Operators of the whole cluster; undefined without the right to read them. */
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

/**
 * None for another Deployment: many operators have that label. The image may come from a private registry, under
 * another name; then the name of the Deployment, or its label, decides.
 */
function operatorView({ metadata, spec, status }: Deployment): OperatorView[] {
  const containers = spec?.template?.spec?.containers ?? [];
  const isNamed = OPERATOR_NAME.test(metadata.name) || metadata.labels?.['app.kubernetes.io/name'] === 'emqx-operator';
  const named = isNamed ? (containers.find(({ name }) => name === 'manager') ?? containers[0]) : undefined;
  const { image } = containers.find((container) => OPERATOR_NAME.test(container.image ?? '')) ?? named ?? {};
  if (image === undefined) return [];
  return [
    {
      name: `${metadata.namespace}/${metadata.name}`,
      image,
      version: versionOf(/:([^:/@]+)(@|$)/.exec(image)?.[1] ?? ''),
      ready: (status?.readyReplicas ?? 0) > 0,
    },
  ];
}

/** The version in a tag, whatever a mirror has added to it: `2.2.29-amd64`. None in a tag without a patch number, which is a moving tag. */
function versionOf(tag: string): string | undefined {
  return /^v?\d+\.\d+\.\d+/.test(tag) ? coerce(tag)?.version : undefined;
}
