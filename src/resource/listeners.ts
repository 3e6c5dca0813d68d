import { MQTT_PORTS, type MqttListener } from './constants';
import type { Rule } from './rules';

/** The settings of `emqx.conf` that bind the listeners for devices. @see EMQX Enterprise 4.4, "Listener" */
export const LISTENER_SETTINGS: Readonly<Record<MqttListener, string>> = {
  mqtt: 'listener.tcp.external',
  mqtts: 'listener.ssl.external',
  ws: 'listener.ws.external',
  wss: 'listener.wss.external',
};

/** Connections that each accepts per second where nothing else is set. @see EMQX 4.4, `etc/emqx.conf` */
export const DEFAULT_CONN_RATES: Readonly<Record<MqttListener, number>> = {
  mqtt: 1_000,
  mqtts: 500,
  ws: 1_000,
  wss: 1_000,
};

/** The variable by which the image of EMQX reads a setting of `emqx.conf`, and which the operator derives from it. */
export function variableOf(setting: string): string {
  return `EMQX_${setting.toUpperCase().replaceAll('.', '__')}`;
}

/** The setting that binds the management API, and the port that the operator and an upgrade use. */
export const MANAGEMENT_SETTING = 'management.listener.http';
const MANAGEMENT_PORT = 8081;

type Config = Readonly<Record<string, unknown>> | undefined;

/** The ports on which the nodes listen for devices, moved or not. */
export function listenerPorts(emqxConfig: Config): Readonly<Record<MqttListener, number>> {
  if (emqxConfig === undefined) return MQTT_PORTS;
  const entries = Object.entries(LISTENER_SETTINGS).map(([listener, setting]) => {
    const port = boundPort(emqxConfig[setting]) ?? MQTT_PORTS[listener as MqttListener];
    return [listener, port] as const;
  });
  return Object.fromEntries(entries) as Record<MqttListener, number>;
}

/** The port of `11883`, `0.0.0.0:11883` or `[::]:11883`; undefined for an address that no other pod can connect to. */
function boundPort(value: unknown): number | undefined {
  const [, address = '', port] = /^(?:(.+):)?(\d{1,5})$/.exec(typeof value === 'string' ? value.trim() : '') ?? [];
  if (port === undefined || /^(127\.|localhost$|\[?::1\]?$)/.test(address)) return undefined;
  return Number(port) >= 1 && Number(port) <= 65_535 ? Number(port) : undefined;
}

/** Of the setting of a listener that the Service publishes; absent, it is bound to its own port. */
export const publishedListener: Rule = (value) =>
  value === undefined || boundPort(value) !== undefined
    ? undefined
    : {
        bound: 'a port, alone or after an address that other pods can reach',
        reason: 'the Service publishes this listener, and no device could connect',
        fix: 'write for example "11883", and the Service routes to it; or leave the listener out of the Service',
      };

/** Of {@link MANAGEMENT_SETTING}; absent, it is bound to its own port. */
export const managementListener: Rule = (value) =>
  value === undefined || boundPort(value) === MANAGEMENT_PORT
    ? undefined
    : {
        bound: `left out, or bound to ${MANAGEMENT_PORT}`,
        reason: 'the operator and an upgrade reach every node there, and the cluster would never be Running',
        fix: 'leave it out; restrict access to it with a NetworkPolicy',
      };
