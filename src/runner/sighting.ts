import { type ClusterRef, type EmqxResource, generationOf, isHeld, type Role, versionOf } from '../resource';
import { type ClusterState, type ClusterView, digestOf, isOpen, type Journal, type Phase, stateOf } from '../upgrade';
import { activeSets, podsOf } from '../upgrade/observation';
import { servedVersion } from '../upgrade/served-version';
import type { HolderState } from './liveness';

export type { ClusterRef } from '../resource';

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
  run: { id: string; from: string; to: string; target: string; phase: Phase } | undefined;
  /** The last run, if that has ended: its id, the digest of the template that it upgraded to, and whether that was aborted. */
  last: { id: string; target: string; isAborted: boolean } | undefined;
  /** Whether new nodes are there that still start, and since when the state and the template are as they are, ms since the epoch. */
  isStarting: boolean;
  since: number;
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

/**
 * @param holder what is known of the process that holds its lease
 * @param last the sighting before this one
 * @param now ms since the epoch
 */
export function sightingOf(
  cluster: ClusterRef,
  view: ClusterView,
  holder: HolderState | undefined,
  last: Sighting | undefined,
  now: number,
): Sighting {
  const { resource, journal, lease } = view;
  const complete = generationOf(resource).withDefaults(resource);
  const [state, digest] = [stateOf(view), digestOf(complete)];
  return {
    cluster,
    labels: resource.metadata.labels ?? {},
    state,
    isHeld: isHeld(resource),
    canBeHeld: generationOf(resource).strategyOf(complete) !== undefined,
    version: versionOf(resource),
    digest,
    served: servedVersion({ at: 0, cluster: view, nodes: new Map() }),
    run: isOpen(journal) ? runOf(journal) : undefined,
    last: journal?.phase === 'done' ? lastOf(journal) : undefined,
    isStarting: isStarting(view),
    since: last?.state === state && last.digest === digest ? last.since : now,
    holder: lease && holder && { name: lease.holder, state: holder },
  };
}

/** Whether new nodes do not take devices yet: of a role of which there are two sets, the newer one has fewer ready pods than nodes. */
function isStarting(view: ClusterView): boolean {
  return ROLES.some((role) => {
    const [, ...newer] = activeSets(view, role);
    return newer.some(({ name, replicas }) => podsOf(view, name).filter(({ ready }) => ready).length < replicas);
  });
}

const ROLES = ['core', 'replicant'] as const satisfies readonly Role[];

function runOf({ run: id, from, to, target, phase }: Journal): Sighting['run'] {
  return { id, from: from.version, to: to.version, target, phase };
}

function lastOf({ run: id, target, aborted }: Journal): Sighting['last'] {
  return { id, target, isAborted: aborted !== undefined };
}

/**
 * A cluster that could not be read yet, or not again: nothing is decided about it, and others wait for it where it comes first.
 *
 * @param openRun its run that was open when it was read last
 */
export function unseen(cluster: ClusterRef, resource: EmqxResource, openRun: Journal | undefined): Sighting {
  return {
    cluster,
    labels: resource.metadata.labels ?? {},
    state: 'unsettled',
    isHeld: isHeld(resource),
    canBeHeld: false,
    version: '',
    digest: '',
    served: '',
    run: openRun && runOf(openRun),
    last: undefined,
    isStarting: false,
    since: 0,
    holder: undefined,
  };
}
