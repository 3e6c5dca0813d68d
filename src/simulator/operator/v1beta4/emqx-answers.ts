import type { EmqxEnterpriseStatus } from '../../../resource';
import { isRecord } from '../../kubernetes/json';
import { integerOf, listOf, parsed, textOf } from '../go-json';

export type EmqxNode = NonNullable<EmqxEnterpriseStatus['emqxNodes']>[number];
export type BlueGreenStatus = NonNullable<EmqxEnterpriseStatus['blueGreenUpdateStatus']>;

/** The nodes in the answer of `GET /api/v4/nodes`. @throws Error when a field has a wrong type */
export function readNodes(body: string): EmqxNode[] {
  return listOf(dataOf(body), (item) => ({
    node: textOf(item, 'EmqxNode', 'node'),
    node_status: textOf(item, 'EmqxNode', 'node_status'),
    otp_release: textOf(item, 'EmqxNode', 'otp_release'),
    version: textOf(item, 'EmqxNode', 'version'),
    connections: integerOf(item, 'EmqxNode', 'connections', 'int64') || undefined,
  }));
}

interface ListenerAnswer {
  protocol: string;
  listenOn: string;
}

/** The listeners of each node in the answer of `GET /api/v4/listeners`. @throws Error as above */
export function readListeners(body: string): ListenerAnswer[][] {
  return listOf(dataOf(body), (item) => {
    const listeners = Array.isArray(item['listeners']) ? item['listeners'] : [];
    return listeners.filter(isRecord).map((listener) => ({
      protocol: textOf(listener, 'emqxListener', 'protocol') ?? '',
      listenOn: textOf(listener, 'emqxListener', 'listen_on') ?? '',
    }));
  });
}

function dataOf(body: string): unknown {
  const answer = parsed(body);
  return isRecord(answer) ? answer['data'] : undefined;
}
