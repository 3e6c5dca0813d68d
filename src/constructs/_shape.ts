import { formatPath, HIDDEN, type Problem } from '../resource/problem';
import { unknownField } from '../resource/structure';

/** What a property is: an object with these parts, one with parts of any name, or something of which a rule of its own tells. */
type Part = 'value' | 'object' | Parts;
interface Parts {
  readonly [name: string]: Part;
}

/** Of each property of `T` what it is: the compiler sees to it that none is forgotten. */
export type PartsOf<T> = { readonly [Name in keyof Required<T> & string]: Part };

/** Properties as a program gives them that no compiler has seen. */
export interface Inspected<T> {
  /** Without what nobody knows, and without what is no object where one belongs. */
  readonly props: T;
  /** What was left out, and why. */
  readonly problems: readonly Problem[];
}

/** Takes properties of unknown origin, so that what reads them finds objects where it looks for them. */
export function inspectProps<T extends object>(given: unknown, parts: PartsOf<T>): Inspected<T> {
  const problems: Problem[] = [];
  const props = isObject(given) ? knownOf(given, parts, [], problems) : {};
  return { props: props as T, problems };
}

/** The object itself where nothing is wrong with it, as a rule. */
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

/** What stands there instead is not shown: it may be a secret. */
function noObject(steps: readonly string[]): Problem {
  const reason = 'its parts are looked at by their names';
  return { path: formatPath(steps), value: HIDDEN, bound: 'an object', reason, fix: 'write { … }, or leave it out' };
}
