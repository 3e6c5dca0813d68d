import { type EmqxResource, generationOf, type MqttListener, type OperatorReport, type Role } from '../resource';
import { isOpen, type Journal } from './journal';
import type { Obstacle } from './obstacle';

/** A set of the cluster: the blue nodes, the green nodes, or an empty one that an earlier upgrade left behind. */
export interface SetView {
  name: string;
  /** Of its nodes. @default 'core' */
  role?: Role;
  /** `spec.replicas`. */
  replicas: number;
  /** `status.replicas`: the pods that the controllers of Kubernetes know; may be out of date. */
  knownPods: number;
  readyReplicas: number;
  /** Value of the pods' label `controller-revision-hash`; absent until the controller has seen the set. */
  revision?: string;
  /** Image of the EMQX container. */
  image: string;
  /** `spec.template`. It may hold secrets. */
  podTemplate?: unknown;
  /** Why its pods are not created, in the words of the API server; undefined where all exist, or nothing is known. */
  creationTrouble?: string;
  createdAt: number;
  /** Whether its nodes are there only to run nowhere, in an abort. @default false */
  isIdle?: boolean;
}

/** A stateful set that has this cluster's label and does not belong to it: the engine never touches it or its pods. */
export interface ForeignSet {
  name: string;
  /** `<kind> <name>` of its controller; undefined where it has none. */
  owner: string | undefined;
  pods: string[];
}

export interface PodView {
  name: string;
  set: string;
  /** Its label `controller-revision-hash`. @default - not known */
  revision?: string | undefined;
  containersReady: boolean;
  /** The operator's readiness gate `apps.emqx.io/on-serving`. */
  onServing: boolean;
  ready: boolean;
  terminating: boolean;
  /** A recreated pod of the same name has another one. */
  uid?: string;
  /** How often its broker was restarted. */
  restarts?: number;
  /** Why it does not get ready, in the words of Kubernetes; undefined where Kubernetes gives no reason. */
  trouble: string | undefined;
  /** Whether its broker does not run, so that no device is on it: it was not started yet, or has ended. @default false */
  isStopped?: boolean;
  /** Whether the operator says, or cannot exclude, that durable data are on it. @default - it says nothing about that */
  hasData?: boolean;
}

/** A Service through which devices reach the cluster. */
export interface TrafficView {
  service: string;
  /**
   * The Service is the operator's own. It has no selector: the operator writes its Endpoints in its full passes, and while
   * the operator is held the engine does.
   */
  byOperator: boolean;
  /**
   * The one revision that the Service routes to: by its selector, or, for the operator's Service, because its Endpoints are
   * exactly the ready pods of that revision. Undefined where it routes to others, too.
   */
  revision: string | undefined;
  /** It also routes to pods that are not ready (`publishNotReadyAddresses`). @default false */
  routesToUnready?: boolean;
  /** Names of the pods behind the Service now (ready addresses of its EndpointSlices). */
  pods: string[];
  /** The listeners of the pods that it publishes, as far as its ports identify them. @default - none is known */
  listeners?: readonly DeviceListener[];
}

/** A listener for devices, as it is in a pod. */
export interface DeviceListener {
  kind: MqttListener;
  port: number;
  /** Whether it expects the header of the PROXY protocol before anything else. @default false */
  proxyProtocol?: boolean;
}

