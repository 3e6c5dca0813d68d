import { KubeApiError, type KubeObject } from '../../kubernetes/kube-api';
import { display, type FieldPath, itemName, leavesOf, membersOf, pathOf, within } from './field-path';
import { copy, equal, isRecord } from './json';
import { listMapKeys } from './kinds';

/** The manager of each leaf. Managers that apply and those that write otherwise are distinguished, as in the API server. */
export type Ownership = Map<string, Set<FieldPath>>;

/** The name under which writes count that are no apply. */
const plainWriter = 'update';

/**
 * Server-side apply: the live object with the applied fields set, with those removed that this manager applied before
 * and no longer does (unless another manager owns them too), and with ownership brought up to date.
 *
 * @throws KubeApiError `Conflict` when a field has another owner and another value, and `force` is not given.
 */
export function serverSideApply(
  live: KubeObject | undefined,
  applied: KubeObject,
  manager: string,
  force: boolean,
  owners: Ownership,
): KubeObject {
  const own = `apply:${manager}`;
  const wanted = leavesOf(applied, applied);
  const present = live ? leavesOf(live, live) : new Map<FieldPath, unknown>();
  const disputed = conflictsOf(wanted, present, owners, own);
  if (disputed.length > 0 && !force) throw conflict(disputed);
  for (const { owner, path } of disputed) owners.get(owner)?.delete(path);

  const others = new Set([...owners].flatMap(([owner, paths]) => (owner === own ? [] : [...paths])));
  const left = copy(live);
  for (const path of owners.get(own) ?? []) {
    if (left && !wanted.has(path) && ![...others].some((other) => within(other, path))) remove(left, path, others);
  }
  owners.set(own, new Set(wanted.keys()));
  return copy(merge(left, applied, applied, [])) as KubeObject;
}

/** Gives the leaves that a plain write set to the plain writer, and takes them and the removed ones from all others. */
export function recordWrite(before: KubeObject | undefined, after: KubeObject, owners: Ownership): void {
  const old = before ? leavesOf(before, before, after) : new Map<FieldPath, unknown>();
  const now = leavesOf(after, after, before);
  const mine = owners.get(plainWriter) ?? new Set();
  owners.set(plainWriter, mine);
  for (const paths of owners.values()) {
    for (const path of now.keys()) paths.delete(path);
    for (const path of old.keys()) paths.delete(path);
  }
  for (const path of now.keys()) mine.add(path);
}

interface Disputed {
  owner: string;
  path: FieldPath;
}

function conflictsOf(
  wanted: Map<FieldPath, unknown>,
  present: Map<FieldPath, unknown>,
  owners: Ownership,
  own: string,
): Disputed[] {
  const disputed: Disputed[] = [];
  for (const [owner, paths] of owners) {
    if (owner === own) continue;
    for (const path of paths) {
      if ([...wanted].some(([wish, value]) => clash(wish, value, path, present))) disputed.push({ owner, path });
    }
  }
  return disputed;
}

/** Whether an applied field conflicts with one that another manager owns; an empty object conflicts with nothing inside of it. */
function clash(wish: FieldPath, value: unknown, path: FieldPath, present: Map<FieldPath, unknown>): boolean {
  if (within(path, wish) && isRecord(value)) return present.has(path) && !isRecord(present.get(path)) && wish === path;
  if (wish === path) return !equal(present.get(path), value);
  if (within(path, wish)) return true;
  return within(wish, path) && present.has(path) && !isRecord(present.get(path));
}

function conflict(disputed: Disputed[]): KubeApiError {
  const what = disputed.map(({ owner, path }) => `conflict with "${owner.replace(/^apply:/, '')}": ${display(path)}`);
  const count = `${what.length} conflict${what.length === 1 ? '' : 's'}`;
  return new KubeApiError(409, 'Conflict', `Apply failed with ${count}: ${what.join(', ')}`);
}

function merge(live: unknown, applied: unknown, kind: KubeObject, path: string[]): unknown {
  if (Array.isArray(applied)) {
    const keys = listMapKeys(kind, path.join('.'));
    if (!keys || !Array.isArray(live)) return applied;
    const items = new Map(live.map((item) => [itemName(item, keys), item as unknown]));
    for (const item of applied) {
      const name = itemName(item, keys);
      items.set(name, merge(items.get(name), item, kind, path));
    }
    return [...items.values()];
  }
  if (!isRecord(applied)) return applied;
  const result: Record<string, unknown> = isRecord(live) ? { ...live } : {};
  for (const [name, value] of Object.entries(applied)) {
    if (value !== undefined && value !== null) result[name] = merge(result[name], value, kind, [...path, name]);
  }
  return result;
}

/** Removes a leaf, and whatever is empty because of it and not owned as such. */
function remove(root: KubeObject, path: FieldPath, owned: Set<FieldPath>): void {
  const members = membersOf(path);
  const visit = (value: unknown, [member, ...rest]: string[], names: string[]): void => {
    if (member === undefined) return;
    if (Array.isArray(value)) {
      const keys = listMapKeys(root, names.join('.')) ?? [];
      const index = value.findIndex((item) => itemName(item, keys) === member);
      if (index < 0) return;
      // An item is removed with the first of its leaves that has no more owner: its keys are among them.
      if (rest.length === 0 || keys.includes(rest[0]!)) value.splice(index, 1);
      else visit(value[index], rest, names);
    } else if (isRecord(value)) {
      if (rest.length > 0) visit(value[member], rest, [...names, member]);
      const left = value[member];
      const empty = Array.isArray(left) ? left.length === 0 : isRecord(left) && Object.keys(left).length === 0;
      const here = pathOf(members.slice(0, members.length - rest.length));
      if (rest.length === 0 || (empty && !owned.has(here))) delete value[member];
    }
  };
  visit(root, members, []);
}
