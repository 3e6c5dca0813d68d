import { isKubeError, type KubeApi, type ObjectRef } from '../kubernetes';
import type { ConfigMap } from '../kubernetes/core-objects';
import { POLICY_KEY, RUNNER_NAME } from '../resource/runner-policy';
import type { ClusterRef } from './sighting';

/**
 * - `approved`: the digest of the template that a user has approved; it stays until the upgrade to it has ended.
 * - `begun`: the digest of the template that the runner upgrades to.
 */
type Mark = 'approved' | 'begun';

/** The content of the ConfigMap. */
export interface Records {
  policy: string | undefined;
  /** Keys that nobody reads. */
  otherKeys: readonly string[];
  /** By `NAMESPACE/NAME`. */
  approved: ReadonlyMap<string, string>;
  begun: ReadonlyMap<string, string>;
}

/** @param map undefined where there is none */
export function recordsIn(map: ConfigMap | undefined): Records {
  const data = map?.data ?? {};
  const otherKeys = Object.keys(data).filter((key) => key !== POLICY_KEY && !/^(approved|begun)\./.test(key));
  return { policy: data[POLICY_KEY], otherKeys, approved: marked(data, 'approved'), begun: marked(data, 'begun') };
}

/** Writes or removes (null) marks of a cluster; creates the ConfigMap where there is none. */
export async function mark(
  api: KubeApi,
  ref: ObjectRef,
  cluster: ClusterRef,
  marks: Partial<Record<Mark, string | null>>,
  signal?: AbortSignal,
): Promise<void> {
  const entries = Object.entries(marks).map(([kind, value]) => [keyFor(kind as Mark, cluster), value] as const);
  try {
    await api.patch(ref, { type: 'merge', body: { data: Object.fromEntries(entries) } }, {}, signal);
  } catch (error) {
    const data = Object.fromEntries(entries.filter(([, value]) => value !== null));
    if (!isKubeError(error, 'NotFound')) throw error;
    if (Object.keys(data).length === 0) return;
    const { apiVersion, kind, namespace, name } = ref;
    await api.create({ apiVersion, kind, metadata: { namespace, name }, data }, signal);
  }
}

/** @param namespace of the runner */
export function recordsRef(namespace: string): ObjectRef {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: RUNNER_NAME };
}

/** Keys of a ConfigMap allow no slash; the name of a namespace has no dot. */
function keyFor(kind: Mark, { namespace, name }: ClusterRef): string {
  return `${kind}.${namespace}.${name}`;
}

function marked(data: Readonly<Record<string, string>>, kind: Mark): ReadonlyMap<string, string> {
  const form = new RegExp(`^${kind}\\.([^.]+)\\.(.+)$`);
  return new Map(
    Object.entries(data).flatMap(([key, value]) => {
      const [, namespace, name] = form.exec(key) ?? [];
      return namespace && name ? [[`${namespace}/${name}`, value.trim()] as const] : [];
    }),
  );
}
