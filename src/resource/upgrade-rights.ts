import { GROUP } from './constants';
import type { Generation } from './generation';
import type { EmqxResource } from './generations';

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

/** In the path of the API of a kind of sets. */
const PLURALS = { StatefulSet: 'statefulsets', ReplicaSet: 'replicasets' } as const;

/** Exactly the rights that an upgrade of a cluster of this generation needs. */
export function upgradeRightsOf(generation: Generation<EmqxResource>): readonly UpgradeRight[] {
  const { plural, setKinds, credentials, companionOf, sleepsWhileHeld } = generation;
  const sets = setKinds.map(({ kind }) => PLURALS[kind]);
  // An operator that goes on to reconcile needs the new sets removed after an abort, with their volumes.
  const areRemoved = !sleepsWhileHeld;
  return [
    { group: GROUP, resource: plural, verbs: ['list', 'watch', 'patch'], of: named('') },
    ...sets.map((resource) => ({
      group: 'apps',
      resource,
      verbs: areRemoved ? ['get', 'list', 'watch', 'delete'] : ['list', 'watch'],
    })),
    ...sets.map((resource) => ({ group: 'apps', resource: `${resource}/scale`, verbs: ['patch'] })),
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
    ...(areRemoved ? [CLAIMS] : [ENDPOINTS]),
    { group: 'discovery.k8s.io', resource: 'endpointslices', verbs: ['list', 'watch'] },
    { group: '', resource: 'secrets', verbs: ['get'], of: named(credentials.suffix) },
    ...(credentials.ownSuffix === undefined ? [] : [ownKey(credentials.ownSuffix)]),
    // The earlier spec of the resource, which may hold secrets.
    { group: '', resource: 'secrets', verbs: ['get', 'patch'], of: companionOf },
    // A creation cannot be restricted by name.
    { group: '', resource: 'secrets', verbs: ['create'] },
    { group: '', resource: 'configmaps', verbs: ['create'] },
    { group: '', resource: 'configmaps', verbs: ['list', 'watch', 'patch'], of: companionOf },
    { group: 'coordination.k8s.io', resource: 'leases', verbs: ['create'] },
    { group: 'coordination.k8s.io', resource: 'leases', verbs: ['list', 'watch', 'patch'], of: companionOf },
  ];
}

/** An API key of the user's own, which most clusters do not need. */
function ownKey(suffix: string): UpgradeRight {
  return { group: '', resource: 'secrets', verbs: ['get'], of: named(suffix), optional: true };
}

/** Of the operator's own Service, where devices connect through it; one that goes on writes them itself. */
const ENDPOINTS: UpgradeRight = { group: '', resource: 'endpoints', verbs: ['get', 'patch'], of: named('') };

/** Of the volumes of a set. */
const CLAIMS: UpgradeRight = { group: '', resource: 'persistentvolumeclaims', verbs: ['list', 'delete'] };
