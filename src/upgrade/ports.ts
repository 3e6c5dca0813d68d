import type { Journal } from './journal';
import type { ClusterView, DeviceListener, LeaseView, NodeCount, NodeView, OperatorView } from './observation';
import type { ProgressEvent } from './progress';

/** What the engine needs of the world. Adapters implement these ports; the engine imports none of the adapters. */

/** Time, real or simulated. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted before. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** One merge patch of the custom resource. */
export interface ResourcePatch {
  /** RFC 7386 patch of `spec`. */
  spec: Record<string, unknown>;
  /** The change is refused (`conflict`) when the resource is no longer this version. */
  ifVersion: string;
}

/** A write that is tried before an upgrade: what an {@link Action} of that name sends. */
export type RehearsedWrite = 'select-traffic' | 'patch-resource' | 'scale-set';

/** What is tried. */
export interface Rehearsal {
  /** Traffic Services whose selector is switched, and the revision of the pods that they lead to now. */
  services: readonly string[];
  revision: string | undefined;
  /** The set that is scaled away. */
  set: string | undefined;
  /** Merge patch of the resource's `spec`. */
  spec: Record<string, unknown>;
}

/** A write that the API server does not take. */
export interface Refusal {
  write: RehearsedWrite;
  /** Whether it would refuse the write itself; else it could not be tried. */
  isCertain: boolean;
  /** Its own sentence. */
  reason: string;
}

/** A quota of the namespace: amounts by what is counted, as Kubernetes names and spells them. */
export interface QuotaView {
  name: string;
  hard: Readonly<Record<string, string>>;
  used: Readonly<Record<string, string>>;
}

/** What is found beside a cluster, in its namespace. */
export interface Surroundings {
  /** The quotas that hold for its pods; undefined when they may not be looked at. */
  quotas: readonly QuotaView[] | undefined;
  /** The level of Pod Security that it enforces, undefined for none; null when it may not be looked at. */
  podSecurity: string | undefined | null;
  /** Services that lead devices to pods of the cluster and are not switched. */
  bypasses: readonly string[];
}

/** The Kubernetes side of one EMQX cluster. Every method rejects with a {@link PortError}. */
export interface ClusterPort {
  /** Everything the engine wants to know: read now, or, while changes are followed, as they have told. */
  observe(signal?: AbortSignal): Promise<ClusterView>;
  /** The same, read now in any case. */
  observeAnew(signal?: AbortSignal): Promise<ClusterView>;
  /** From now on changes are told by the cluster instead of being asked for, until the signal aborts. */
  follow(signal: AbortSignal): void;
  /** Resolves when somebody else has changed what is followed since the latest look began, or when the signal aborts. */
  change(signal: AbortSignal): Promise<void>;
  /** The operators that run; undefined when that may not be looked at. */
  operators(signal?: AbortSignal): Promise<OperatorView[] | undefined>;
  /** What an upgrade needs to do and may not, as `patch statefulsets/scale.apps`. Empty when all is allowed. */
  missingRights(signal?: AbortSignal): Promise<string[]>;
  /** What of these writes the API server would not take; nothing is stored. */
  rehearse(writes: Rehearsal, signal?: AbortSignal): Promise<Refusal[]>;
  /**
   * What else matters in the namespace.
   *
   * @param pods names of the cluster's pods
   */
  surroundings(pods: readonly string[], signal?: AbortSignal): Promise<Surroundings>;
  patchResource(patch: ResourcePatch, signal?: AbortSignal): Promise<void>;
  /** Lets a traffic Service select only the pods of `revision`, or all pods of the cluster again (undefined). */
  selectTraffic(service: string, revision: string | undefined, signal?: AbortSignal): Promise<void>;
  /** Lets the operator's own Service lead to the ready pods of `revision`: holds until the operator's next full pass. */
  leadTraffic(service: string, revision: string, signal?: AbortSignal): Promise<void>;
  scaleSet(set: string, replicas: number, signal?: AbortSignal): Promise<void>;
  /** Sets the operator's readiness gate of a pod to True: while held, the operator does not. */
  markServing(pod: string, signal?: AbortSignal): Promise<void>;
  /** Takes or renews the lease; rejects with `conflict` and the holder's name when somebody else holds it. */
  holdLease(holder: string, signal?: AbortSignal): Promise<void>;
  /** The lease as it stands now; undefined when nobody holds it. */
  readLease(signal?: AbortSignal): Promise<LeaseView | undefined>;
  releaseLease(holder: string, signal?: AbortSignal): Promise<void>;
  /**
   * Returns the version of what was written.
   *
   * @param over what it follows from; rejects with `conflict` when journal or request are others by now
   */
  writeJournal(journal: Journal, over?: JournalVersion, signal?: AbortSignal): Promise<string>;
  /** Asks the run under way for something. Rejects with `missing` where there never was a run. */
  writeRequest(request: string, signal?: AbortSignal): Promise<void>;
  /** Keeps what the resource asks for before a run changes it. It may hold secrets. */
  keepSpec(run: string, spec: object, signal?: AbortSignal): Promise<void>;
  /** What was kept for a run; undefined when there is nothing. */
  keptSpec(run: string, signal?: AbortSignal): Promise<Record<string, unknown> | undefined>;
}

