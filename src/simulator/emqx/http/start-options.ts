import { DEFAULT_EVACUATION, type EvacuationOptions, isPositive } from '../evacuation-options';
import { Float, printAtom, printPair, printTerm } from './erlang';

/** One parameter of a request: a field of its JSON object or query, or a bare item of a JSON array. */
export type Param = { name: string; value: unknown } | { item: unknown };

/** What the parser has to know of the cluster. */
export interface NodeNames {
  /** Whether the Erlang node has ever heard of this name. */
  isKnown(name: string): boolean;
  /** Those of the nodes that may get sessions. */
  available(names: readonly string[]): string[];
}

/** The request is refused with this message. */
export class InvalidParam extends Error {
  override readonly name = 'InvalidParam';
}

/** The request crashes the handler of EMQX, which answers "Internal Error". */
export class HandlerCrash extends Error {
  override readonly name = 'HandlerCrash';
}

/**
 * Reads the parameters of `evacuation/start` in their order; the first bad one counts.
 *
 * @throws InvalidParam | HandlerCrash
 */
export function parseStart(params: readonly Param[], nodes: NodeNames): EvacuationOptions {
  let options = DEFAULT_EVACUATION;
  for (const param of params) options = { ...options, ...parse(param, nodes) };
  return options;
}

function parse(param: Param, nodes: NodeNames): Partial<EvacuationOptions> {
  if ('item' in param) throw new InvalidParam(`Unknown evacuation param: ${printTerm(param.item)}`);
  const { name, value } = param;
  switch (name) {
    case 'conn_evict_rate':
      return { connectionEvictionRate: positive(name, value) };
    case 'sess_evict_rate':
      return { sessionEvictionRate: positive(name, value) };
    case 'wait_takeover':
      return { waitTakeoverSeconds: positive(name, value) };
    case 'redirect_to':
      if (typeof value !== 'string') throw new InvalidParam('invalid string in server_reference');
      return { serverReference: value };
    case 'migrate_to':
      return { migrateTo: recipients(value, nodes) };
    default:
      throw new InvalidParam(`Unknown evacuation param: ${printPair(name, value)}`);
  }
}

function positive(name: string, value: unknown): number {
  if (!isPositive(value)) throw new InvalidParam(`invalid ${name} value`);
  return value;
}

function recipients(value: unknown, nodes: NodeNames): string[] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Float)) {
    throw new HandlerCrash('migrate_to is an object');
  }
  if (!Array.isArray(value)) throw new InvalidParam(`invalid node list in migrate_to: ${printTerm(value)}`);
  const names = value.map((name: unknown) => {
    if (typeof name !== 'string') throw new HandlerCrash('migrate_to has an item that is no string');
    if (!nodes.isKnown(name)) throw new InvalidParam(`invalid node: ${name}`);
    return name;
  });
  const available = nodes.available(names);
  if (available.length === 0) throw new InvalidParam(`no available nodes list in migrate_to: ${print(names)}`);
  const unavailable = names.filter((name) => !available.includes(name));
  if (unavailable.length > 0) throw new InvalidParam(`unavailable nodes in migrate_to: ${print(unavailable)}`);
  return names;
}

function print(names: readonly string[]): string {
  return `[${names.map(printAtom).join(',')}]`;
}
