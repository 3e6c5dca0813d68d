import { settingsIn } from '../resource';

/** A difference between two plain JSON values, at one path. */
export interface Change {
  /** Dotted path; list items by index. */
  path: string;
  /** Absent where the field is new. */
  before?: unknown;
  /** Absent where the field is removed. */
  after?: unknown;
}

/** Fields whose values may be secrets: configuration, environment, keys, the license. */
const CONFIDENTIAL =
  /(^|\.)(env|envFrom|emqxConfig|bootstrapAPIKeys|license|args|command)(\.|$)|secret|password|token/i;

/** The configuration of EMQX 5 and 6 as text. */
const CONFIG = 'config.data';

const HIDDEN = '(hidden)';

/** Every leaf in which `after` differs from `before`, in the order of the fields. Lists are compared item by item. */
export function changes(before: unknown, after: unknown, path = ''): Change[] {
  if (Object.is(before, after)) return [];
  if (isContainer(before) && isContainer(after) && Array.isArray(before) === Array.isArray(after)) {
    const left = before as Record<string, unknown>;
    const right = after as Record<string, unknown>;
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return keys.flatMap((key) => changes(left[key], right[key], path ? `${path}.${key}` : key));
  }
  const change: Change = { path };
  if (before !== undefined) change.before = before;
  if (after !== undefined) change.after = after;
  return [change];
}

/** The RFC 7386 merge patch that turns `before` into `after`; empty when they are equal. Lists are replaced whole. */
export function mergePatch(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const left = before[key];
    const right = after[key];
    if (right === undefined) {
      if (left !== undefined) patch[key] = null;
    } else if (isRecord(left) && isRecord(right)) {
      const inner = mergePatch(left, right);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (changes(left, right).length > 0) {
      patch[key] = right;
    }
  }
  return patch;
}

/** The change as it may be shown: values that could be secrets are hidden, also inside a larger value. */
export function presentable(change: Change): Change {
  const shown: Change = { path: change.path === CONFIG ? `${CONFIG}: ${settingsOf(change)}` : change.path };
  if ('before' in change) shown.before = shownValue(change.before, change.path);
  if ('after' in change) shown.after = shownValue(change.after, change.path);
  return shown;
}

/** The names of the settings that differ; their values may be secrets. */
function settingsOf({ before, after }: Change): string {
  const [left, right] = [before, after].map((text) => settingsIn(typeof text === 'string' ? text : undefined));
  return (
    changes(left, right)
      .map(({ path }) => path)
      .join(', ') || 'its text'
  );
}

function shownValue(value: unknown, path: string): unknown {
  if (path === CONFIG || CONFIDENTIAL.test(path)) return HIDDEN;
  if (Array.isArray(value)) return value.map((item, index) => shownValue(item, `${path}.${index}`));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, shownValue(field, `${path}.${key}`)]));
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return isContainer(value) && !Array.isArray(value);
}
