import * as z from 'zod';
import { nearest } from './nearest';
import { formatPath, HIDDEN, type Problem } from './problem';
import { QUANTITY } from './quantity';

type Step = string | number;

/** A problem with its path as steps. */
export interface Finding {
  readonly steps: readonly Step[];
  readonly problem: Problem;
}

export interface StructureOptions {
  /** What requires the structure. @default "the custom resource definition" */
  readonly authority?: string;
  /** Why a field of this name is not known, if it belongs to another resource. @default - it is merely unknown */
  readonly elsewhere?: (field: string) => Pick<Problem, 'reason' | 'fix'> | undefined;
}

/**
 * Where the input does not have the schema's structure: wrong types, unknown fields, missing fields.
 *
 * @param options what requires the structure, and what is known of fields that belong elsewhere
 */
export function structuralFindings(
  schema: z.ZodType,
  input: unknown,
  isSecret: (steps: readonly Step[]) => boolean,
  { authority = 'the custom resource definition', elsewhere }: StructureOptions = {},
): Finding[] {
  const result = schema.safeParse(input);
  if (result.success) return [];
  return result.error.issues.flatMap((issue) => {
    const steps = issue.path as Step[];
    if (issue.code === 'unrecognized_keys') {
      const known = fieldsAt(schema, steps);
      return issue.keys.map((key) => {
        const place = onlyPlaceOf(key, schema);
        const finding = unknownField(
          [...steps, key],
          at(input, [...steps, key]),
          known,
          place && formatPath([...place, key]),
        );
        return place ? finding : { ...finding, problem: { ...finding.problem, ...elsewhere?.(key) } };
      });
    }
    const value = at(input, steps);
    const shown = value !== undefined && isSecret(steps) ? HIDDEN : value;
    return [{ steps, problem: { path: formatPath(steps), value: shown, ...explain(issue, value, authority) } }];
  });
}

/** The value at a path, or undefined. */
export function at(input: unknown, steps: readonly Step[]): unknown {
  let value = input;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<Step, unknown>)[step];
  }
  return value;
}

/**
 * The problem of an unknown field. Text is not shown: a misspelled field may hold a secret.
 *
 * @param place where a field of this name belongs, if anywhere
 */
export function unknownField(
  steps: readonly Step[],
  value: unknown,
  known: readonly string[],
  place?: string,
): Finding {
  const name = String(steps.at(-1));
  const similar = nearest(name, known);
  const otherwise = similar ? `did you mean '${similar}'?` : `remove it, or use one of ${known.join(', ')}`;
  return {
    steps,
    problem: {
      path: formatPath(steps),
      value: typeof value === 'string' ? HIDDEN : value,
      bound: 'a known field',
      reason: 'there is no such field here, and it would be dropped silently',
      fix: place ? `it belongs to ${place}` : otherwise,
    },
  };
}

function explain(issue: z.core.$ZodIssue, value: unknown, authority: string): Omit<Problem, 'path' | 'value'> {
  const reason =
    value === undefined ? `${authority} requires it` : `${authority} requires this, and values are never converted`;
  const bound = boundOf(issue);
  const similar =
    issue.code === 'invalid_value' && typeof value === 'string' && nearest(value, issue.values.map(String));
  return { bound, reason, fix: similar ? `did you mean '${similar}'?` : fixFor(bound, value) };
}

function boundOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return TYPE_NAMES[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') {
    return issue.values.length === 1 ? JSON.stringify(issue.values[0]) : `one of ${issue.values.join(', ')}`;
  }
  const unit = 'origin' in issue && issue.origin === 'string' ? ' characters long' : '';
  if (issue.code === 'too_small') return `at least ${issue.minimum}${unit}`;
  if (issue.code === 'too_big') return `at most ${issue.maximum}${unit}`;
  if (issue.code === 'invalid_format' && issue.pattern === String(QUANTITY)) return 'a quantity like 500m or 512Mi';
  if (issue.code === 'invalid_format') return `text of the form ${issue.pattern ?? issue.format}`;
  // The only other types in the schema are unions: of a number and a name, or of a number and a quantity.
  return 'a whole number or text';
}

const TYPE_NAMES: Partial<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function fixFor(bound: string, value: unknown): string {
  if (bound === 'text' && ['number', 'boolean'].includes(typeof value)) return 'write it in quotes';
  if (typeof value === 'string' && isInQuotes(value, bound)) return 'write it without quotes';
  const truth = typeof value === 'string' && bound === 'true or false' ? TRUTHS[value.toLowerCase()] : undefined;
  if (truth !== undefined) return `write ${truth}: in YAML 1.2 ${String(value)} is a text`;
  return value === undefined ? `add ${bound}` : `write ${bound} here`;
}

/** Whether it is right but for its quotes. */
function isInQuotes(text: string, bound: string): boolean {
  if (bound === 'true or false') return text === 'true' || text === 'false';
  return (bound === 'a number' || bound === 'a whole number') && text.trim() !== '' && Number.isFinite(Number(text));
}

/** What YAML 1.1 reads as true or false. @see https://yaml.org/type/bool.html */
const TRUTHS: Partial<Record<string, boolean>> = { y: true, yes: true, on: true, n: false, no: false, off: false };

/** Names of the fields the schema has at a path. */
function fieldsAt(schema: z.core.$ZodType, steps: readonly Step[]): string[] {
  let current = unwrap(schema);
  for (const step of steps) {
    if (current instanceof z.ZodObject) current = unwrap(current.shape[step] as z.core.$ZodType);
    else if (current instanceof z.ZodArray) current = unwrap(current.element as z.core.$ZodType);
    else return [];
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

/** The steps to the only object in a schema that has a field of this name; undefined where none or several have one. */
function onlyPlaceOf(name: string, schema: z.core.$ZodType): readonly Step[] | undefined {
  const places: (readonly Step[])[] = [];
  const search = (part: z.core.$ZodType, steps: readonly Step[]): void => {
    // Not into the parts that are Kubernetes' own: their names are everywhere.
    const inner = part instanceof z.ZodOptional ? (part.unwrap() as z.core.$ZodType) : part;
    if (!(inner instanceof z.ZodObject)) return;
    const shape = inner.shape as Record<string, z.core.$ZodType>;
    if (Object.hasOwn(shape, name)) places.push(steps);
    for (const [field, value] of Object.entries(shape)) {
      if (field !== 'status') search(value, [...steps, field]); // users do not write it
    }
  };
  search(schema, []);
  return places.length === 1 ? places[0] : undefined;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const wrapped = schema instanceof z.ZodOptional || schema instanceof z.ZodLazy;
  return wrapped ? unwrap(schema.unwrap() as z.core.$ZodType) : schema;
}
