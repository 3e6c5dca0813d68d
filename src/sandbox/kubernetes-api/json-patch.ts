import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../simulator/kubernetes/json';
import { badRequest, Refused } from './refused';

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

/**
 * Applies a JSON patch, in place.
 *
 * @throws Refused 400 for a patch that is none, 422 for one that does not fit
 * @see RFC 6902
 */
export function jsonPatch<T extends object>(target: T, patch: unknown): T {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch is a list of operations');
  for (const operation of patch as Operation[]) perform(target, operation);
  return target;
}

function perform(target: object, { op, path, from, value }: Operation): void {
  if (op === 'add') put(target, path, value, true);
  else if (op === 'replace') replace(target, path, value);
  else if (op === 'remove') take(target, path);
  else if (op === 'move') put(target, path, take(target, from ?? ''), true);
  else if (op === 'copy') put(target, path, structuredClone(read(target, from ?? '')), true);
  else if (op !== 'test') throw badRequest(`unknown operation of a JSON patch: ${op}`);
  else if (!isDeepStrictEqual(read(target, path), value)) throw unfit(`testing value ${path} failed`);
}

function replace(target: object, path: string, value: unknown): void {
  read(target, path);
  put(target, path, value, false);
}

function read(target: object, path: string): unknown {
  const { parent, key } = locate(target, path);
  return Array.isArray(parent) ? parent[indexIn(parent, key, parent.length - 1)] : memberOf(parent, key);
}

function put(target: object, path: string, value: unknown, insert: boolean): void {
  const { parent, key } = locate(target, path);
  if (!Array.isArray(parent)) parent[key] = value;
  else if (insert) parent.splice(key === '-' ? parent.length : indexIn(parent, key, parent.length), 0, value);
  else parent[indexIn(parent, key, parent.length - 1)] = value;
}

function take(target: object, path: string): unknown {
  const { parent, key } = locate(target, path);
  const value = read(target, path);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
  return value;
}

type Parent = unknown[] | Record<string, unknown>;

/** What holds the value at a pointer (RFC 6901), and under which key. */
function locate(target: object, path: string): { parent: Parent; key: string } {
  const steps = path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = steps.pop();
  if (key === undefined) throw unfit('the whole object cannot be replaced by a JSON patch');
  let parent: unknown = target;
  for (const step of steps) {
    parent = Array.isArray(parent) ? parent[indexIn(parent, step, parent.length - 1)] : memberOf(parent, step);
  }
  if (!Array.isArray(parent) && !isRecord(parent)) throw unfit(`there is no ${path}`);
  return { parent, key };
}

function memberOf(parent: unknown, key: string): unknown {
  if (!isRecord(parent) || !Object.hasOwn(parent, key)) throw unfit(`there is no ${key}`);
  return parent[key];
}

function indexIn(list: unknown[], key: string, last: number): number {
  if (!/^(0|[1-9]\d*)$/.test(key) || Number(key) > last) throw unfit(`a list of ${list.length} has no ${key}`);
  return Number(key);
}

function unfit(message: string): Refused {
  return new Refused(422, 'Invalid', `the server rejected our request due to an error in our request: ${message}`);
}
