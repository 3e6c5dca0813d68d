import { type EmqxResource, generationOf, isHeld, versionOf } from '../resource';
import { type ClusterState, type ClusterView, digestOf, isOpen, type Phase, stateOf } from '../upgrade';
import { servedVersion } from '../upgrade/served-version';
import type { HolderState } from './liveness';

/** Names a cluster. */
export interface ClusterRef {
  kind: EmqxResource['kind'];
  namespace: string;
  name: string;
}

/** A cluster as it was seen last. Plain data: everything that is decided about it follows from this. */
export interface Sighting {
  cluster: ClusterRef;
  labels: Readonly<Record<string, string>>;
  state: ClusterState;
  /** Whether a change of the template waits for an upgrade. */
  isHeld: boolean;
  /** Whether it can be held: a resource without a strategy is upgraded in place by the operator. */
  canBeHeld: boolean;
  /** Version and template that the resource asks for. */
  version: string;
  digest: string;
  /** Version of the nodes that serve: the operator has not acted yet on the newest change of the resource. */
  served: string;
  /** The open run. */
  run: { id: string; target: string; phase: Phase; isPaused: boolean } | undefined;
  /** Who drives the run: the name in its lease, and whether that process lives. Undefined for nobody. */
  holder: { name: string; state: HolderState } | undefined;
}

/** As `<kind>/<namespace>/<name>`: clusters of both kinds may have the same name. */
export function keyOf({ kind, namespace, name }: ClusterRef): string {
  return `${kind}/${namespace}/${name}`;
}

/** As users write it. */
export function pathOf({ namespace, name }: ClusterRef): string {
  return `${namespace}/${name}`;
}

/** @param holder what is known of the process that holds its lease */
export function sightingOf(cluster: ClusterRef, view: ClusterView, holder: HolderState | undefined): Sighting {
  const { resource, journal, lease } = view;
  const complete = generationOf(resource).withDefaults(resource);
  return {
    cluster,
    labels: resource.metadata.labels ?? {},
    state: stateOf(view),
    isHeld: isHeld(resource),
    canBeHeld: generationOf(resource).strategyOf(complete) !== undefined,
    version: versionOf(resource),
    digest: digestOf(complete),
    served: servedVersion({ at: 0, cluster: view, nodes: new Map() }),
    run: isOpen(journal)
      ? { id: journal.run, target: journal.target, phase: journal.phase, isPaused: journal.paused !== undefined }
      : undefined,
    holder: lease && holder && { name: lease.holder, state: holder },
  };
}

/** A cluster that could not be read yet: nothing is decided about it, and others wait for it where it comes first. */
export function unseen(cluster: ClusterRef, resource: EmqxResource): Sighting {
  return {
    cluster,
    labels: resource.metadata.labels ?? {},
    state: 'unsettled',
    isHeld: isHeld(resource),
    canBeHeld: false,
    version: '',
    digest: '',
    served: '',
    run: undefined,
    holder: undefined,
  };
}
