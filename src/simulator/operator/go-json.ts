import type { EmqxEnterpriseStatus } from '../../resource';
import { isRecord } from '../kubernetes/json';

/** How Go calls JSON types in its errors. */
const goNames: Record<string, string> = { boolean: 'bool' };

type Item = Record<string, unknown>;

/** The text as JSON; undefined when it is none. */
export function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/**
 * Reads a list as Go's decoder does: one value of a wrong type spoils all of it, unknown fields are passed over, and what has
 * its zero value is as good as absent.
 */
export function listOf<T>(items: unknown, read: (item: Item) => T): T[] {
  if (items === undefined) throw new Error('failed to unmarshal node statuses: unexpected end of JSON input');
  if (items === null) return [];
  if (!Array.isArray(items)) throw mismatch(items, '', '[]');
  return items.map((item) => read(isRecord(item) ? item : {}));
}

function mismatch(value: unknown, field: string, wanted: string): Error {
  const kind = Array.isArray(value) ? 'array' : (goNames[typeof value] ?? typeof value);
  const where = field ? `Go struct field ${field}` : 'Go value';
  return new Error(`failed to unmarshal node statuses: json: cannot unmarshal ${kind} into ${where} of type ${wanted}`);
}

export function textOf(item: Item, struct: string, field: string): string | undefined {
  const value = item[field] ?? '';
  if (typeof value !== 'string') throw mismatch(value, `${struct}.${field}`, 'string');
  return value || undefined;
}

export function integerOf(item: Item, struct: string, field: string, type = 'int32'): number | undefined {
  const value = item[field] ?? undefined;
  if (value !== undefined && !Number.isInteger(value)) throw mismatch(value, `${struct}.${field}`, type);
  return value as number | undefined;
}

type BlueGreenStatus = NonNullable<EmqxEnterpriseStatus['blueGreenUpdateStatus']>;
/** An evacuation in a status. Both generations write the same fields. */
export type EvacuationStatus = NonNullable<BlueGreenStatus['evacuationsStatus']>[number];

/** The evacuations in the answer of `GET …/load_rebalance/global_status`. @throws Error when a field has a wrong type */
export function readEvacuations(body: string): EvacuationStatus[] {
  const answer = parsed(body);
  return listOf(isRecord(answer) ? answer['evacuations'] : undefined, (item) => {
    const number = (field: string) => integerOf(item, 'EmqxEvacuationStatus', field) || undefined;
    const stats = isRecord(item['stats']) ? item['stats'] : {};
    const stat = (field: string) => integerOf(stats, 'EmqxEvacuationStats', field);
    const recipients = item['session_recipients'];
    return {
      node: textOf(item, 'EmqxEvacuationStatus', 'node'),
      state: textOf(item, 'EmqxEvacuationStatus', 'state'),
      session_recipients: Array.isArray(recipients) && recipients.length > 0 ? recipients.map(String) : undefined,
      session_goal: number('session_goal'),
      session_eviction_rate: number('session_eviction_rate'),
      connection_goal: number('connection_goal'),
      connection_eviction_rate: number('connection_eviction_rate'),
      stats: {
        initial_sessions: stat('initial_sessions'),
        initial_connected: stat('initial_connected'),
        current_sessions: stat('current_sessions'),
        current_connected: stat('current_connected'),
      },
    };
  });
}
