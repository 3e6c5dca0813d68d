import type { KubeObject } from '../../kubernetes/kube-api';
import { customResourceDefinitions } from '../../resource/crd';
import type { ObjectStore } from '../../simulator/kubernetes/object-store';
import { API_RESOURCES, NAMESPACE } from './api-resource';

/** Namespace of the operator. */
export const OPERATOR_NAMESPACE = 'emqx-operator-system';

/**
 * Adds what a cluster has from the start, where it is absent: namespaces, and the definitions of those custom resources of
 * the operator that are served.
 */
export function seed(store: ObjectStore, namespace: string): void {
  const namespaces = ['default', 'kube-system', OPERATOR_NAMESPACE, namespace].map((name) => ({
    ...NAMESPACE,
    metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  }));
  const served = customResourceDefinitions().filter(({ spec }) =>
    API_RESOURCES.some(({ kind }) => kind === spec.names.kind),
  );
  for (const object of [...namespaces, ...served] as KubeObject[]) {
    const { apiVersion, kind, metadata } = object;
    if (!store.find({ apiVersion, kind, namespace: 'default', name: metadata.name })) store.create(object);
  }
}
