import { type EmqxResource, generationOf, type Role } from '../resource';
import { activeSets, blueOf, type ClusterView, olderOf } from './observation';
import { digestOf } from './target';

/** What the resource asked for while a cluster was at rest, and the sets whose nodes run that, by role. It may hold secrets. */
export interface Rest {
  sets: Partial<Record<Role, string>>;
  spec: Record<string, unknown>;
}

/** Of a cluster that is at rest. */
export function restOf(view: ClusterView): Rest {
  return { sets: oldSets(view), spec: view.resource.spec as Record<string, unknown> };
}

/** Whether two are about the same nodes. */
export function haveSameSets(one: Pick<Rest, 'sets'>, other: Pick<Rest, 'sets'>): boolean {
  const roles = new Set([...Object.keys(one.sets), ...Object.keys(other.sets)] as Role[]);
  return [...roles].every((role) => one.sets[role] === other.sets[role]);
}

/**
 * The resource as the old nodes run it, for a cluster whose template was changed already.
 *
 * A set has the name of what it was made of, so the sets show whether what was kept is about these nodes. Where the image differs between
 * old and new nodes, it must be that of the old ones, too.
 *
 * @param kept as it was kept at rest
 * @returns undefined where that is about other nodes, or another number of them
 */
export function formerOf(view: ClusterView, kept: Rest | undefined): EmqxResource | undefined {
  if (!kept || !haveSameSets(kept, { sets: oldSets(view) })) return undefined;
  const { resource } = view;
  const { setKinds, replicasOf, withDefaults, wantedSet } = generationOf(resource);
  const former = { ...resource, spec: kept.spec, status: undefined } as unknown as EmqxResource;
  const [before, now] = [withDefaults(former), withDefaults(resource)];
  if (digestOf(before) === digestOf(now)) return undefined;
  const isOther = ({ role }: { role: Role }) => {
    const [old, wanted] = [replicasOf(before, role), replicasOf(now, role)];
    // Changed with the template, or before it and after it was kept.
    return old !== wanted && old !== (olderOf(view, activeSets(view, role))?.replicas ?? 0);
  };
  if (setKinds.some(isOther)) return undefined;
  const blue = blueOf(view);
  const green = activeSets(view).find((set) => set !== blue);
  if (blue && green) {
    const wanted = wantedSet(former, blue, green);
    if (wanted !== 'blue' && !(wanted === undefined && blue.image === green.image)) return undefined;
  }
  return former;
}

/** Of each role that has nodes, the set that the operator takes for the old one, or else the oldest. */
function oldSets(view: ClusterView): Rest['sets'] {
  return Object.fromEntries(
    generationOf(view.resource).setKinds.flatMap(({ role }): [Role, string][] => {
      const old = olderOf(view, activeSets(view, role));
      return old ? [[role, old.name]] : [];
    }),
  );
}
