import { type HoconObject, hoconAt, isHoconObject, readHocon } from '../../../resource/v2beta1/hocon';

/** @throws Error for what the operator cannot read */
export function parseHocon(text: string): HoconObject {
  const read = readHocon(text);
  if ('value' in read) return read.value;
  const { line, column, what } = read.problem;
  throw new Error(`invalid config string: at line ${line}, column ${column} there is ${what}`);
}

/** The text at a path of dotted keys; undefined when there is none. */
export function textAt(config: HoconObject, path: string): string | undefined {
  const value = hoconAt(config, path.split('.'));
  return typeof value === 'string' ? value : undefined;
}

/** The members at a path that are objects themselves, by key. */
export function objectsAt(config: HoconObject, path: string): [string, HoconObject][] {
  const value = hoconAt(config, path.split('.'));
  const members = isHoconObject(value) ? Object.entries(value) : [];
  return members.filter((member): member is [string, HoconObject] => isHoconObject(member[1]));
}
