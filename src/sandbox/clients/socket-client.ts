import type { CompleteGroup } from '../../simulator/clients/client-group';
import type { ClientLedger } from '../../simulator/clients/client-ledger';
import type { RefusalReason } from '../../simulator/clients/client-report';
import {
  afterConnection,
  afterFailure,
  type Ending,
  type ReconnectState,
} from '../../simulator/clients/reconnect-policy';
import type { SimulatedClock } from '../../simulator/clock';
import type { CloseCause } from '../../simulator/emqx/types';
import type { Random } from '../../simulator/random';

/** Identity of a client. */
export interface Identity {
  group: CompleteGroup;
  clientId: string;
  /** Its number in the ledger. */
  number: number;
}

/** What all clients of a swarm share. */
export interface SwarmContext {
  /** The port on the loopback interface that they connect to. */
  port: number;
  /** The clock of their timers. */
  clock: SimulatedClock;
  random: Random;
  ledger: ClientLedger;
}

/** One MQTT client on a socket of its own. */
export interface SocketClient {
  readonly identity: Identity;
  readonly isConnected: boolean;
  /** Connects, and tries again by its policy; resolves when it is connected and subscribed, never tries again, or was stopped. */
  start(): Promise<void>;
  /** Disconnects cleanly; its session, if it has one, stays. Called while connected. */
  leave(): Promise<void>;
  /** Ends at once and for good, and writes nothing more into the ledger. */
  stop(): Promise<void>;
}

/** Keep-alive interval of a client, in seconds. */
export const KEEP_ALIVE_SECONDS = 60;

/** The one topic a persistent client subscribes to, with QoS 1. */
export function topicOf({ clientId }: Identity): string {
  return `devices/${clientId}`;
}

/**
 * What a client can know of why its connection ended.
 *
 * An MQTT 5 client learns when it is evicted or taken over. For MQTT 3.x every end is a bare close; it is recorded as an
 * eviction, which is by far the most frequent one.
 *
 * @param reasonCode of the DISCONNECT; undefined when there was none
 */
function causeOf({ group }: Identity, reasonCode: number | undefined): CloseCause['kind'] {
  if (reasonCode === 0x8e) return 'taken-over';
  return reasonCode === 0x9c || group.protocolVersion === 4 ? 'evicted' : 'shutdown';
}

/** The name of a refusing CONNACK in the ledger. */
export function refusalOf({ group }: Identity, code: number): RefusalReason {
  if (group.protocolVersion === 4) return 'rc3';
  if (code === 0x88) return '0x88';
  return code === 0x97 ? '0x97' : '0x9C';
}

/** What a client does next whose connection has ended. @param code of the DISCONNECT, where there was one */
export function nextAfterConnection(
  { clock, ledger, random }: SwarmContext,
  client: SocketClient & ReconnectState,
  code: number | undefined,
): number | Ending {
  const { number, group } = client.identity;
  ledger.disconnected(number, causeOf(client.identity, code));
  return afterConnection(group.reconnect, client, code === undefined ? 'close' : 'disconnect', clock.now(), random);
}

/** What a client does next that was not let in. */
export function nextAfterRefusal(
  { ledger, random }: SwarmContext,
  client: SocketClient & ReconnectState,
  reason: RefusalReason = 'tcp-refused',
): number | Ending {
  const { number, group } = client.identity;
  ledger.refused(reason, number);
  return afterFailure(group.reconnect, client, reason, random);
}
