import type { EmqxEnterpriseStatus } from '../../resource';
import { isRecord } from '../kubernetes/json';

export type EmqxNode = NonNullable<EmqxEnterpriseStatus['emqxNodes']>[number];
export type BlueGreenStatus = NonNullable<EmqxEnterpriseStatus['blueGreenUpdateStatus']>;
export type EvacuationStatus = NonNullable<BlueGreenStatus['evacuationsStatus']>[number];

/** How Go calls JSON types in its errors. */
const goNames: Record<string, string> = { boolean: 'bool' };

/**
 * Reads a list out of an answer as Go's decoder does: one value of a wrong type spoils all of it, unknown fields are
 * passed over, and what has its zero value is as good as absent.
 */
function list<T>(body: string, member: string, read: (item: Record<string, unknown>) => T): T[] {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    answer = undefined;
  }
  const items = isRecord(answer) ? answer[member] : undefined;
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

function text(item: Record<string, unknown>, struct: string, field: string): string | undefined {
  const value = item[field] ?? '';
  if (typeof value !== 'string') throw mismatch(value, `${struct}.${field}`, 'string');
  return value || undefined;
}

function integer(item: Record<string, unknown>, struct: string, field: string, type = 'int32'): number | undefined {
  const value = item[field] ?? undefined;
  if (value !== undefined && !Number.isInteger(value)) throw mismatch(value, `${struct}.${field}`, type);
  return value as number | undefined;
}

/** The nodes in the answer of `GET /api/v4/nodes`. @throws Error when a field has a wrong type */
export function readNodes(body: string): EmqxNode[] {
  return list(body, 'data', (item) => ({
    node: text(item, 'EmqxNode', 'node'),
    node_status: text(item, 'EmqxNode', 'node_status'),
    otp_release: text(item, 'EmqxNode', 'otp_release'),
    version: text(item, 'EmqxNode', 'version'),
    connections: integer(item, 'EmqxNode', 'connections', 'int64') || undefined,
  }));
}

/** The evacuations in the answer of `GET /api/v4/load_rebalance/global_status`. @throws Error as above */
export function readEvacuations(body: string): EvacuationStatus[] {
  return list(body, 'evacuations', (item) => {
    const number = (field: string) => integer(item, 'EmqxEvacuationStatus', field) || undefined;
    const stats = isRecord(item['stats']) ? item['stats'] : {};
    const stat = (field: string) => integer(stats, 'EmqxEvacuationStats', field);
    const recipients = item['session_recipients'];
    return {
      node: text(item, 'EmqxEvacuationStatus', 'node'),
      state: text(item, 'EmqxEvacuationStatus', 'state'),
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

interface ListenerAnswer {
  protocol: string;
  listenOn: string;
}

/** The listeners of each node in the answer of `GET /api/v4/listeners`. @throws Error as above */
export function readListeners(body: string): ListenerAnswer[][] {
  return list(body, 'data', (item) => {
    const listeners = Array.isArray(item['listeners']) ? item['listeners'] : [];
    return listeners.filter(isRecord).map((listener) => ({
      protocol: text(listener, 'emqxListener', 'protocol') ?? '',
      listenOn: text(listener, 'emqxListener', 'listen_on') ?? '',
    }));
  });
}
