import type { KindRef } from '../../kubernetes/kube-api';
import { API_VERSION, KIND } from '../../resource';
import { traitsOf } from '../../simulator/kubernetes/kinds';

/** A resource as discovery reports it: the name of a kind of object in a path, and what can be done with it. */
export interface ApiResource extends KindRef {
  /** As it stands in paths and on kubectl's command line. */
  plural: string;
  namespaced: boolean;
  shortNames: readonly string[];
  /** Parts of an object with a path of their own, which can be read and written. */
  subresources: readonly ('status' | 'scale')[];
  /** Whether `kubectl get all` shows it. */
  inAll: boolean;
  readOnly: boolean;
  /** Whether objects are only stored, without effect. */
  isInert: boolean;
}

export const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace' } as const;

type Given = Partial<Pick<ApiResource, 'namespaced' | 'shortNames' | 'inAll' | 'readOnly' | 'isInert'>> & {
  scalable?: boolean;
};

function resource(apiVersion: string, kind: string, plural: string, given: Given = {}): ApiResource {
  const { scalable = false, ...rest } = given;
  const status = traitsOf({ apiVersion, kind }).status;
  return {
    apiVersion,
    kind,
    plural,
    namespaced: true,
    shortNames: [],
    subresources: [...(status ? (['status'] as const) : []), ...(scalable ? (['scale'] as const) : [])],
    inAll: false,
    readOnly: false,
    isInert: false,
    ...rest,
  };
}

/** Everything the sandbox's Kubernetes API serves. */
export const API_RESOURCES: readonly ApiResource[] = [
  resource('v1', 'ConfigMap', 'configmaps', { shortNames: ['cm'] }),
  resource('v1', 'Endpoints', 'endpoints', { shortNames: ['ep'] }),
  resource('v1', 'Event', 'events', { shortNames: ['ev'] }),
  resource('v1', 'Namespace', 'namespaces', { namespaced: false, shortNames: ['ns'] }),
  resource('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', { shortNames: ['pvc'] }),
  resource('v1', 'Pod', 'pods', { shortNames: ['po'], inAll: true }),
  resource('v1', 'ResourceQuota', 'resourcequotas', { shortNames: ['quota'] }),
  resource('v1', 'Secret', 'secrets'),
  resource('v1', 'Service', 'services', { shortNames: ['svc'], inAll: true }),
  resource('v1', 'ServiceAccount', 'serviceaccounts', { shortNames: ['sa'] }),
  resource('apps/v1', 'Deployment', 'deployments', {
    shortNames: ['deploy'],
    inAll: true,
    scalable: true,
    isInert: true,
  }),
  resource('apps/v1', 'ReplicaSet', 'replicasets', { shortNames: ['rs'], inAll: true, scalable: true }),
  resource('apps/v1', 'StatefulSet', 'statefulsets', { shortNames: ['sts'], inAll: true, scalable: true }),
  resource('coordination.k8s.io/v1', 'Lease', 'leases'),
  resource('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices'),
  resource('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', { shortNames: ['netpol'], isInert: true }),
  resource('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', { shortNames: ['pdb'], isInert: true }),
  resource('rbac.authorization.k8s.io/v1', 'Role', 'roles', { isInert: true }),
  resource('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', { isInert: true }),
  resource('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', {
    namespaced: false,
    shortNames: ['crd', 'crds'],
    readOnly: true,
  }),
  // As Kubernetes ranks versions: v2beta1 before v1beta4. (Its subresource `scale`, of the replicants, is not served.)
  resource('apps.emqx.io/v2beta1', 'EMQX', 'emqxes', { shortNames: ['emqx'] }),
  resource(API_VERSION, KIND, 'emqxenterprises', { scalable: true }),
  resource(API_VERSION, 'EmqxPlugin', 'emqxplugins'),
];

/** `apps` of `apps/v1`; empty for the core. */
export function groupOf({ apiVersion }: Pick<KindRef, 'apiVersion'>): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}
