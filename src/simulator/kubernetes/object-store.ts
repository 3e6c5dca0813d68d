import { matchesLabels } from '../../kubernetes/core-objects';
import { type KindRef, KubeApiError, type KubeObject, type ListQuery, type ObjectRef } from '../../kubernetes/kube-api';
import type { Clock } from '../../upgrade/ports';
import type { Random } from '../random';
import { Admission } from './admission';
import type { Pod } from './core-types';
import { copy, equal, freeze, isRecord } from './json';
import { kindKey, traitsOf } from './kinds';
import { type Ownership, recordWrite, serverSideApply } from './server-side-apply';

/** One change of one object. The objects belong to the store. */
export interface StoreChange {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
  /** What was stored before. */
  previous?: KubeObject;
  /** Position in the order of all changes. */
  revision: number;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface WriteOptions {
  /** Only `status` is written. Without it, a kind that has the subresource keeps its status. */
  subresource?: 'status';
  /** Everything is done but to store it. @default false */
  dryRun?: boolean;
  /** The write is refused (409) unless the object has this version. */
  resourceVersion?: string;
}

/**
 * Is asked about an object before it is stored, as a cluster's admission webhooks are: completes it in place, or refuses it
 * by throwing a KubeApiError.
 */
export type Webhook = (object: KubeObject, previous: KubeObject | undefined) => void;

/** Changes older than this can no longer be watched, because etcd is compacted. */
const historyMs = 5 * 60_000;

/** Metadata that no writer can change. */
const serverFields = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'resourceVersion',
] as const;

/**
 * What an API server stores, with the rules it stores it by: identity, versions, generations, status apart from the
 * rest, deletion in two steps.
 *
 * This is the synchronous face, for the parts of the simulated world that run inside the cluster. An object once stored is
 * never changed in place, because it is frozen: every write stores a new one. So what these methods return may be kept and passed on.
 */
export class ObjectStore {
  private readonly objects = new Map<string, Map<string, KubeObject>>();
  private readonly owners = new Map<string, Ownership>();
  private readonly listeners = new Set<(change: StoreChange) => void>();
  private readonly webhooks = new Map<string, Webhook>();
  private readonly admission: Admission;
  private history: StoreChange[] = [];
  private count = 0;
  private compacted = 0;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {
    this.admission = new Admission((kind) => this.all(kind));
  }

  /** The version of the latest change. */
  get resourceVersion(): string {
    return String(this.count);
  }

  /** The time in the cluster, in milliseconds since the epoch. */
  get now(): number {
    return this.clock.now();
  }

  /** The object, or undefined. */
  find<T extends KubeObject>(ref: ObjectRef): T | undefined {
    return this.bucket(ref).get(`${ref.namespace}/${ref.name}`) as T | undefined;
  }

  /** @throws KubeApiError `NotFound` */
  get<T extends KubeObject>(ref: ObjectRef): T {
    const found = this.find<T>(ref);
    if (!found) throw new KubeApiError(404, 'NotFound', `${ref.kind} "${ref.name}" not found`);
    return found;
  }

