/**
 * A deep copy of plain data, without the fields that are undefined.
 *
 * Not structuredClone: under jest, as in every `node:vm` context, that creates objects of another realm, and cdk8s tries to
 * resolve these as soon as they have a field `value`: of a toleration it would render nothing else.
 */
export function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const field = (value as Record<string, unknown>)[key];
    if (field !== undefined) copy[key] = copyOf(field);
  }
  return copy as T;
}
