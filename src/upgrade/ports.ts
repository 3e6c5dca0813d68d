import type { Journal } from './journal';
import type { ClusterView, DeviceListener, LeaseView, NodeCount, NodeView, OperatorView } from './observation';
import type { ProgressEvent } from './progress';

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
  /** The state of the cluster: read now, or, while changes are followed, as the watches have reported it. */
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
  /** Makes the operator's own Service route to the ready pods of `revision`: lasts until the operator's next full pass. */
  leadTraffic(service: string, revision: string, signal?: AbortSignal): Promise<void>;
  scaleSet(set: string, replicas: number, signal?: AbortSignal): Promise<void>;
  /** Sets the operator's readiness gate of a pod to True: while held, the operator does not do so. */
  markServing(pod: string, signal?: AbortSignal): Promise<void>;
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
  /** The most connections the license allows; undefined when the API does not report it. */
  licensedConnections(pod: string, signal?: AbortSignal): Promise<number | undefined>;
}

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
