import { copy, equal, isRecord } from '../../simulator/kubernetes/json';

type Fields = Record<string, unknown>;

/**
 * Applies a strategic merge patch: a merge patch that treats some lists as maps, keyed by one field of their items.
 *
 * Of the directives it knows `$patch: delete` and `replace`, `$retainKeys`, `$setElementOrder` and
 * `$deleteFromPrimitiveList`.
 *
 * @see Kubernetes, "Update API objects in place using kubectl patch"
 */
export function strategicMergePatch<T extends object>(target: T, patch: unknown): T {
  return mergeObject(target as Fields, isRecord(patch) ? patch : {}, []) as T;
}

/** The field that identifies the items of a list, by the name of the list. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  conditions: 'type',
  containers: 'name',
  env: 'name',
  ephemeralContainers: 'name',
  hostAliases: 'ip',
  imagePullSecrets: 'name',
  initContainers: 'name',
  ownerReferences: 'uid',
  schedulingGates: 'name',
  secrets: 'name',
  topologySpreadConstraints: 'topologyKey',
  volumeDevices: 'devicePath',
  volumeMounts: 'mountPath',
  volumes: 'name',
};

/** @param path names of the fields that lead to the list. */
function mergeKeyOf(path: readonly string[]): string | undefined {
  const name = path.at(-1) ?? '';
  if (name === 'ports') return /ontainers$/.test(path.at(-2) ?? '') ? 'containerPort' : 'port';
  return MERGE_KEYS[name];
}

function mergeObject(target: Fields, patch: Fields, path: readonly string[]): Fields {
  const { $patch: directive, $retainKeys: retained, ...changes } = patch;
  const kept = Array.isArray(retained)
    ? Object.entries(target).filter(([key]) => retained.includes(key))
    : Object.entries(target);
  const result: Fields = directive === 'replace' ? {} : Object.fromEntries(kept);
  for (const [key, value] of Object.entries(changes)) {
    if (key.startsWith('$')) continue;
    const inside = [...path, key];
    const old = result[key];
    if (value === null || (isRecord(value) && value['$patch'] === 'delete')) delete result[key];
    else if (Array.isArray(value)) result[key] = mergeList(Array.isArray(old) ? old : [], value, inside);
    else if (isRecord(value)) result[key] = mergeObject(isRecord(old) ? old : {}, value, inside);
    else result[key] = value;
  }
  for (const [key, value] of Object.entries(changes)) {
    const [instruction, field = ''] = key.split('/');
    const list = result[field];
    if (!Array.isArray(list) || !Array.isArray(value)) continue;
    if (instruction === '$deleteFromPrimitiveList') result[field] = list.filter((item) => !value.includes(item));
    if (instruction === '$setElementOrder') result[field] = inOrder(list, value, mergeKeyOf([...path, field]));
  }
  return result;
}

function mergeList(old: readonly unknown[], patch: readonly unknown[], path: readonly string[]): unknown[] {
  const key = mergeKeyOf(path);
  if (path.at(-1) === 'finalizers') return [...old, ...patch.filter((item) => !old.includes(item))];
  const items = patch.filter((item) => !(isRecord(item) && item['$patch'] === 'replace'));
  if (key === undefined || items.length < patch.length) return copy(items);
  const result = [...old];
  for (const item of items as Fields[]) {
    const index = result.findIndex((one) => isRecord(one) && equal(one[key], item[key]));
    const found = result[index];
    if (item['$patch'] === 'delete') result.splice(index, found ? 1 : 0);
    else if (isRecord(found)) result[index] = mergeObject(found, item, path);
    else result.push(mergeObject({}, item, path));
  }
  return result;
}

/** The items that are named in the order given, then the others. */
function inOrder(list: readonly unknown[], order: readonly unknown[], key: string | undefined): unknown[] {
  const nameOf = (item: unknown) => (key !== undefined && isRecord(item) ? item[key] : item);
  const place = (item: unknown) => {
    const index = order.findIndex((one) => equal(nameOf(one), nameOf(item)));
    return index < 0 ? order.length : index;
  };
  return [...list].sort((a, b) => place(a) - place(b));
}
