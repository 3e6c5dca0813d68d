import { copyOf } from './copy';
import type { EmqxResource } from './generations';
import { at } from './structure';

/** An entry of `metadata.managedFields`. @see Kubernetes API, meta/v1 ManagedFieldsEntry */
interface ManagedFields {
  subresource?: string;
  fieldsV1?: object;
}

type Path = readonly string[];

/**
 * A resource from a file, merged over the stored one: what the file omits is not removed where others have set it.
 *
 * - Labels and annotations that the file does not have stay, such as those by which GitOps tools track the object.
 * - Numbers of nodes stay as they are where the file leaves them to an autoscaler.
 * - So does every field of `spec` whose manager manages no field of the file.
 *
 * Everything else that the file omits is removed, or gets its default.
 */
export function overLive<Cluster extends EmqxResource>(file: Cluster, live: Cluster): Cluster {
  const result = copyOf(file);
  const { metadata } = result;
  if (live.metadata.labels) metadata.labels = { ...live.metadata.labels, ...metadata.labels };
  if (live.metadata.annotations) metadata.annotations = { ...live.metadata.annotations, ...metadata.annotations };
  for (const path of replicasIn(file)) put(result, path, at(live, path));
  for (const path of fieldsOfOthers(file, live)) put(result, path, at(live, path));
  return result;
}

/** Where a resource has its numbers of nodes. A file without replicants has none to keep. */
function replicasIn(file: EmqxResource): Path[] {
  if (file.kind === 'EmqxEnterprise') return [['spec', 'replicas']];
  const cores = ['spec', 'coreTemplate', 'spec', 'replicas'];
  return file.spec.replicantTemplate ? [cores, ['spec', 'replicantTemplate', 'spec', 'replicas']] : [cores];
}

/** Paths in `spec` whose managers manage no field of the file. */
function fieldsOfOthers(file: EmqxResource, live: EmqxResource): Path[] {
  const managers = ((live.metadata.managedFields ?? []) as ManagedFields[])
    .filter(({ subresource }) => subresource !== 'status')
    .map(({ fieldsV1 = {} }) => pathsIn(fieldsV1).filter(([first]) => first === 'spec'));
  const isAuthor = (paths: readonly Path[]) => paths.some((path) => at(file, path) !== undefined);
  const authored = new Set(managers.filter(isAuthor).flatMap((paths) => paths.map(String)));
  return managers
    .filter((paths) => !isAuthor(paths))
    .flatMap((paths) => paths.filter((path) => !authored.has(String(path))));
}

/** The paths in a set of fields (`{"f:spec": {"f:replicas": {}}}`); a list counts as one field, whatever the managers of its items. */
function pathsIn(fields: object, path: Path = []): Path[] {
  const inner = Object.entries(fields).filter(([key]) => key.startsWith('f:'));
  if (inner.length === 0) return [path];
  return inner.flatMap(([key, value]) => pathsIn(value as object, [...path, key.slice(2)]));
}

/** Sets a field, unless a parent is not an object. */
function put(target: object, [first, ...rest]: Path, value: unknown): void {
  if (first === undefined || first === '__proto__' || value === undefined) return;
  const fields = target as Record<string, unknown>;
  if (rest.length === 0) fields[first] ??= structuredClone(value);
  else {
    fields[first] ??= {};
    const next = fields[first];
    if (typeof next === 'object' && next !== null) put(next, rest, value);
  }
}
