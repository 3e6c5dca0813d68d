import type { KindRef } from '../../kubernetes/kube-api';
import { canonical, equal, isRecord } from './json';
import { listMapKeys } from './kinds';

/**
 * A leaf of an object, as field ownership counts them: the members that lead to it, joined by line feeds. An item of a
 * keyed list is a member called by its keys, for example `[{"port":1883,"protocol":"TCP"}]`.
 */
export type FieldPath = string;

const separator = '\n';

/** What the server itself writes, or what names the object: these have no owner. */
const unowned = new Set([
  'apiVersion',
  'kind',
  ...[
    'name',
    'namespace',
    'uid',
    'resourceVersion',
    'generation',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'managedFields',
  ].map((name) => `metadata${separator}${name}`),
]);

/** The name of an item of a keyed list. `protocol` is the one key that has a default in Kubernetes. */
export function itemName(item: unknown, keys: readonly string[]): string {
  const record = isRecord(item) ? item : {};
  const named = keys.map((key) => [key, record[key] ?? (key === 'protocol' ? 'TCP' : undefined)]);
  return `[${canonical(Object.fromEntries(named))}]`;
}

/** Every leaf of an object with its value. @param other leaves that are the same in it are left out */
export function leavesOf(kind: KindRef, object: object, other?: object): Map<FieldPath, unknown> {
  const leaves = new Map<FieldPath, unknown>();
  const visit = (value: unknown, others: unknown, path: FieldPath, field: string) => {
    if (value === undefined || value === null || unowned.has(path) || equal(value, others)) return;
    const keys = Array.isArray(value) ? listMapKeys(kind, field) : undefined;
    if (Array.isArray(value) && keys) {
      const named = new Map(
        (Array.isArray(others) ? others : []).map((item) => [itemName(item, keys), item as unknown]),
      );
      for (const item of value) {
        const name = itemName(item, keys);
        visit(item, named.get(name), path + separator + name, field);
      }
    } else if (isRecord(value) && (path === '' || Object.keys(value).length > 0)) {
      const members = isRecord(others) ? others : {};
      for (const name of Object.keys(value)) {
        const inside = path === '' ? name : path + separator + name;
        visit(value[name], members[name], inside, field === '' ? name : `${field}.${name}`);
      }
    } else leaves.set(path, value);
  };
  visit(object, other, '', '');
  return leaves;
}

/** Whether a path is another one or lies inside of it. */
export function within(path: FieldPath, other: FieldPath): boolean {
  return path === other || path.startsWith(other + separator);
}

/** The path of some members. */
export function pathOf(members: readonly string[]): FieldPath {
  return members.join(separator);
}

/** The members of a path. */
export function membersOf(path: FieldPath): string[] {
  return path.split(separator);
}

/** A path as the API server prints it, for example `.spec.replicas`. */
export function display(path: FieldPath): string {
  return membersOf(path)
    .map((member) => (member.startsWith('[') ? member.replace(/[{}"]/g, '').replace(/:/g, '=') : `.${member}`))
    .join('');
}
