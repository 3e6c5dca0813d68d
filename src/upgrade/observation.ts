import { type EmqxEnterprise, imageOf, isHeld } from '../resource';
import { isOpen, type Journal } from './journal';
import type { Obstacle } from './obstacle';

/** A stateful set of the cluster: the blue nodes, the green nodes, or an empty one an earlier upgrade left behind. */
export interface SetView {
  name: string;
  /** `spec.replicas`. */
  replicas: number;
  /** `status.replicas`: the pods that the controllers of Kubernetes know of; they may be behind. */
  knownPods: number;
  readyReplicas: number;
  /** Value of the pods' label `controller-revision-hash`; absent until the controller has seen the set. */
  revision?: string;
  /** Image of the EMQX container. */
  image: string;
  createdAt: number;
}

export interface PodView {
  name: string;
  set: string;
  containersReady: boolean;
  /** The operator's readiness gate `apps.emqx.io/on-serving`. */
  onServing: boolean;
  ready: boolean;
  terminating: boolean;
  /** Another one of the same name has another. */
  uid?: string;
  /** How often its broker was started anew. */
  restarts?: number;
  /** Why it does not get ready, in the words of Kubernetes; undefined where these say nothing. */
  trouble: string | undefined;
}

/** A Service through which devices reach the cluster. */
export interface TrafficView {
  service: string;
  /**
   * The Service is the operator's own. It has no selector: the operator writes its Endpoints in its full passes, and while
   * it is held we do.
   */
  byOperator: boolean;
  /**
   * The revision whose pods alone the Service leads to: by its selector, or, for the operator's Service, by its Endpoints being
   * all the ready pods of that revision. Undefined where it leads to others, too.
   */
  revision: string | undefined;
  /** Names of the pods behind the Service now (ready addresses of its EndpointSlices). */
  pods: string[];
}

export interface LeaseView {
  holder: string;
  /** Whether the holder has renewed it within its duration. */
  live: boolean;
  acquiredAt: number;
}

/** A Deployment that runs the EMQX Operator. */
export interface OperatorView {
  /** `<namespace>/<name>`. */
  name: string;
  image: string;
  /** Tag of the image, where it is a version. */
  version: string | undefined;
  ready: boolean;
}

/** What Kubernetes says. */
export interface ClusterView {
  resource: EmqxEnterprise;
  /** Opaque version of the resource, for conditional patches. */
  resourceVersion: string;
  sets: SetView[];
  pods: PodView[];
  traffic: TrafficView[];
  /** The initial delay the user wants, as kept on our traffic Service while the resource holds the operator. */
  keptInitialDelaySeconds: number | undefined;
  lease: LeaseView | undefined;
  journal: Journal | undefined;
  /** What somebody asks of the run; see `Control`. */
  request: string | undefined;
  /** Opaque version of journal and request, for conditional writes. */
  journalVersion: string;
}

/** What one EMQX node says of itself. */
export interface NodeView {
  pod: string;
  /** The node's Erlang name. */
  node: string;
  /** Why nothing is known of the node; undefined when it answered. */
  unreachable: string | undefined;
  /** What stands between, where that is known; absent where it answered. */
  obstacle?: Obstacle | undefined;
  /** When its numbers were reported, ms since the epoch; absent where it never reported any: then they are unknown. */
  seenAt?: number;
  /** Since when it has been seen without a connection while it evacuates, ms since the epoch. */
  emptySince?: number;
  version: string | undefined;
  /** Live connections. */
  connections: number;
  /** Sessions, whether their device is connected or away; the same before and during an evacuation. */
  sessions: number;
  /** Subscriptions of all its sessions; absent where it did not say, as while it evacuates. */
  subscriptions?: number | undefined;
  /** Whether the node has the evacuation API; without it nothing can be moved. */
  canEvacuate: boolean;
  /** Whether an evacuation is on; then the node refuses new connections. */
  evacuating: boolean;
  /** Names of the nodes this node is joined with and sees running, itself included. */
  members: readonly string[];
}

/** What a node has, and whether it said so. */
export type NodeCount = Pick<NodeView, 'connections' | 'sessions' | 'subscriptions' | 'unreachable' | 'obstacle'>;

