import { formatPath, HIDDEN, type Problem } from '../resource/problem';
import { unknownField } from '../resource/structure';

/** The shape of a property: an object with these fields, one with fields of any name, or a value with a rule of its own. */
type Part = 'value' | 'object' | Parts;
interface Parts {
  readonly [name: string]: Part;
}

/** The shape of each property of `T`: the compiler ensures that none is forgotten. */
export type PartsOf<T> = { readonly [Name in keyof Required<T> & string]: Part };

/** Properties from a program without type checks. */
export interface Inspected<T> {
  /** Without unknown properties, and without values that are not objects where objects are required. */
  readonly props: T;
  /** What was omitted, and why. */
  readonly problems: readonly Problem[];
}

/** Sanitizes properties of unknown origin, so that their readers find objects where they expect them. */
export function inspectProps<T extends object>(given: unknown, parts: PartsOf<T>): Inspected<T> {
  const problems: Problem[] = [];
  const props = isObject(given) ? knownOf(given, parts, [], problems) : {};
  return { props: props as T, problems };
}

/** Returns the object itself where nothing is wrong with it, which is the usual case. */
function knownOf(given: object, parts: Parts, at: readonly string[], problems: Problem[]): object {
  const from = given as Readonly<Record<string, unknown>>;
  let known: Record<string, unknown> | undefined;
  for (const name of Object.keys(from)) {
    const value = from[name];
    const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
    if (part === 'value' || value === undefined) continue;
    const steps = [...at, name];
    if (part === undefined) problems.push(unknownField(steps, value, Object.keys(parts)).problem);
    else if (!isObject(value)) problems.push(noObject(steps));
    else {
      const sound = part === 'object' ? value : knownOf(value, part, steps, problems);
      if (sound !== value) known = { ...(known ?? from), [name]: sound };
      continue;
    }
    known ??= { ...from };
    delete known[name];
  }
  return known ?? given;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The wrong value is not shown: it may be a secret. */
function noObject(steps: readonly string[]): Problem {
  const reason = 'its fields are read by name';
  return { path: formatPath(steps), value: HIDDEN, bound: 'an object', reason, fix: 'write { … }, or leave it out' };
}
