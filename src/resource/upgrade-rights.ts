import { GROUP } from './constants';

/** Something an upgrade must be allowed to do in the namespace of the cluster. */
export interface UpgradeRight {
  /** API group; empty for Kubernetes' core. */
  group: string;
  /** With its subresource, as `pods/status`. */
  resource: string;
  verbs: readonly string[];
  /**
   * Name of the only object for a cluster. A list or a watch of it selects that name, so that the right may be restricted to it.
   *
   * @default - all objects: those an upgrade creates, or that have no name yet
   */
  of?: (cluster: string) => string;
  /** Without it an upgrade still works, and only a check or a reason stays unknown. @default false */
  optional?: boolean;
}

const named = (suffix: string) => (cluster: string) => `${cluster}${suffix}`;

/** Exactly the rights that an upgrade needs. */
export const UPGRADE_RIGHTS: readonly UpgradeRight[] = [
  { group: GROUP, resource: 'emqxenterprises', verbs: ['list', 'watch', 'patch'], of: named('') },
  { group: 'apps', resource: 'statefulsets', verbs: ['list', 'watch'] },
  { group: 'apps', resource: 'statefulsets/scale', verbs: ['patch'] },
  // Why pods are not created, and whether there is room for them.
  { group: '', resource: 'events', verbs: ['list'], optional: true },
  { group: '', resource: 'resourcequotas', verbs: ['list'], optional: true },
  // Its labels say whether new pods are accepted. The API server counts a namespace as being in itself.
  { group: '', resource: 'namespaces', verbs: ['get'], optional: true },
  { group: '', resource: 'pods', verbs: ['get', 'list', 'watch'] },
  { group: '', resource: 'pods/status', verbs: ['patch'] },
  // A WebSocket is opened by a GET, for which the API server requires `get` and, from Kubernetes 1.35 on, also `create`.
  { group: '', resource: 'pods/portforward', verbs: ['create', 'get'] },
  { group: '', resource: 'services', verbs: ['list', 'watch'] },
  { group: '', resource: 'services', verbs: ['patch'], of: named('-mqtt') },
  // Of the operator's own Service, where devices connect through it.
  { group: '', resource: 'endpoints', verbs: ['get', 'patch'], of: named('') },
  { group: 'discovery.k8s.io', resource: 'endpointslices', verbs: ['list', 'watch'] },
  { group: '', resource: 'secrets', verbs: ['get'], of: named('-bootstrap-user') },
  // The earlier spec of the resource, which may hold secrets.
  { group: '', resource: 'secrets', verbs: ['get', 'patch'], of: named('-upgrade') },
  // A creation cannot be restricted by name.
  { group: '', resource: 'secrets', verbs: ['create'] },
  { group: '', resource: 'configmaps', verbs: ['create'] },
  { group: '', resource: 'configmaps', verbs: ['list', 'watch', 'patch'], of: named('-upgrade') },
  { group: 'coordination.k8s.io', resource: 'leases', verbs: ['create'] },
  { group: 'coordination.k8s.io', resource: 'leases', verbs: ['list', 'watch', 'patch'], of: named('-upgrade') },
];
