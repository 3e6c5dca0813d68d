import type { Journal } from './journal';
import type {
  ClusterView,
  DeviceListener,
  DurableSite,
  DurableStorage,
  LeaseView,
  NodeCount,
  NodeView,
  OperatorView,
} from './observation';
import type { ProgressEvent } from './progress';
import type { Rest } from './rest';

/** The ports of the engine. Adapters implement them; the engine imports no adapter. */

/** Time, real or simulated. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted earlier. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** One merge patch of the custom resource. */
export interface ResourcePatch {
  /** RFC 7386 patch of `spec`. */
  spec: Record<string, unknown>;
  /** The change is refused (`conflict`) when the resource no longer has this version. */
  ifVersion: string;
}

/** A write that is tested by a dry run before an upgrade: what an {@link Action} of that name sends. */
export type RehearsedWrite = 'select-traffic' | 'patch-resource' | 'scale-set';

/** The writes of a dry run. */
export interface Rehearsal {
  /** Traffic Services whose selector is switched, and the revision of the pods that they select now. */
  services: readonly string[];
  revision: string | undefined;
  /** The set that is scaled to 0. */
  set: string | undefined;
  /** Merge patch of the resource's `spec`. */
  spec: Record<string, unknown>;
}

/** A write that the API server does not accept. */
export interface Refusal {
  write: RehearsedWrite;
  /** Whether it would refuse the write itself; otherwise the write could not be tested. */
  isCertain: boolean;
  /** The message of the API server. */
  reason: string;
}

/** A quota of the namespace: amounts by resource, as Kubernetes names and writes them. */
export interface QuotaView {
  name: string;
  hard: Readonly<Record<string, string>>;
  used: Readonly<Record<string, string>>;
}

/** What is found beside a cluster in its namespace. */
export interface Surroundings {
  /** The quotas that apply to its pods; undefined without the right to read them. */
  quotas: readonly QuotaView[] | undefined;
  /** The Pod Security level that it enforces, undefined for none; null without the right to read it. */
  podSecurity: string | undefined | null;
  /** Services that route devices to pods of the cluster and are not switched. */
  bypasses: readonly string[];
}

/** The Kubernetes side of one EMQX cluster. Every method rejects with a {@link PortError}. */
export interface ClusterPort {
  /**
   * The state of the cluster: read now, or, while changes are followed, as the watches have reported it. Rejects with
   * {@link ClusterMissing} when its resource does not exist, or is no longer the one it was when it was first followed.
   */
  observe(signal?: AbortSignal): Promise<ClusterView>;
  /** The same, always read now. */
  observeFresh(signal?: AbortSignal): Promise<ClusterView>;
  /** From now on changes are watched instead of polled, until the signal aborts. */
  follow(signal: AbortSignal): void;
  /** Resolves when another process has changed what is followed since the latest observation began, or when the signal aborts. */
  change(signal: AbortSignal): Promise<void>;
  /** The operators that run; undefined without the right to read them. */
  operators(signal?: AbortSignal): Promise<OperatorView[] | undefined>;
  /** The rights that an upgrade needs and does not have, as `patch statefulsets/scale.apps`. Empty when none is missing. */
  missingRights(signal?: AbortSignal): Promise<string[]>;
  /** Which of these writes the API server would not accept; nothing is stored. */
  rehearse(writes: Rehearsal, signal?: AbortSignal): Promise<Refusal[]>;
  /**
   * What else matters in the namespace.
   *
   * @param pods names of the cluster's pods
   */
  surroundings(pods: readonly string[], signal?: AbortSignal): Promise<Surroundings>;
  patchResource(patch: ResourcePatch, signal?: AbortSignal): Promise<void>;
  /** Makes a traffic Service select only the pods of `revision`, or all pods of the cluster again (undefined). */
  selectTraffic(service: string, revision: string | undefined, signal?: AbortSignal): Promise<void>;
  /** Makes a traffic Service route to its pods whether they are ready or not, or again only to those that are. */
  routeToUnready(service: string, wanted: boolean, signal?: AbortSignal): Promise<void>;
  /** Makes the operator's own Service route to the ready pods of `revision`: lasts until the operator's next full pass. */
  leadTraffic(service: string, revision: string, signal?: AbortSignal): Promise<void>;
  /** Makes the traffic Services of a cluster that was deleted select all pods of its name again, as far as a run has changed them. */
  freeTraffic(left: TrafficLeft, signal?: AbortSignal): Promise<void>;
  scaleSet(set: string, replicas: number, signal?: AbortSignal): Promise<void>;
  /** Removes a set that has no pods, with the volume claims of its pods. */
  removeSet(set: string, signal?: AbortSignal): Promise<void>;
  /** Sets the operator's readiness gate of a pod: one that sleeps while it is held does not do so. */
  markServing(pod: string, serving: boolean, signal?: AbortSignal): Promise<void>;
  /** Takes or renews the lease; rejects with `conflict` and the holder's name when another process holds it. */
  holdLease(holder: string, signal?: AbortSignal): Promise<void>;
  /** The lease as it is now; undefined when no process holds it. */
  readLease(signal?: AbortSignal): Promise<LeaseView | undefined>;
  releaseLease(holder: string, signal?: AbortSignal): Promise<void>;
  /**
   * Returns the version that was written.
   *
   * @param over what it is based on; rejects with `conflict` when journal or request have changed since
   */
  writeJournal(journal: Journal, over?: JournalVersion, signal?: AbortSignal): Promise<string>;
  /** Writes a request to the run. Rejects with `missing` where there never was a run. */
  writeRequest(request: string, signal?: AbortSignal): Promise<void>;
  /** Stores the spec of the resource before a run changes it. It may hold secrets. */
  keepSpec(run: string, spec: object, signal?: AbortSignal): Promise<void>;
  /** The spec that was stored for a run; undefined when there is none. */
  keptSpec(run: string, signal?: AbortSignal): Promise<Record<string, unknown> | undefined>;
  /** Stores what the resource asks for while the cluster is at rest, in place of what was stored earlier. It may hold secrets. */
  keepRest(rest: Rest, signal?: AbortSignal): Promise<void>;
  /** What was stored last at rest; undefined when nothing was. */
  keptRest(signal?: AbortSignal): Promise<Rest | undefined>;
}

