import { isKubeError, type KubeApi, type KubeObject, type ObjectRef } from '../../kubernetes/kube-api';
import { copy } from '../kubernetes/json';
import { mergeDifference, mergePatch } from '../kubernetes/merge-patch';

/** A pass over the resource that owns the objects. */
interface Owner {
  readonly options: { readonly api: KubeApi; readonly signal: AbortSignal };
  ref(kind: { apiVersion: string; kind: string }, name: string): ObjectRef;
}

/** Holds what the operator wrote last, as JSON. (The real one zips it.) */
const lastApplied = 'apps.emqx.io/last-applied';

/** What the operator wrote of an object last; undefined when it did not write it. */
export function lastAppliedOf<T extends KubeObject>(object: T): T | undefined {
  const text = object.metadata.annotations?.[lastApplied];
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

/** Creates an object that the custom resource owns. */
export async function createOwned<T extends KubeObject>(owner: Owner, object: T): Promise<T> {
  return owner.options.api.create(annotated(copy(object)), owner.options.signal);
}

/** Creates an object or brings it in line: with what is wanted, and without what the operator once set and wants no more. */
export async function createOrUpdate<T extends KubeObject>(owner: Owner, object: T): Promise<T> {
  const { api, signal } = owner.options;
  const wanted = copy(object);
  const ref = owner.ref(wanted, wanted.metadata.name);
  let live: T;
  try {
    live = await api.get<T>(ref, signal);
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
    return createOwned(owner, wanted);
  }
  const { apiVersion: _, kind: __, metadata, ...body } = annotated(wanted);
  const before = lastAppliedOf(live);
  const dropped = before ? removals(before, wanted) : {};
  const { labels, annotations } = metadata;
  const patch = mergePatch(dropped, { metadata: { labels, annotations }, ...body });
  return api.patch<T>(ref, { type: 'merge', body: patch }, {}, signal);
}

function annotated<T extends KubeObject>(object: T): T {
  const annotations = { ...object.metadata.annotations };
  delete annotations[lastApplied];
  const plain = { ...object, metadata: { ...object.metadata, annotations } };
  return {
    ...plain,
    metadata: { ...plain.metadata, annotations: { ...annotations, [lastApplied]: JSON.stringify(plain) } },
  };
}

/** The part of the difference that removes members. */
function removals(from: object, to: object): Record<string, unknown> {
  const keep = (patch: unknown): unknown => {
    if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch === null ? null : undefined;
    const members = Object.entries(patch).map(([key, value]) => [key, keep(value)] as const);
    const kept = members.filter(([, value]) => value !== undefined);
    return kept.length > 0 ? Object.fromEntries(kept) : undefined;
  };
  return (keep(mergeDifference(from, to)) ?? {}) as Record<string, unknown>;
}
