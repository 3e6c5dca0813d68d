import { type ForeignSet, PortError } from '../upgrade';
import type { NodeSet, Pod } from './core-objects';
import type { KubeObject, OwnerReference } from './kube-api';

/** The owner whose controller made the object, and reconciles it: there is at most one. */
export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller);
}

/**
 * Whether an object is proven to belong to another one: by uid and kind. A label proves nothing: every user can set labels, and
 * the operator sets the same ones for every kind of cluster.
 */
export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  const controller = controllerOf(object);
  const { uid } = owner.metadata;
  return uid !== undefined && controller?.uid === uid && controller.kind === owner.kind;
}

/** The sets that a custom resource controls, their pods, and everything else that has its label. */
export function ownedBy(resource: KubeObject, sets: readonly NodeSet[], pods: readonly Pod[]) {
  const own = sets.filter((set) => isControlledBy(set, resource));
  const podsOf = (set: NodeSet) => pods.filter((pod) => isControlledBy(pod, set));
  const foreign = sets
    .filter((set) => !own.includes(set))
    .map((set): ForeignSet => {
      const owner = controllerOf(set);
      return {
        name: set.metadata.name,
        owner: owner && `${owner.kind} ${owner.name}`,
        pods: podsOf(set).map(({ metadata }) => metadata.name),
      };
    });
  return { sets: own, pods: own.flatMap(podsOf), foreign };
}

/**
 * Refuses an object that this project keeps beside a cluster if it belongs to a deleted one of the same name: Kubernetes is about to
 * remove it, with whatever would be written to it. An object without owner was written by an earlier version.
 *
 * @throws PortError `conflict`
 */
export function refuseFormer(companion: KubeObject | undefined, owners: readonly OwnerReference[]): void {
  const former = companion?.metadata.ownerReferences?.find(({ kind }) => kind === owners[0]?.kind);
  if (!former || owners.length === 0 || owners.some(({ uid }) => uid === former.uid)) return;
  throw new PortError(
    'conflict',
    `the ${companion?.kind} ${companion?.metadata.name} belongs to a deleted ${former.kind} of the same name; Kubernetes removes it within moments`,
  );
}
