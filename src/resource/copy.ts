/**
 * A deep copy of plain data.
 *
 * Not structuredClone: under jest, as in every `node:vm` context, that makes objects of another realm, and cdk8s takes these
 * for something to resolve as soon as they have a field `value`: of a toleration it would render nothing else.
 */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, copyOf(field)])) as T;
}
