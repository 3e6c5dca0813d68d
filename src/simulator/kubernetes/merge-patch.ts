import { copy, equal, isRecord } from './json';

/**
 * Applies a JSON merge patch: objects merge member by member, `null` removes, all else replaces.
 *
 * @see RFC 7386
 */
export function mergePatch<T>(target: T, patch: unknown): T {
  if (!isRecord(patch)) return copy(patch) as T;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (value !== undefined) result[key] = mergePatch(result[key], value);
  }
  return result as T;
}

/** The merge patch that turns `from` into `to`; an empty object when they are equal. */
export function mergeDifference(from: object, to: object): Record<string, unknown> {
  const before = from as Record<string, unknown>;
  const after = to as Record<string, unknown>;
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(before)) {
    if (before[key] !== undefined && after[key] === undefined) patch[key] = null;
  }
  for (const [key, value] of Object.entries(after)) {
    const old = before[key];
    if (value === undefined || equal(old, value)) continue;
    patch[key] = isRecord(old) && isRecord(value) ? mergeDifference(old, value) : copy(value);
  }
  return patch;
}
