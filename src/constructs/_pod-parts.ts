import { copyOf } from '../resource/copy';
import { normalizeContainers } from '../resource/normal-form';
import { EnvValue } from './env-value';

/** With quantities in the form in which they are stored: the definition accepts no other. */
export function containersOf(list: readonly object[] | undefined): unknown {
  const containers = each(list);
  normalizeContainers(containers);
  return containers;
}

/** A variable with its name; of a wrong value only the name, which is reported. */
export function variableOf([name, value]: [string, unknown]): unknown {
  return value instanceof EnvValue ? value.toWire(name) : { name };
}

/** A mapped list; undefined for an empty one, which the operator drops. A value that is not a list is left, for the schema to refuse. */
export function each<T>(list: readonly T[] | undefined, change: (item: T) => unknown = copyOf): unknown {
  if (!Array.isArray(list)) return list;
  return list.length > 0 ? list.map((item: T) => change(item)) : undefined;
}

/** A list with a part of our own behind it. */
export function joined(list: readonly object[] | undefined, own: object | undefined): unknown {
  return own && (list === undefined || Array.isArray(list)) ? [...copyOf(list ?? []), { ...own }] : each(list);
}