export interface LeaseView {
  holder: string;
  /** Whether the holder has renewed it within its duration. */
  live: boolean;
  acquiredAt: number;
  /** When it expires unless its holder renews it, ms since the epoch. */
  expiresAt: number;
  /** Until then, ms, whatever the clock of this machine says. */
  leftMs: number;
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

/** The cluster as Kubernetes reports it. */
export interface ClusterView {
  /** What time it is in Kubernetes, ms since the epoch: the clock of this machine may be wrong; undefined where it is not known. */
  time?: number | undefined;
  resource: EmqxResource;
  /** Opaque version of the resource, for conditional patches. */
  resourceVersion: string;
  /** Of the resource: one that is created again under the same name has another. */
  uid?: string | undefined;
  /** Who manages the cluster from outside of Kubernetes, as was written last; absent where nothing was. */
  owner?: string | undefined;
  /** Who began to create the cluster from outside of Kubernetes, and has not recorded it yet; absent where nobody is. */
  creating?: string | undefined;
  /** The sets that the resource controls, by uid; and their pods. */
  sets: SetView[];
  pods: PodView[];
  foreign: ForeignSet[];
  traffic: TrafficView[];
  /** The initial delay the user wants, as kept on our traffic Service while the resource holds the operator. */
  keptInitialDelaySeconds: number | undefined;
  lease: LeaseView | undefined;
  journal: Journal | undefined;
  /** The pending request to the run; see `Control`. */
  request: string | undefined;
  /** Opaque version of journal and request, for conditional writes. */
  journalVersion: string;
}

/** What one EMQX node reports of itself. */
export interface NodeView {
  pod: string;
  /** The node's Erlang name. */
  node: string;
  /** Why nothing is known of the node; undefined when it answered. */
  unreachable: string | undefined;
  /** What prevents the request, where that is known; absent where it answered. */
  obstacle?: Obstacle | undefined;
  /** When its numbers were reported, ms since the epoch; absent where it never reported any: then they are unknown. */
  seenAt?: number;
  /** When its sessions were reported, ms since the epoch, where that may be earlier. @default - `seenAt` */
  countedAt?: number;
  /** Since when it has been seen without a connection while it evacuates, ms since the epoch. */
  emptySince?: number;
  version: string | undefined;
  /** Live connections, as the node last counted them: up to 2 s old unless it evacuates. */
  connections: number;
  /** Live connections at this moment, where that was requested and answered, see `EmqxPort.live`; or where a node that evacuates is late, as expected. */
  live?: number | undefined;
  /** Sessions, of connected and of offline devices; the same before and during an evacuation. */
  sessions: number;
  /** Subscriptions of all its sessions; absent where it did not report them, as while it evacuates. */
  subscriptions?: number | undefined;
  /** Whether the node has the evacuation API; without it nothing can be moved. */
  canEvacuate: boolean;
  /** Whether an evacuation is running; then the node refuses new connections. */
  evacuating: boolean;
  /**
   * The evacuation has begun and the node still accepts connections: it waits for load balancers (EMQX 5, `waiting_health_check`). Only
   * seen of a node without connections and sessions. @default - it refuses them
   */
  stillAccepts?: boolean | undefined;
  /** Names of the running cluster members as this node sees them, itself included. */
  members: readonly string[];
}

/** The counts of a node, and whether it reported them. */
export type NodeCount = Pick<NodeView, 'connections' | 'sessions' | 'subscriptions' | 'unreachable' | 'obstacle'>;

/** What probes show of a node that is to take devices. */
export interface Probe {
  /** Undefined until it has answered for the first time, or has been silent for long enough. */
  serves: boolean | undefined;
  /** Why it does not. */
  reason?: string | undefined;
}

/** A place that holds durable data: the data directory of one core. Its id stays with the directory, whatever the node is called. */
export interface DurableSite {
  id: string;
  node: string | undefined;
  isUp: boolean;
}

/** A part of a durable storage. */
export interface DurableShard {
  id: string;
  /** Where its data are; `lost` means that the site will not return. */
  replicas: readonly { site: string; status: 'up' | 'down' | 'lost' }[];
  /** Changes of its replicas that are not complete. */
  transitions: readonly { site: string; change: 'joining' | 'leaving' }[];
}

/** A durable storage: `messages`; since 6.0 also `sessions`, `shared_subs`, `timers`, and those of message queues and streams. */
export interface DurableStorage {
  name: string;
  shards: readonly DurableShard[];
}

/** Where the data of durable sessions are; `unknown` while no node answers. */
export type DurableView = { sites: readonly DurableSite[]; storages: readonly DurableStorage[] } | 'unknown';

/** All that is known at one moment; `decide` sees nothing else. */
export interface Observation {
  at: number;
  cluster: ClusterView;
  /** By pod name. */
  nodes: ReadonlyMap<string, NodeView>;
  /** Where durable sessions are stored. @default - it does not matter in this phase, or there are none */
  durable?: DurableView;
  /** By pod name, of those that are to take devices. @default - none is probed */
  probes?: ReadonlyMap<string, Probe>;
}

/** What the operator reports of the cluster. */
export function operatorReportOf({ resource }: ClusterView): OperatorReport {
  const known = reports.get(resource);
  if (known) return known;
  const report = generationOf(resource).reportOf(resource);
  reports.set(resource, report);
  return report;
}

/** Each look at a cluster asks for that of the same resource, which nobody changes in place. */
const reports = new WeakMap<EmqxResource, OperatorReport>();

/** Number of nodes of a role that the resource asks for. */
export function replicasOf(view: ClusterView, role = roleOf(view)): number {
  return generationOf(view.resource).replicasOf(view.resource, role);
}

/** Number of nodes that a complete resource asks for, of all roles. */
export function nodesWanted(resource: EmqxResource): number {
  const { setKinds, replicasOf: count } = generationOf(resource);
  return setKinds.reduce((sum, { role }) => sum + count(resource, role), 0);
}

/**
 * The role whose sets matter now: in an open run that of its current stage; where an upgrade has begun without a run, the first one
 * of which there are two sets; otherwise that of the nodes that devices connect to.
 */
export function roleOf(view: ClusterView): Role {
  const { journal, resource } = view;
  if (isOpen(journal)) return journal.role ?? 'core';
  const { setKinds, replicasOf: count } = generationOf(resource);
  const roles = setKinds.map(({ role }) => role).filter((role) => count(resource, role) > 0);
  return roles.find((role) => activeSets(view, role).length > 1) ?? roles[0] ?? 'core';
}

export function setOf(view: ClusterView, name: string): SetView | undefined {
  return view.sets.find((set) => set.name === name);
}

/**
 * The set that serves before the upgrade: the one the open run began with; where the operator builds or has built a second
 * set, the older one; otherwise the only one with replicas.
 */
export function blueOf(view: ClusterView): SetView | undefined {
  const { journal } = view;
  if (isOpen(journal)) return setOf(view, journal.from.set);
  const active = activeSets(view);
  if (active.length > 2) return undefined;
  return olderOf(view, active);
}

/** Of sets of one role, in the order of their age: the one that the operator takes for the origin, or the oldest. */
export function olderOf(view: ClusterView, active: readonly SetView[]): SetView | undefined {
  const { takesSmallerForOld } = generationOf(view.resource);
  const { upgrade } = takesSmallerForOld ? {} : operatorReportOf(view);
  return active.find((set) => upgrade?.blue.includes(set.name)) ?? active[0];
}

/** The set that is to serve: the one the journal names, or before that the newest set with replicas that is not blue. */
export function greenOf(view: ClusterView, journal: Journal): SetView | undefined {
  if (journal.to.set) return setOf(view, journal.to.set);
  return newestBeside(view, journal.from.set, journal.role);
}

/** The set of a role with replicas that the operator wants, or else the newest, apart from the old one. */
export function newestBeside(view: ClusterView, old: string, role: Role = 'core'): SetView | undefined {
  const others = activeSets(view, role).filter((set) => set.name !== old);
  const { wanted } = operatorReportOf(view);
  if (wanted || others.length < 2) return others.find(({ name }) => wanted?.includes(name)) ?? others.at(-1);
  // The template may have been changed once more, and set back.
  const { wantedSet } = generationOf(view.resource);
  const isWanted = (set: SetView) =>
    others.every((other) => other === set || wantedSet(view.resource, other, set) === 'green');
  return others.find(isWanted) ?? others.at(-1);
}

/** Sets of a role with replicas, the oldest first. */
export function activeSets(view: ClusterView, role = roleOf(view)): SetView[] {
  return setsOfRole(view, role)
    .filter((set) => set.replicas > 0 && !set.isIdle)
    .sort((a, b) => a.createdAt - b.createdAt);
}

/** Sets of a role, also empty ones. */
export function setsOfRole({ sets }: ClusterView, wanted: Role): SetView[] {
  return sets.filter(({ role = 'core' }) => role === wanted);
}

export function podsOf(view: ClusterView, set: string): PodView[] {
  return view.pods.filter((pod) => pod.set === set);
}

/** That pods of a set were not created, and why; undefined where they exist, or where the reason is unknown. */
export function notCreated(view: ClusterView, name: string): string | undefined {
  const set = setOf(view, name);
  if (!set?.creationTrouble) return undefined;
  const missing = Math.max(0, set.replicas - podsOf(view, name).length);
  return `${missing} of ${set.replicas} pods of ${name} were not created: ${set.creationTrouble}`;
}

/**
 * The revision of most ready pods of a set; of two with equally many, the newer one. Restarting a set (`kubectl rollout restart`) gives
 * its pods a revision other than the noted one, one after the other.
 */
export function servingRevision(view: ClusterView, set: string, noted: string | undefined): string | undefined {
  const newest = setOf(view, set)?.revision;
  const counts = new Map<string, number>();
  for (const { revision, ready, terminating } of podsOf(view, set)) {
    if (ready && !terminating && revision !== undefined) counts.set(revision, (counts.get(revision) ?? 0) + 1);
  }
  const ranked = [...counts].sort(([a, x], [b, y]) => y - x || Number(b === newest) - Number(a === newest));
  return ranked[0]?.[0] ?? noted;
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
 * Whether an upgrade has nothing more to move from a node: it answered, it refuses new connections because its
 * evacuation is running, and its own live counts are zero. In the state `prohibiting` with zero counts this is the end of the
 * evacuation; earlier it means that every device has already taken its session along.
 *
 * A node that does not answer, or is absent from some list, is never drained: absence proves nothing.
 */
export function isDrained(node: NodeView | undefined): boolean {
  return (
    node !== undefined &&
    node.unreachable === undefined &&
    node.evacuating &&
    !node.stillAccepts &&
    node.connections === 0 &&
    node.sessions === 0
  );
}

/** Nodes of a set that answer, and still have to be evacuated. */
export function undrained(observation: Observation, set: string): NodeView[] {
  return nodesOf(observation, set).filter((node) => node.unreachable === undefined && !isDrained(node));
}
