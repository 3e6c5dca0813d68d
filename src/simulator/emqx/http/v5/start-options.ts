import { DEFAULT_EVACUATION_V5, type EvacuationOptions } from '../../evacuation-options';
import { Float, printAtom, toJson } from '../erlang';
import type { NodeNames } from '../start-options';

/** The request is refused with 400, this code and this message. */
export class InvalidStart extends Error {
  override readonly name = 'InvalidStart';

  constructor(
    message: string,
    readonly code: 'BAD_REQUEST' | 'NOT_FOUND' = 'BAD_REQUEST',
  ) {
    super(message);
  }
}

interface FieldProblem {
  path: string;
  kind: 'validation_error';
  [detail: string]: unknown;
}

/** The longest that timers of Erlang wait. */
const MAX_SECONDS = 4_294_967;
const MS_OF_UNIT: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  f: 1_209_600_000,
};

const FIELDS = {
  wait_health_check: duration,
  conn_evict_rate: rate,
  sess_evict_rate: rate,
  redirect_to: host,
  wait_takeover: duration,
  migrate_to: nodeList,
};

/**
 * Reads the body of `evacuation/start`: fields in the order of the schema, all problems at once, as JSON text inside the message.
 * `redirect_to` is checked and has no effect.
 *
 * Measured with 88 bodies on 5.8.9 and 6.2.0, which gave the same answers, and with 194 steps on 5.8.9.
 *
 * @param content JSON whose integers and floats are told apart; undefined without a body
 * @throws InvalidStart
 */
export function parseStartV5(content: unknown, nodes: NodeNames): EvacuationOptions {
  if (content !== undefined && (typeof content !== 'object' || Array.isArray(content) || content instanceof Float)) {
    throw invalid([{ value: content, reason: 'bad_value_for_struct', path: 'root', kind: 'validation_error' }]);
  }
  const given = (content ?? {}) as Record<string, unknown>;
  const problems: FieldProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, read] of Object.entries(FIELDS)) {
    const value = given[name] ?? undefined;
    if (value === undefined) continue;
    const result = read(value);
    if ('value' in result) values[name] = result.value;
    else
      problems.push({ value: printable(value), reason: result.reason, path: `root.${name}`, kind: 'validation_error' });
  }
  const unknown = Object.keys(given).filter((name) => !(name in FIELDS));
  if (unknown.length > 0) problems.push(unknownFields(unknown, given));
  if (problems.length > 0) throw invalid(problems);
  const migrateTo = values['migrate_to'] as string[] | undefined;
  if (migrateTo) checkNodes(migrateTo, nodes);
  return {
    ...DEFAULT_EVACUATION_V5,
    ...pick(values, 'wait_health_check', 'waitHealthCheckSeconds'),
    ...pick(values, 'conn_evict_rate', 'connectionEvictionRate'),
    ...pick(values, 'sess_evict_rate', 'sessionEvictionRate'),
    ...pick(values, 'wait_takeover', 'waitTakeoverSeconds'),
    ...pick(values, 'migrate_to', 'migrateTo'),
  };
}

function pick(
  values: Record<string, unknown>,
  wire: string,
  name: keyof EvacuationOptions,
): Partial<EvacuationOptions> {
  return wire in values ? { [name]: values[wire] } : {};
}

function checkNodes(names: readonly string[], nodes: NodeNames): void {
  const invalidNames = names.filter((name) => !nodes.isKnown(name));
  if (invalidNames.length > 0) {
    throw new InvalidStart(`Invalid nodes: [${invalidNames.map((name) => `<<${JSON.stringify(name)}>>`).join(',')}]`);
  }
  const available = nodes.available(names);
  const unavailable = names.filter((name) => !available.includes(name));
  if (unavailable.length > 0) {
    throw new InvalidStart(`Nodes unavailable: [${unavailable.map(printAtom).join(',')}]`, 'NOT_FOUND');
  }
}

/** One problem is an object, several are an array. */
function invalid(problems: readonly FieldProblem[]): InvalidStart {
  return new InvalidStart(toJson(problems.length === 1 ? problems[0] : problems));
}

function unknownFields(unknown: readonly string[], given: Record<string, unknown>): FieldProblem {
  const unmatched = Object.keys(FIELDS)
    .filter((name) => !(name in given))
    .sort();
  const listed = unmatched.slice(0, 2).join(',');
  return {
    unmatched: unmatched.length > 2 ? `${listed},...` : listed,
    unknown: unknown.join(','),
    reason: 'unknown_fields',
    path: 'root',
    kind: 'validation_error',
  };
}

type Read = { value: unknown } | { reason: unknown };

function rate(value: unknown): Read {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && number > 0 ? { value: number } : { reason: { expected: 'pos_integer()' } };
}

/** An integer is seconds; a text has units, and is rounded up to whole seconds. */
function duration(value: unknown): Read {
  const seconds = typeof value === 'string' ? secondsOf(value) : value;
  if (seconds === undefined) return { reason: 'Not a valid duration' };
  if (typeof seconds !== 'number' || seconds < 0) return { reason: { expected: 'emqx_schema:timeout_duration_s()' } };
  if (seconds > MAX_SECONDS) return { reason: `timeout value too large (max: ${MAX_SECONDS} s)` };
  return { value: seconds };
}

function secondsOf(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  if (!/^(\d+(\.\d+)?(ms|[smhdwf]))+$/i.test(text)) return undefined;
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwf])/gi)) {
    ms += Number(count) * MS_OF_UNIT[unit!.toLowerCase()]!;
  }
  return Math.ceil(ms / 1000);
}

function host(value: unknown): Read {
  return typeof value === 'object' && !(value instanceof Float) ? { reason: { expected: 'binary()' } } : { value };
}

function nodeList(value: unknown): Read {
  if (typeof value === 'string') return { reason: 'Unable to parse Erlang term' };
  if (!Array.isArray(value) || value.length === 0 || value.some((item) => typeof item !== 'string')) {
    return { reason: { expected: '[binary(),...]' } };
  }
  return { value };
}

/** A list of small integers is a text to Erlang. */
function printable(value: unknown): unknown {
  if (value instanceof Float) return Number(value.text);
  if (!Array.isArray(value) || value.length === 0) return value;
  const isText = value.every((item) => typeof item === 'number' && item >= 0 && item < 256);
  return isText ? String.fromCharCode(...(value as number[])) : value;
}
