import { isDeepStrictEqual } from 'node:util';
import type { Step } from './recording';
import type { Answer } from './replay';

/** Figures of the recording machine or of its moment. */
const MACHINE = new Set(
  'uptime datetime otp_release memory_used memory_total process_used process_available max_fds load1 load5 load15 log_path sys_path'.split(
    ' ',
  ),
);

export interface CompareOptions {
  /** The recorded nodes were fresh, so counters and highest values can be compared. */
  fresh: boolean;
  /** Compare the order in which nodes are listed. */
  nodeOrder: boolean;
  /** Fields that are not compared; `<end of the path>#<field>` is one of that path only. */
  without?: readonly string[];
  /** Compare this node of a list only. */
  onlyNode?: string;
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Whether a simulated answer says what the recorded one says. Returns what differs. */
export function differences(step: Step, answer: Answer | undefined, options: CompareOptions): string | undefined {
  if (answer === undefined) return 'no answer';
  if (step.error || answer === 'ECONNREFUSED') {
    return step.error === answer ? undefined : `recorded ${step.error ?? step.status}, simulated ${describe(answer)}`;
  }
  if (step.status !== answer.status) return `recorded ${step.status}, simulated ${answer.status}`;
  for (const name of step.resp_headers ? ['content-type', 'www-authenticate', 'allow'] : []) {
    const recorded = step.resp_headers?.[name];
    if (recorded !== answer.headers[name]) return `${name}: recorded ${recorded}, simulated ${answer.headers[name]}`;
  }
  const recorded = comparable(step, step.resp_body ?? '', options);
  const simulated = comparable(step, answer.body, options);
  const [left, right] = isSubset(step) ? [pick(recorded, simulated), simulated] : [recorded, simulated];
  return firstDifference(left, right, '');
}

/** Whether each count of the recorded answer lies between those of the simulated ones; all else must be equal. */
export function isBetween(step: Step, answers: readonly (Answer | undefined)[], options: CompareOptions): boolean {
  const bodies = answers.flatMap((answer) => (answer && answer !== 'ECONNREFUSED' ? [answer.body] : []));
  const simulated = bodies.map((body) => comparable(step, body, options));
  return between(comparable(step, step.resp_body ?? '', options), simulated);
}

function between(recorded: Json, simulated: readonly Json[]): boolean {
  if (typeof recorded === 'number') {
    const numbers = simulated.filter((value) => typeof value === 'number');
    return numbers.length > 0 && recorded >= Math.min(...numbers) && recorded <= Math.max(...numbers);
  }
  if (typeof recorded !== 'object' || recorded === null) return simulated.includes(recorded);
  const same = simulated.filter((value) => isDeepStrictEqual(keysOf(value), keysOf(recorded)));
  return (
    same.length > 0 &&
    keysOf(recorded).every((key) =>
      between(
        at(recorded, key),
        same.map((value) => at(value, key)),
      ),
    )
  );
}

function keysOf(value: Json): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

function at(value: Json, key: string): Json {
  return (value as { [name: string]: Json })[key] ?? null;
}

function firstDifference(left: Json, right: Json, path: string): string | undefined {
  if (isDeepStrictEqual(left, right)) return undefined;
  const keys = [...new Set([...keysOf(left), ...keysOf(right)])];
  if (keys.length > 0 && keysOf(left).length > 0 && keysOf(right).length > 0) {
    for (const key of keys) {
      const found = firstDifference(at(left, key), at(right, key), `${path}/${key}`);
      if (found) return found;
    }
  }
  return `${path}: recorded ${JSON.stringify(left)}, simulated ${JSON.stringify(right)}`;
}

/** The model keeps some counters only: those are compared. */
function isSubset({ path = '' }: Step): boolean {
  return /\/(metrics|emqx_prometheus)/.test(path);
}

function comparable(step: Step, body: string, options: CompareOptions): Json {
  if (step.path?.includes('type=prometheus')) return clean(step, metricsOf(body), options);
  try {
    const content = JSON.parse(body) as Json;
    return clean(step, options.onlyNode ? itemOf(content, options.onlyNode) : content, options);
  } catch {
    return body;
  }
}

function itemOf(content: Json, node: string): Json {
  const items = (content as { data: { node: string }[] }).data;
  return (items.find((item) => item.node === node) ?? null) as Json;
}

function clean(step: Step, value: Json, options: CompareOptions): Json {
  if (Array.isArray(value)) {
    const items = value.map((item) => clean(step, item, options));
    return options.nodeOrder ? items : items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([name]) => !isLeftOut(step, name, options))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, item]) => [name, clean(step, item, options)]));
}

/** Retained messages are not modelled; counters and highest values of used nodes come from scenarios before. */
function isLeftOut(step: Step, name: string, { fresh, without }: CompareOptions): boolean {
  if (without?.includes(name) || without?.includes(`${step.path?.split('/').at(-1)}#${name}`)) return true;
  if (MACHINE.has(name) || /retained[._](count|max)$/.test(name)) return true;
  if (fresh) return false;
  return (
    /[._]max$/.test(name) ||
    name === 'shutdown_count' ||
    (isSubset(step) && /^emqx_(client|session|messages|delivery)/.test(name))
  );
}

function pick(from: Json, like: Json): Json {
  if (Array.isArray(from) && Array.isArray(like)) return from.map((item, index) => pick(item, like[index] ?? null));
  if (!isObject(from) || !isObject(like)) return from;
  return Object.fromEntries(Object.keys(like).map((name) => [name, pick(from[name] ?? null, like[name]!)]));
}

function isObject(value: Json): value is { [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function metricsOf(text: string): Json {
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

function describe(answer: Answer): string {
  return answer === 'ECONNREFUSED' ? answer : `${answer.status} ${answer.body.slice(0, 200)}`;
}