/** All that is known at one moment; `decide` sees nothing else of the world. */
export interface Observation {
  at: number;
  cluster: ClusterView;
  /** By pod name. */
  nodes: ReadonlyMap<string, NodeView>;
}

export function setOf(view: ClusterView, name: string): SetView | undefined {
  return view.sets.find((set) => set.name === name);
}

/**
 * The set that serves before the upgrade: the one the open run began with; where the operator builds or has built a second
 * set, the one it takes for the origin, or the older; else the only one with replicas.
 */
export function blueOf(view: ClusterView): SetView | undefined {
  const { journal } = view;
  if (isOpen(journal)) return setOf(view, journal.from.set);
  const active = activeSets(view);
  if (active.length > 2) return undefined;
  const origin = view.resource.status?.blueGreenUpdateStatus?.originStatefulSet;
  return active.find((set) => set.name === origin) ?? active[0];
}

/** The set that shall serve: the one the journal names, or before that the newest set with replicas that is not blue. */
export function greenOf(view: ClusterView, journal: Journal): SetView | undefined {
  if (journal.to.set) return setOf(view, journal.to.set);
  return view.sets
    .filter((set) => set.name !== journal.from.set && set.replicas > 0)
    .sort((a, b) => b.createdAt - a.createdAt)[0];
}

/** Sets with replicas, the oldest first. */
export function activeSets(view: ClusterView): SetView[] {
  return view.sets.filter((set) => set.replicas > 0).sort((a, b) => a.createdAt - b.createdAt);
}

/** Whether somebody changed the template of a held resource: the operator builds green, or has built it, and stands still. */
export function isWaiting(view: ClusterView): boolean {
  return isHeld(view.resource) && activeSets(view).length === 2;
}

/** Whether the operator upgrades by itself, with nobody holding it. */
export function isNative(view: ClusterView): boolean {
  return !isHeld(view.resource) && activeSets(view).length === 2;
}

/**
 * Whether the newer of two sets is what the resource asks for. It is not when somebody has set the template back: then the
 * operator wants the older one, and whatever is removed from it comes back. Of two sets with one image that nobody held from
 * the start it cannot be told.
 */
export function isGreenWanted(view: ClusterView): boolean {
  const parts = view.resource.spec.template?.spec?.emqxContainer?.image;
  const image = parts && imageOf(parts);
  const green = activeSets(view).find((set) => set.name !== blueOf(view)?.name);
  return green?.image === image && (isHeld(view.resource) || blueOf(view)?.image !== image);
}

/** Old pods that an operator on its own has removed already, whatever was on them. */
export function lostPods(view: ClusterView): number {
  const blue = blueOf(view);
  const left = blue ? podsOf(view, blue.name).filter((pod) => !pod.terminating).length : 0;
  return Math.max(0, (view.resource.spec.replicas ?? 0) - Math.min(left, blue?.replicas ?? 0));
}

export function podsOf(view: ClusterView, set: string): PodView[] {
  return view.pods.filter((pod) => pod.set === set);
}

export function nodesOf(observation: Observation, set: string): NodeView[] {
  return podsOf(observation.cluster, set).flatMap((pod) => observation.nodes.get(pod.name) ?? []);
}

/** Connections and sessions on a set of nodes, as far as its nodes answered. */
export function loadOf(observation: Observation, set: string): { connections: number; sessions: number } {
  const load = { connections: 0, sessions: 0 };
  for (const node of nodesOf(observation, set)) {
    load.connections += node.connections;
    load.sessions += node.sessions;
  }
  return load;
}

/**
 * Whether nothing is left on a node that an upgrade must move: it answered, it refuses new connections because its
 * evacuation is on, and its own live counts are zero. In the state `prohibiting` with zero counts this is the end of the
 * evacuation; earlier it means that every device has already taken its session along.
 *
 * A node that does not answer, or is absent from some list, is never drained: absence proves nothing.
 */
export function isDrained(node: NodeView | undefined): boolean {
  return (
    node !== undefined &&
    node.unreachable === undefined &&
    node.evacuating &&
    node.connections === 0 &&
    node.sessions === 0
  );
}

/** Nodes of a set that answer, and still have to be emptied. */
export function undrained(observation: Observation, set: string): NodeView[] {
  return nodesOf(observation, set).filter((node) => node.unreachable === undefined && !isDrained(node));
}
