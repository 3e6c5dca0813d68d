export type Fields = Record<string, unknown>;

/** A copy in which lists of named items are objects: their order does not matter, and one more shifts no others. */
export function byNames(value: unknown): unknown {
  if (Array.isArray(value)) {
    const isNamed = value.length > 0 && value.every((item) => isFields(item) && typeof item['name'] === 'string');
    if (!isNamed) return value.map(byNames);
    return Object.fromEntries(value.map((item: Fields) => [item['name'], byNames(item)]));
  }
  if (!isFields(value)) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([key, field]) => [key, byNames(field)]));
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