/** What a run has left in traffic Services: the revisions that it made them select, and those that it made route to pods that are not ready. */
export interface TrafficLeft {
  revisions: readonly string[];
  covered: readonly string[];
}

/** What a write of the journal is based on. */
export interface JournalVersion {
  version: string;
  /** Whether this write removes the request that was read there. */
  answersRequest?: boolean;
}

/** The order to evacuate one node. Rates are per second and at least 1. */
export interface EvacuationOrder {
  connectionsPerSecond: number;
  sessionsPerSecond: number;
  waitTakeoverSeconds: number;
  /** Names of the nodes that receive sessions. */
  migrateTo: readonly string[];
}

/**
 * The result of connecting as a device does.
 *
 * - `serves`: every listener answered. A refused authentication is an answer, too.
 * - `silent`: one did not answer, or told devices to connect elsewhere; `reason` says which, and how.
 * - `unknown`: its listeners cannot be reached, or none is known.
 */
export type ProbeAnswer = { state: 'serves' | 'unknown' } | { state: 'silent'; reason: string };

/** A part of a list. `page` counts from 1. */
export interface Page {
  page: number;
  limit: number;
}

/** What a node lists of a client. Every property is undefined where it does not. */
export interface ClientView {
  isConnected: boolean | undefined;
  /** `MQTT`, `MQIsdp` (MQTT 3.1), or that of a gateway. */
  protocol: string | undefined;
  /** 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5. */
  protocolVersion: number | undefined;
  cleanStart: boolean | undefined;
  /** 0 where its session ends with its connection, in every version of MQTT. */
  sessionExpirySeconds: number | undefined;
  /** 0 is none. */
  keepAliveSeconds: number | undefined;
  subscriptions: number | undefined;
}

/** The cluster's nodes: their management API, and their listeners for devices. */
export interface EmqxPort {
  /** What a node reports of itself. Never rejects because of the node: an unreachable node is a view, too. */
  observe(pod: string, node: string, signal?: AbortSignal): Promise<NodeView>;
  /** Only its counts, in one request: of a node that does not evacuate. */
  count(pod: string, node: string, signal?: AbortSignal): Promise<NodeCount>;
  /**
   * Live connections by the node's own counters, which are never delayed and exclude moved sessions: opened minus closed since its
   * process started. Undefined where it does not answer, or does not count. Never rejects because of the node.
   */
  live(pod: string, node: string, signal?: AbortSignal): Promise<number | undefined>;
  /** Whether it answers on these listeners as a broker does, within 3 s. Never rejects because of the node. */
  probe(pod: string, listeners: readonly DeviceListener[], signal?: AbortSignal): Promise<ProbeAnswer>;
  /** Rejects with `refused` when the node declines for another reason than "already started". */
  startEvacuation(pod: string, node: string, order: EvacuationOrder, signal?: AbortSignal): Promise<void>;
  stopEvacuation(pod: string, node: string, signal?: AbortSignal): Promise<void>;
  /**
   * One page of the list of its clients, with and without a connection, in the order of their ids; undefined where it does not list them.
   * Never rejects because of the node.
   */
  clients(pod: string, node: string, page: Page, signal?: AbortSignal): Promise<ClientView[] | undefined>;
  /** The most connections the license allows; undefined when the API does not report it. */
  licensedConnections(pod: string, signal?: AbortSignal): Promise<number | undefined>;
}

/** A node of the cluster, as the queried node sees it. */
export interface MemberView {
  /** The node's Erlang name. */
  node: string;
  /** A stopped core is listed until it is made to leave; a stopped replicant is not listed at all. */
  isRunning: boolean;
  role: 'core' | 'replicant' | undefined;
  version: string | undefined;
  /** `Enterprise` or `Opensource`. Since 5.9 there is one edition, which calls itself `Enterprise`. */
  edition: string | undefined;
  /** Live connections; undefined where it does not report them. */
  connections: number | undefined;
  /** Its own sessions, of connected and of offline devices; durable sessions of offline devices belong to no node. */
  sessions: number | undefined;
}

