import { isRecord } from '../../simulator/kubernetes/json';

/** A member, or the items of a list of which one member has a value. */
const STEP = /\.([\w-]+)|\[\?\(@\.([\w-]+)=="([^"]*)"\)\]/g;

/**
 * The first value at a JSON path of the form that printer columns of custom resources use, as
 * `.status.conditions[?(@.status=="True")].type`; undefined when there is none.
 */
export function firstAt(object: unknown, path: string): unknown {
  let values: unknown[] = [object];
  for (const [, member, key, wanted] of path.matchAll(STEP)) {
    values =
      member !== undefined
        ? values.flatMap((value) => (isRecord(value) && value[member] !== undefined ? [value[member]] : []))
        : values.flat().filter((item) => isRecord(item) && item[key!] === wanted);
  }
  return values[0];
}
