/** One problem of an input, and everything needed to fix it. */
export interface Problem {
  /** Where, for example `spec.blueGreenUpdate.evacuationStrategy.connEvictRate`. */
  readonly path: string;
  /** The value there; undefined when there is none; {@link HIDDEN} when it may be a secret. */
  readonly value: unknown;
  /** What it must be; continues "must be". */
  readonly bound: string;
  /** Why. */
  readonly reason: string;
  /** What to do about it. */
  readonly fix: string;
}

/** A problem of a value, without its path. */
export type Violation = Omit<Problem, 'path' | 'value'>;

/** Shown instead of a value that may be a secret. */
export const HIDDEN: unique symbol = Symbol('hidden');

/** `'path' (value) must be <bound>: <reason>; <fix>` */
export function formatProblem(problem: Problem): string {
  return `${formatFinding(problem)}; ${problem.fix}`;
}

/** The same without what to do about it. */
export function formatFinding({ path, value, bound, reason }: Problem): string {
  return `'${path}' (${describe(value)}) must be ${bound}: ${reason}`;
}

/** Steps of a path as one text: `spec.ports[0].nodePort`, `metadata.labels["a.b/c"]`. */
export function formatPath(steps: readonly PropertyKey[]): string {
  let text = '';
  for (const step of steps) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\w$-]+$/.test(String(step))) text += text === '' ? String(step) : `.${String(step)}`;
    else text += `[${JSON.stringify(String(step))}]`;
  }
  return text === '' ? '.' : text;
}

/** Scalars as JSON, so that "10" and 10 differ; of anything larger only its type, because it may hold secrets. */
function describe(value: unknown): string {
  if (value === HIDDEN) return 'hidden';
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  return String(value);
}
