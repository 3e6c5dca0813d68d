import { mqttJsReconnect, type ReconnectPolicy } from './reconnect-policy';

/** Clients that are alike. */
export interface ClientGroup {
  /** First part of the client ids `<name>-0`, `<name>-1`, …; no two groups on one cluster may share it. */
  name: string;
  count: number;
  /** 4 is MQTT 3.1.1. */
  protocolVersion: 4 | 5;
  /**
   * Whether the session outlives the connection. Such a client connects with clean start off and subscribes to
   * `devices/<client id>` with QoS 1.
   *
   * @default false
   */
  persistent?: boolean;
  /**
   * The session expiry interval an MQTT 5 client asks for, in seconds; sessions of MQTT 3.1.1 live as long as the node
   * lets them.
   *
   * @default 7200 (what EMQX 4.4 gives MQTT 3.1.1)
   */
  sessionExpirySeconds?: number;
  /** Each has a will that is published this long after its connection is lost (MQTT 5; with 3.1.1 at once), s. @default - no will */
  willDelaySeconds?: number;
  /** @default - that of MQTT.js, with reconnects spread over 250 ms by its program */
  reconnect?: ReconnectPolicy;
  /** What reports call them, alike for several groups. @default - the name of the group */
  devices?: string;
  /**
   * Offline devices: each connects once, subscribes and disconnects, and its session stays. They reconnect with
   * `Population.returnDevices`. Only for persistent clients.
   *
   * @default false
   */
  offline?: boolean;
}

/** A group with its defaults filled in. */
export type CompleteGroup = Required<Omit<ClientGroup, 'willDelaySeconds'>> & Pick<ClientGroup, 'willDelaySeconds'>;

/** @throws RangeError when the group cannot be. */
export function completeGroup(group: ClientGroup): CompleteGroup {
  const complete = {
    persistent: false,
    sessionExpirySeconds: 7200,
    reconnect: mqttJsReconnect(1000, 250),
    offline: false,
    devices: group.name,
    ...group,
  };
  if (!Number.isInteger(complete.count) || complete.count < 0) {
    throw new RangeError(`'count' (${complete.count}) of client group '${complete.name}' must be a whole number ≥ 0`);
  }
  if (complete.offline && !complete.persistent) {
    throw new RangeError(
      `'offline' of client group '${complete.name}' must go with 'persistent': an offline device has only its session`,
    );
  }
  return complete;
}

/**
 * The mixed fleet that blue-green upgrades were measured with: clean clients, half MQTT 3.1.1 and half MQTT 5, and
 * offline devices with a persistent session, half and half as well.
 */
export function mixedFleet(clients = 3000, devices = 300): ClientGroup[] {
  const halves = (name: string, count: number, rest: Partial<ClientGroup>): ClientGroup[] => [
    { name: `${name}-v3`, count: Math.ceil(count / 2), protocolVersion: 4, ...rest },
    { name: `${name}-v5`, count: Math.floor(count / 2), protocolVersion: 5, ...rest },
  ];
  return [...halves('client', clients, {}), ...halves('device', devices, { persistent: true, offline: true })];
}
