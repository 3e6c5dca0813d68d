import type { KubeApi, ObjectRef } from '../kubernetes';
import type { ConfigMap } from '../kubernetes/core-objects';
import { patchOrCreate } from '../kubernetes/patch-or-create';
import { MARK_KEY, otherKeysIn, POLICY_KEY, RUNNER_NAME, WAIT_KEY } from '../resource/runner-policy';
import { type Approval, approvalIn } from './approval';
import { type ClusterRef, keyOf } from './sighting';
import type { Wait, WaitReason } from './waits';

/**
 * - `approved`: the template that a user has approved. It counts for one upgrade, whoever begins it.
 * - `begun`: the digest of the template that the runner upgrades to.
 */
export type Mark = 'approved' | 'begun';

/** Null removes it. */
export type Marks = Partial<Record<Mark, string | null>>;

/** The content of the ConfigMap. */
export interface Records {
  policy: string | undefined;
  /** Keys that nobody reads. */
  otherKeys: readonly string[];
  /** By the key of the cluster, as `begun`. */
  approved: ReadonlyMap<string, Approval>;
  begun: ReadonlyMap<string, string>;
  /** What the runner has published for others to read, by the key in the ConfigMap. */
  published: ReadonlyMap<string, string>;
  /** Of the ConfigMap; undefined where there is none. */
  version: string | undefined;
}

/** @param map undefined where there is none */
export function recordsIn(map: ConfigMap | undefined): Records {
  const data = map?.data ?? {};
  const published = new Map(Object.entries(data).filter(([key]) => WAIT_KEY.test(key)));
  const otherKeys = otherKeysIn(data);
  const approved = new Map([...marked(data, 'approved')].map(([key, text]) => [key, approvalIn(text)]));
  const version = map?.metadata.resourceVersion;
  return { policy: data[POLICY_KEY], otherKeys, approved, begun: marked(data, 'begun'), published, version };
}

/** What a cluster waits for: the reason, and a sentence. */
const WAITS = 'waits.';

/** The whole ConfigMap has at most 1 MiB, also with a thousand clusters that wait. */
const MOST_CHARACTERS = 512;

/** All that the runner publishes. @param waits by the keys of the clusters */
export function publicationOf(waits: ReadonlyMap<string, Wait>): ReadonlyMap<string, string> {
  return new Map(
    [...waits].map(([key, { reason, text }]) => [waitsKey(key), `${reason}: ${text}`.slice(0, MOST_CHARACTERS)]),
  );
}

/** What a cluster waits for, as it was published; undefined where it waits for nothing. */
export function waitOf({ published }: Records, cluster: ClusterRef): Wait | undefined {
  const [, reason, text = ''] = /^(\w+): (.*)$/s.exec(published.get(waitsKey(keyOf(cluster))) ?? '') ?? [];
  return reason === undefined ? undefined : { reason: reason as WaitReason, text };
}

/** What is published, and what is to be; keys of marks to be removed, and the version in which they were read. */
interface Publication {
  before: ReadonlyMap<string, string>;
  after: ReadonlyMap<string, string>;
  spent: readonly string[];
  version: string | undefined;
}

/** Removes and adds what has changed. @throws KubeApiError `Conflict` when marks are to be removed that may be others by now */
export async function publish(
  api: KubeApi,
  ref: ObjectRef,
  { before, after, spent, version }: Publication,
  signal?: AbortSignal,
): Promise<void> {
  const gone = [...before.keys()].filter((key) => !after.has(key)).map((key) => [key, null] as const);
  const changed = [...after].filter(([key, value]) => before.get(key) !== value);
  const removed = spent.map((key) => [key, null] as const);
  const entries = [...gone, ...changed, ...removed];
  if (entries.length > 0) await write(api, ref, entries, signal, spent.length > 0 ? version : undefined);
}

function waitsKey(clusterKey: string): string {
  return WAITS + dotted(clusterKey);
}

/** Writes or removes (null) marks of a cluster; creates the ConfigMap where there is none. */
export async function mark(
  api: KubeApi,
  ref: ObjectRef,
  cluster: ClusterRef,
  marks: Marks,
  signal?: AbortSignal,
): Promise<void> {
  const entries = Object.entries(marks).map(([kind, value]) => [markKey(kind as Mark, keyOf(cluster)), value] as const);
  await write(api, ref, entries, signal);
}

async function write(
  api: KubeApi,
  ref: ObjectRef,
  entries: readonly (readonly [key: string, value: string | null])[],
  signal?: AbortSignal,
  ifVersion?: string,
): Promise<void> {
  const body = {
    ...(ifVersion !== undefined && { metadata: { resourceVersion: ifVersion } }),
    data: Object.fromEntries(entries),
  };
  const fresh = () => {
    const data = Object.fromEntries(entries.filter(([, value]) => value !== null));
    if (Object.keys(data).length === 0) return undefined;
    const { apiVersion, kind, namespace, name } = ref;
    return { apiVersion, kind, metadata: { namespace, name }, data };
  };
  await patchOrCreate(api, ref, body, fresh, signal);
}

/** @param namespace of the runner */
export function recordsRef(namespace: string): ObjectRef {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: RUNNER_NAME };
}

/** Two clusters of different kinds may have one name. */
export function markKey(mark: Mark, clusterKey: string): string {
  return `${mark}.${dotted(clusterKey)}`;
}

/** Keys of a ConfigMap allow no slash; neither a kind nor the name of a namespace has a dot. */
function dotted(clusterKey: string): string {
  return clusterKey.replaceAll('/', '.');
}

function marked(data: Readonly<Record<string, string>>, mark: Mark): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(data).flatMap(([key, value]) => {
      const [, found, ...cluster] = MARK_KEY.exec(key) ?? [];
      return found === mark ? [[cluster.join('/'), value.trim()] as const] : [];
    }),
  );
}
