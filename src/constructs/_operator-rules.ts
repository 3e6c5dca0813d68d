import { GROUP } from '../resource/constants';
import type { PolicyRule } from '../resource/upgrade-rules';

/** What the operator may do: in all namespaces, or in the one it watches. @see EMQX Operator 2.2.29, Helm chart */

const KINDS = ['emqxbrokers', 'emqxenterprises', 'emqxes', 'emqxplugins', 'rebalances'];
const KEEP = ['create', 'get', 'list', 'update', 'watch'];
const OWN = ['create', 'delete', 'get', 'list', 'update', 'watch'];

const NAMESPACED: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['configmaps', 'endpoints', 'secrets', 'services'], verbs: KEEP },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'get', 'list', 'patch', 'update', 'watch'] },
  { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: OWN },
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'update', 'watch'] },
  { apiGroups: [''], resources: ['pods/status'], verbs: ['patch'] },
  { apiGroups: ['apps'], resources: ['replicasets', 'statefulsets'], verbs: OWN },
  {
    apiGroups: [GROUP],
    resources: KINDS,
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  },
  { apiGroups: [GROUP], resources: KINDS.map((kind) => `${kind}/finalizers`), verbs: ['update'] },
  { apiGroups: [GROUP], resources: KINDS.map((kind) => `${kind}/status`), verbs: ['get', 'patch', 'update'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: KEEP },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: OWN },
];

/** In one namespace; volumes are cluster-scoped, so a Role could not grant them. */
export const RULES_OF_A_NAMESPACE = NAMESPACED;

export const RULES_EVERYWHERE: readonly PolicyRule[] = [
  ...NAMESPACED,
  { apiGroups: [''], resources: ['persistentvolumes'], verbs: KEEP },
];

/** In the operator's own namespace: leader election. */
export const LEADER_ELECTION_RULES: readonly PolicyRule[] = [
  {
    apiGroups: [''],
    resources: ['configmaps'],
    verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
];
