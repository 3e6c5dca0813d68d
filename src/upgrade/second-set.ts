import { generationOf, isHeld } from '../resource';
import { activeSets, blueOf, type ClusterView } from './observation';

/** Whether the template of a held resource was changed: the operator builds green, or has built it, and waits. */
export function isWaiting(view: ClusterView): boolean {
  return isHeld(view.resource) && activeSets(view).length === 2;
}

/** Whether the operator upgrades on its own, without being held. */
export function isNative(view: ClusterView): boolean {
  return !isHeld(view.resource) && activeSets(view).length === 2;
}

/** Which of two sets the resource asks for: undefined where there are not two, or where it is unknown. */
export function wantedOf(view: ClusterView): 'blue' | 'green' | undefined {
  const blue = blueOf(view);
  const [green, ...others] = activeSets(view).filter((set) => set !== blue);
  return blue && green && others.length === 0
    ? generationOf(view.resource).wantedSet(view.resource, blue, green)
    : undefined;
}

/**
 * Whether the newer of two sets is what the resource asks for. It is not when the template was set back: then the
 * operator wants the older one, and recreates whatever is removed from it. Where it is unknown, a resource that was held from
 * the start is trusted.
 */
export function isGreenWanted(view: ClusterView): boolean {
  const wanted = wantedOf(view);
  return wanted === 'green' || (wanted === undefined && isHeld(view.resource) && hasOneImage(view));
}

function hasOneImage(view: ClusterView): boolean {
  return new Set(activeSets(view).map(({ image }) => image)).size === 1;
}