/** What a write of the journal follows from. */
export interface JournalVersion {
  version: string;
  /** Whether the request that was seen there is removed by this write. */
  answersRequest?: boolean;
}

/** The order to empty one node. Rates are per second and at least 1. */
export interface EvacuationOrder {
  connectionsPerSecond: number;
  sessionsPerSecond: number;
  waitTakeoverSeconds: number;
  /** Names of the nodes that receive sessions. */
  migrateTo: readonly string[];
}

/**
 * What came of knocking as a device does.
 *
 * - `serves`: every listener answered. A refused authentication is an answer, too.
 * - `silent`: one did not, or said that devices shall go elsewhere; `reason` says which, and how.
 * - `unknown`: there is no way to its listeners, or none is known.
 */
export type ProbeAnswer = { state: 'serves' | 'unknown' } | { state: 'silent'; reason: string };

/** The cluster's nodes: their management API, and their listeners for devices. */
export interface EmqxPort {
  /** What a node says of itself. Never rejects because of the node: an unreachable node is a view, too. */
  observe(pod: string, node: string, signal?: AbortSignal): Promise<NodeView>;
  /** Only what it has, in one request: of a node that does not evacuate. */
  count(pod: string, node: string, signal?: AbortSignal): Promise<NodeCount>;
  /**
   * Live connections by the node's own counters, which no tick delays and moved sessions do not enter: begun less ended since its
   * process started. Undefined where it does not answer, or does not count. Never rejects because of the node.
   */
  live(pod: string, node: string, signal?: AbortSignal): Promise<number | undefined>;
  /** Whether it answers on these listeners as a broker does, within 3 s. Never rejects because of the node. */
  probe(pod: string, listeners: readonly DeviceListener[], signal?: AbortSignal): Promise<ProbeAnswer>;
  /** Rejects with `refused` when the node declines for another reason than "already started". */
  startEvacuation(pod: string, node: string, order: EvacuationOrder, signal?: AbortSignal): Promise<void>;
  stopEvacuation(pod: string, node: string, signal?: AbortSignal): Promise<void>;
  /** The most connections the license allows; undefined when the API does not tell. */
  licensedConnections(pod: string, signal?: AbortSignal): Promise<number | undefined>;
}

/** Where a run tells what it does. Must not throw, and must not wait. */
export interface Progress {
  report(event: ProgressEvent): void;
}

/**
 * A port could not do what it was asked.
 *
 * - `unavailable`: no answer, or one that says "later"; whether a write took effect is unknown.
 * - `conflict`: somebody else changed or holds it; read again.
 * - `refused`: the other side understood and declines; asking again does not help.
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