  /** All objects that match, by name. */
  list<T extends KubeObject>(query: ListQuery): T[] {
    return [...this.bucket(query).values()]
      .filter((object) => matches(object, query))
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)) as T[];
  }

  /** All objects of one kind in every namespace, or of every kind; in the order of their creation. */
  all<T extends KubeObject>(kind?: KindRef): T[] {
    const buckets = kind ? [this.bucket(kind)] : [...this.objects.values()];
    return buckets.flatMap((bucket) => [...bucket.values()]) as T[];
  }

  /** @throws KubeApiError `AlreadyExists` | `Invalid` */
  create<T extends KubeObject>(object: T): T {
    return this.insert(object, (created, owners) => recordWrite(undefined, created, owners)) as T;
  }

  /**
   * Changes an object; `change` gets a copy to change in place, or returns another. Of a write of the status, the status alone is a
   * copy, and counts. Nothing happens when it changes nothing.
   *
   * @throws KubeApiError `NotFound` | `Conflict` | `Invalid`
   */
  update<T extends KubeObject>(ref: ObjectRef, change: (draft: T) => T | undefined, options: WriteOptions = {}): T {
    const stored = this.get<T>(ref);
    const { resourceVersion } = options;
    if (resourceVersion !== undefined && resourceVersion !== stored.metadata.resourceVersion) throw outdated(ref);
    const draft = options.subresource ? withStatus(stored, stored) : copy(stored);
    return this.replace(stored, change(draft) ?? draft, options, (next, owners) =>
      recordWrite(stored, next, owners),
    ) as T;
  }

  /**
   * Server-side apply.
   *
   * @throws KubeApiError `Conflict` | `Invalid`; `NotFound` for the status of an absent object
   */
  apply(object: KubeObject, manager: string, force: boolean, options: WriteOptions = {}): KubeObject {
    const ref = refOf(object);
    const stored = this.find(ref);
    const owners: Ownership = new Map(
      [...(this.owners.get(ownerKey(ref)) ?? [])].map(([who, what]) => [who, new Set(what)]),
    );
    if (
      stored &&
      object.metadata.resourceVersion &&
      object.metadata.resourceVersion !== stored.metadata.resourceVersion
    ) {
      throw outdated(ref);
    }
    const name = options.subresource ? `${manager} (status)` : manager;
    const result = serverSideApply(stored, scoped(object, options), name, force, owners);
    const keep = () => this.owners.set(ownerKey(ref), owners);
    if (!stored && options.subresource) return this.get(ref);
    return stored ? this.replace(stored, result, options, keep) : this.insert(result, keep);
  }

  /**
   * Deletes an object as the API server does: a pod that runs on a node, or an object with finalizers, is only marked;
   * the client that marked it waits for the kubelet or the owner of the finalizer. A grace period of 0 removes a pod at once.
   *
   * @throws KubeApiError `NotFound`
   */
  delete(ref: ObjectRef, gracePeriodSeconds?: number): void {
    const stored = this.get(ref);
    const grace = gracePeriodSeconds ?? defaultGrace(stored);
    const waits = (stored.metadata.finalizers?.length ?? 0) > 0 || (needsKubelet(stored) && grace > 0);
    if (!waits) {
      this.remove(stored);
      return;
    }
    const { deletionGracePeriodSeconds: before } = stored.metadata;
    if (stored.metadata.deletionTimestamp && (before ?? 0) <= grace) return;
    const marked = copy(stored);
    marked.metadata.deletionTimestamp = timestamp(this.clock.now() + grace * 1000);
    marked.metadata.deletionGracePeriodSeconds = grace;
    if (traitsOf(ref).generation) marked.metadata.generation = (stored.metadata.generation ?? 0) + 1;
    this.commit('MODIFIED', marked, stored);
  }

  /** Has a webhook asked about every write of a kind, except those of a status, in place of the one before it. */
  setWebhook(kind: KindRef, webhook: Webhook): void {
    this.webhooks.set(kindKey(kind), webhook);
  }

  /** Calls `listener` after each change, until the returned function is called. The listener must not write. */
  subscribe(listener: (change: StoreChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * The changes after a version, oldest first.
   *
   * @throws KubeApiError `Expired` when some of them are forgotten
   */
  changesSince(resourceVersion: string): StoreChange[] {
    this.forgetBefore(this.clock.now() - historyMs);
    const since = Number(resourceVersion);
    if (!(since >= this.compacted)) {
      throw new KubeApiError(410, 'Expired', `too old resource version: ${resourceVersion} (${this.compacted})`);
    }
    return this.history.filter((change) => change.revision > since);
  }

  /** Forgets all changes so far, so that a watch from an older version is refused. */
  compact(): void {
    this.forgetBefore(Number.POSITIVE_INFINITY);
  }

  private forgetBefore(time: number): void {
    const kept = this.history.findIndex((change) => change.at >= time);
    const gone = this.history.splice(0, kept < 0 ? this.history.length : kept);
    this.compacted = gone.at(-1)?.revision ?? this.compacted;
  }

  private insert(object: KubeObject, recordOwners: (created: KubeObject, owners: Ownership) => void): KubeObject {
    const ref = refOf(object);
    if (this.find(ref)) throw new KubeApiError(409, 'AlreadyExists', `${ref.kind} "${ref.name}" already exists`);
    const created = copy(object);
    const { status, generation } = traitsOf(ref);
    if (status) delete (created as { status?: unknown }).status;
    created.metadata.uid = this.uid();
    created.metadata.creationTimestamp = timestamp(this.clock.now());
    if (generation) created.metadata.generation = 1;
    this.webhooks.get(kindKey(ref))?.(created, undefined);
    this.admission.admit(created, undefined);
    recordOwners(created, this.ownersOf(ref));
    return this.commit('ADDED', created, undefined);
  }

  private replace(
    stored: KubeObject,
    wanted: KubeObject,
    options: WriteOptions,
    recordOwners: (next: KubeObject, owners: Ownership) => void,
  ): KubeObject {
    const ref = refOf(stored);
    const traits = traitsOf(ref);
    const next = options.subresource ? withStatus(stored, wanted) : copy(wanted);
    if (!options.subresource) {
      if (traits.status) (next as { status?: unknown }).status = (stored as { status?: unknown }).status;
      // What the server alone decides.
      for (const field of serverFields) {
        delete next.metadata[field];
        if (stored.metadata[field] !== undefined) Object.assign(next.metadata, { [field]: stored.metadata[field] });
      }
      this.webhooks.get(kindKey(ref))?.(next, stored);
      this.admission.admit(next, stored);
    }
    if (traits.generation && !equal(bodyOf(next), bodyOf(stored))) {
      next.metadata.generation = (stored.metadata.generation ?? 0) + 1;
    }
    if (options.dryRun) return next;
    recordOwners(next, this.ownersOf(ref));
    if (equal(next, stored)) return stored;
    const released =
      stored.metadata.deletionTimestamp && stored.metadata.finalizers?.length && !next.metadata.finalizers?.length;
    const committed = this.commit('MODIFIED', next, stored);
    if (released) this.remove(committed);
    return committed;
  }

  private remove(stored: KubeObject): void {
    this.owners.delete(ownerKey(refOf(stored)));
    this.commit('DELETED', copy(stored), stored);
  }

  private commit(type: StoreChange['type'], object: KubeObject, previous: KubeObject | undefined): KubeObject {
    const ref = refOf(object);
    const revision = ++this.count;
    object.metadata.resourceVersion = String(revision);
    if (type === 'DELETED') this.bucket(ref).delete(`${ref.namespace}/${ref.name}`);
    else this.bucket(ref).set(`${ref.namespace}/${ref.name}`, object);
    freeze(object);
    const change: StoreChange = { type, object, revision, at: this.clock.now(), ...(previous && { previous }) };
    this.history.push(change);
    this.forgetBefore(change.at - historyMs);
    for (const listener of this.listeners) listener(change);
    return object;
  }

  private bucket(kind: KindRef): Map<string, KubeObject> {
    const key = kindKey(kind);
    const bucket = this.objects.get(key) ?? new Map<string, KubeObject>();
    this.objects.set(key, bucket);
    return bucket;
  }

  private ownersOf(ref: ObjectRef): Ownership {
    const owners = this.owners.get(ownerKey(ref)) ?? new Map();
    this.owners.set(ownerKey(ref), owners);
    return owners;
  }

  private uid(): string {
    const hex = (length: number) => Array.from({ length }, () => this.random.below(16).toString(16)).join('');
    return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  }
}

/** Names an object. Objects without a namespace live in `default`. */
export function refOf(object: KubeObject): ObjectRef {
  const { apiVersion, kind, metadata } = object;
  return { apiVersion, kind, namespace: metadata.namespace ?? 'default', name: metadata.name };
}

/** Whether an object belongs to what a query asks for. */
export function matches(object: KubeObject, query: ListQuery): boolean {
  return (
    object.kind === query.kind &&
    object.apiVersion === query.apiVersion &&
    (query.namespace === '' || (object.metadata.namespace ?? 'default') === query.namespace) &&
    (query.name === undefined || object.metadata.name === query.name) &&
    matchesLabels(object.metadata.labels, query.labels ?? {}) &&
    Object.entries(query.fields ?? {}).every(([path, value]) => fieldAt(object, path) === value)
  );
}

function fieldAt(object: KubeObject, path: string): unknown {
  let value: unknown = object;
  for (const step of path.split('.')) value = isRecord(value) ? value[step] : undefined;
  return value;
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

function ownerKey(ref: ObjectRef): string {
  return `${kindKey(ref)} ${ref.namespace}/${ref.name}`;
}

function outdated(ref: ObjectRef): KubeApiError {
  return new KubeApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${ref.kind} "${ref.name}": the object has been modified; please apply your changes to the latest version and try again`,
  );
}

/** The part of an object that a write may set: its status alone, or all but its status where that is apart. */
function scoped(object: KubeObject, { subresource }: WriteOptions): KubeObject {
  const { apiVersion, kind, metadata, ...body } = object as KubeObject & { status?: unknown };
  if (subresource) return { apiVersion, kind, metadata: { name: metadata.name }, status: body.status } as KubeObject;
  if (traitsOf(object).status) delete body.status;
  return { apiVersion, kind, metadata, ...body };
}

/** An object with a copy of another one's status in place of its own; the rest is shared. */
function withStatus<T extends KubeObject>(object: T, other: KubeObject): T {
  const { status } = other as { status?: unknown };
  const result = { ...object, metadata: { ...object.metadata }, status: copy(status) };
  if (status === undefined) delete result.status;
  return result;
}

function bodyOf(object: KubeObject): object {
  const { metadata: _, status: __, ...body } = object as KubeObject & { status?: unknown };
  return body;
}

function defaultGrace(object: KubeObject): number {
  return object.kind === 'Pod' ? ((object as Pod).spec.terminationGracePeriodSeconds ?? 30) : 0;
}

/** Whether a kubelet has to stop the object before it can go: a pod on a node that has not ended by itself. */
function needsKubelet(object: KubeObject): boolean {
  if (kindKey(object) !== 'v1/Pod') return false;
  const pod = object as Pod;
  return pod.spec.nodeName !== undefined && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}