/** The license of the cluster. Every property is undefined where the node does not report it. */
export interface LicenseView {
  /** `community`, `trial`, `official`. The community license allows one node: a second one ends its boot. */
  type: string | undefined;
  /** The most sessions in the whole cluster, of both sets. Before 5.8.5 connections are counted instead. */
  maxSessions: number | undefined;
  isExpired: boolean | undefined;
  /** Day on which it expires, as `2026-11-28`. */
  expiresOn: string | undefined;
}

/**
 * The evacuation of one node, in the words of EMQX: `waiting_health_check` (it still accepts connections), `evicting_conns`,
 * `waiting_takeover`, `evicting_sessions`, `prohibiting` (the end: it stays so until it is stopped).
 */
export interface EvacuationView {
  state: string;
  connectionsPerSecond: number | undefined;
  sessionsPerSecond: number | undefined;
  /** The nodes that receive its sessions now. After a restart of the node: all others, because it forgets which were ordered. */
  recipients: readonly string[];
}

/** Something in the cluster that moves devices or sessions by itself. */
export interface BalancingView {
  kind: 'evacuation' | 'rebalance' | 'purge';
  /** The node that evacuates or purges, or that coordinates the rebalance. */
  node: string | undefined;
  state: string | undefined;
}

/**
 * What only the management API of EMQX 5 and 6 has: the cluster as one of its nodes sees it. Methods that return undefined do so where
 * the node has no such API; otherwise they reject with a {@link PortError}. All but `isAvailable` query the other nodes, too, and take
 * as long as one of them is frozen.
 */
export interface MembershipPort {
  members(pod: string, signal?: AbortSignal): Promise<MemberView[]>;
  /** Removes a stopped node from the cluster. One that is no member, or has left already, is fine. */
  forceLeave(pod: string, node: string, signal?: AbortSignal): Promise<void>;
  license(pod: string, signal?: AbortSignal): Promise<LicenseView | undefined>;
  /** The evacuation of the queried node; undefined where none runs. */
  evacuation(pod: string, signal?: AbortSignal): Promise<EvacuationView | undefined>;
  /** The evacuations, rebalances and purges of the whole cluster. A node that is down is not among them. */
  balancing(pod: string, signal?: AbortSignal): Promise<BalancingView[] | undefined>;
  /** Whether load balancers may route devices to the node; not while it evacuates, or is a donor of a rebalance. */
  isAvailable(pod: string, signal?: AbortSignal): Promise<boolean>;
  /** The enabled listeners for devices: MQTT over TCP, TLS and WebSocket. Undefined where the node cannot list them. */
  deviceListeners(pod: string, signal?: AbortSignal): Promise<DeviceListener[] | undefined>;
}

/**
 * Durable sessions (EMQX 5 and 6). A durable session does not move with an evacuation: it is opened again wherever its device connects, from
 * the durable storages. What must be kept are the replicas of their shards; by default all of them are on one core. Without them, messages
 * are acknowledged and lost. Every method rejects with a {@link PortError}, and must be used on a core that is ready: one that is still
 * booting may say that there is no durable storage.
 */
export interface DurablePort {
  /** All sites; those of nodes that are down, too. Undefined where the node has no such API, or says that it is disabled. */
  sites(pod: string, signal?: AbortSignal): Promise<DurableSite[] | undefined>;
  /** All storages; empty without durable sessions. Undefined where the node has no such API, or says that it is disabled. */
  storages(pod: string, signal?: AbortSignal): Promise<DurableStorage[] | undefined>;
  /**
   * Begins to move all replicas of a storage to these sites. It is complete when no shard has transitions, and no replica is elsewhere.
   * Repeating it is harmless. Rejects with `refused` when a site is unknown, or no site is named.
   */
  moveReplicas(pod: string, storage: string, sites: readonly string[], signal?: AbortSignal): Promise<void>;
  /**
   * Durable sessions of offline devices in the whole cluster. The evacuation of each node counts all of them as its own and never ends
   * while there is one. Undefined where the node does not report them.
   */
  disconnectedDurableSessions(pod: string, signal?: AbortSignal): Promise<number | undefined>;
}

/** The management API of EMQX 5 and 6. */
export interface Emqx5Port extends EmqxPort, MembershipPort, DurablePort {}

/** Where a run reports its progress. Must not throw, and must not wait. */
export interface Progress {
  report(event: ProgressEvent): void;
}

/**
 * A port could not do what was requested.
 *
 * - `unavailable`: no answer, or "try later"; whether a write took effect is unknown.
 * - `conflict`: another process changed or holds it; read again.
 * - `refused`: the server understood the request and refuses it; retrying does not help.
 * - `missing`: the object does not exist.
 */
export class PortError extends Error {
  override readonly name = 'PortError';
  constructor(
    readonly code: 'unavailable' | 'conflict' | 'refused' | 'missing',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The cluster does not exist, or was created again under its name: that is another one. */
export class ClusterMissing extends PortError {
  constructor(message: string) {
    super('missing', message);
  }
}
