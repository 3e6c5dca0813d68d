/**
 * The port for all access of this project to a Kubernetes API server: plain objects in, plain objects out.
 *
 * Two adapters exist: a client of a real API server, and the simulator's in-memory API. All domain code (what a
 * "traffic Service" or a "stateful set of this cluster" is) lives above this port and is shared by both.
 */

/** The part of `metadata` this project reads or writes. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  uid?: string;
  /** Opaque version of the stored object; given back in a patch it makes the patch conditional. */
  resourceVersion?: string;
  /** Counts changes of `spec`. */
  generation?: number;
  /** RFC 3339. */
  creationTimestamp?: string;
  /** RFC 3339; present while the object is being deleted. */
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** Any Kubernetes object. Narrow it with a type parameter where the fields are known. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** Names a kind of object. */
export interface KindRef {
  apiVersion: string;
  kind: string;
}

/** Names one object. Every kind this project uses is namespaced, so `namespace` is not optional. */
export interface ObjectRef extends KindRef {
  namespace: string;
  name: string;
}

export interface ListQuery extends KindRef {
  /** `''` stands for all namespaces. */
  namespace: string;
  /** Only the object of this name. Rights may be granted by name: then only such a list is allowed. */
  name?: string;
  /** Equality selectors only; all must match. */
  labels?: Record<string, string>;
  /** Values of fields by their paths, of which each kind knows a few: those of events are `involvedObject.uid` and `reason`. */
  fields?: Record<string, string>;
}

export interface ObjectList<T extends KubeObject = KubeObject> {
  items: T[];
  /** Where a watch that continues this list starts. */
  resourceVersion: string;
}

export type WatchEvent<T extends KubeObject = KubeObject> = {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: T;
};

export interface WatchOptions {
  /** Start after this version (of a list). Without it the watch begins with an ADDED for each existing object. */
  resourceVersion?: string;
}

export type Subresource = 'status' | 'scale';

export interface PatchOptions {
  subresource?: Subresource;
  /** The server does everything except storing the change: it refuses what it would refuse. @default false */
  dryRun?: boolean;
}

/**
 * A change of one object.
 *
 * - `merge`: RFC 7386; `null` removes a field. With `metadata.resourceVersion` in the body the server refuses the patch
 *   (409 `Conflict`) unless the stored object still has that version.
 * - `apply`: server-side apply by `fieldManager`; creates the object when it is absent.
 */
export type Patch =
  | { type: 'merge'; body: object }
  | { type: 'apply'; body: KubeObject; fieldManager: string; force?: boolean };

/**
 * Access to a Kubernetes API server. Every method rejects with a {@link KubeApiError} when the server refuses, and
 * with the signal's reason when it is aborted. Returned objects belong to the caller.
 */
export interface KubeApi {
  /** What time it is at the API server, ms since the epoch, by its latest answer; undefined before the first. */
  time(): number | undefined;
  get<T extends KubeObject>(ref: ObjectRef, signal?: AbortSignal): Promise<T>;
  list<T extends KubeObject>(query: ListQuery, signal?: AbortSignal): Promise<ObjectList<T>>;
  create<T extends KubeObject>(object: T, signal?: AbortSignal): Promise<T>;
  patch<T extends KubeObject>(ref: ObjectRef, patch: Patch, options?: PatchOptions, signal?: AbortSignal): Promise<T>;
  /** Sets `spec.replicas` through the scale subresource. */
  scale(ref: ObjectRef, replicas: number, signal?: AbortSignal): Promise<void>;
  delete(ref: ObjectRef, options?: { gracePeriodSeconds?: number }, signal?: AbortSignal): Promise<void>;
  /**
   * Changes as they happen, until the signal aborts (the iteration then ends) or the server ends the watch with an error,
   * for example 410 `Expired`: list again and watch from there.
   */
  watch<T extends KubeObject>(
    query: ListQuery,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
}

/** `reason` of a Status object, as the API server spells it; `Unreachable` when there was no answer at all. */
export type KubeErrorReason =
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Invalid'
  | 'Forbidden'
  | 'Unauthorized'
  | 'Expired'
  | 'TooManyRequests'
  | 'InternalError'
  | 'Unreachable';

/** A refused or failed request to the API server. */
export class KubeApiError extends Error {
  override readonly name = 'KubeApiError';
  /** What to do about it, where more is known than the code says. */
  readonly fix: string | undefined;
  constructor(
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    readonly code: KubeErrorReason,
    message: string,
    { fix, ...options }: { cause?: unknown } & { fix?: string } = {},
  ) {
    super(message, options);
    this.fix = fix;
  }
}

/** Whether an error is the API server's refusal for this reason. */
export function isKubeError(error: unknown, reason: KubeErrorReason): error is KubeApiError {
  return error instanceof KubeApiError && error.code === reason;
}
