/** How EMQX 4, an Erlang program, writes and reads JSON, and prints its own terms into error messages. */

/** A JSON number that Erlang reads as a float: `5.0` and `1e3` are no integers there. */
export class Float {
  constructor(readonly text: string) {}
}

/** JSON as EMQX 4 writes it: the keys of small objects in descending order. None of its keys is a number. */
export function toJson(value: unknown): string {
  return JSON.stringify(descending(value));
}

function descending(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(descending);
  const ordered: Record<string, unknown> = {};
  for (const name of Object.keys(value).sort().reverse()) {
    ordered[name] = descending((value as Record<string, unknown>)[name]);
  }
  return ordered;
}

const FLOAT_KEY = '\0float';

/**
 * Reads JSON and keeps integers and floats apart.
 *
 * @throws SyntaxError
 */
export function fromJson(text: string): unknown {
  JSON.parse(text);
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') || /^-?\d+$/.test(token) ? token : JSON.stringify({ [FLOAT_KEY]: token }),
  );
  return JSON.parse(marked, (_, value) => {
    const float = (value as { [FLOAT_KEY]?: string } | null)?.[FLOAT_KEY];
    return float === undefined ? value : new Float(float);
  });
}

/** An atom as Erlang prints it: in quotes unless it is a plain word. */
export function printAtom(name: string): string {
  return /^[a-z][A-Za-z0-9_@]*$/.test(name) ? name : `'${name}'`;
}

/** A decoded JSON value as Erlang prints it (`~p`, without its line breaks). */
export function printTerm(value: unknown): string {
  if (typeof value === 'string') return printBinary(value);
  if (Array.isArray(value)) return `[${value.map(printTerm).join(',')}]`;
  if (value instanceof Float) return value.text;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value);
  return entries.length === 0 ? '[{}]' : `[${entries.map(([name, item]) => printPair(name, item)).join(',')}]`;
}

export function printPair(name: string, value: unknown): string {
  return `{${printBinary(name)},${printTerm(value)}}`;
}

function printBinary(text: string): string {
  if (text === '') return '<<>>';
  const bytes = Buffer.from(text);
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7f)
    ? `<<${JSON.stringify(text)}>>`
    : `<<${[...bytes].join(',')}>>`;
}
