import type { EmqxResponse } from '../../../emqx/transport';
import { isRecord } from '../../kubernetes/json';
import { integerOf, listOf, parsed, textOf } from '../go-json';
import type { NodeStatus } from './emqx';

/** @throws Error unless the status is 200 */
export function successful(response: EmqxResponse, path: string): EmqxResponse {
  if (response.status === 200) return response;
  throw new Error(`failed to get API ${path}, status : ${response.status}, body: ${response.body}`);
}

/** The nodes in the answer of `GET /api/v5/nodes`. @throws Error when a field has a wrong type */
export function readNodes(body: string): NodeStatus[] {
  return listOf(parsed(body), readFields);
}

/** The node in the answer of `GET /api/v5/nodes/:node`. @throws Error as above */
export function readNode(body: string): NodeStatus {
  const answer = parsed(body);
  if (!isRecord(answer)) throw new Error('failed to unmarshal node statuses: unexpected end of JSON input');
  return readFields(answer);
}

function readFields(item: Record<string, unknown>): NodeStatus {
  const text = (field: string) => textOf(item, 'EMQXNode', field);
  const count = (field: string) => integerOf(item, 'EMQXNode', field, 'int64') || undefined;
  const fields = {
    node: text('node'),
    node_status: text('node_status'),
    otp_release: text('otp_release'),
    version: text('version'),
    role: text('role'),
    edition: text('edition'),
    connections: count('connections'),
    live_connections: count('live_connections'),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as NodeStatus;
}
