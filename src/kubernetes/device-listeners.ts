import { MQTT_PORTS, type MqttListener } from '../resource';
import type { DeviceListener } from '../upgrade';
import type { Service, ServicePort } from './core-objects';

/** Ports of EMQX that devices do not use: the management API, and the dashboard over HTTP and HTTPS. */
const OTHER_PORTS: readonly number[] = [8081, 18083, 18084];

/** In the order in which a name is matched: the operator calls one of them `mqtt-wss-8084`. */
const WORDS: readonly (readonly [RegExp, MqttListener | undefined])[] = [
  [/http|dashboard|management|metrics|quic|sn\b/i, undefined],
  [/wss/i, 'wss'],
  [/ws|websocket/i, 'ws'],
  [/mqtts|ssl|tls|secure/i, 'mqtts'],
  [/mqtt|tcp/i, 'mqtt'],
];

/** Target ports of Services for people, by number or name. */
const FOR_PEOPLE: readonly (number | string)[] = [8081, 18083, 'management', 'dashboard'];

/** Whether a Service has a port through which devices may connect, even if its listener is unknown. */
export function isForDevices({ ports = [] }: Service['spec']): boolean {
  return ports.some(({ port, targetPort = port }) => !FOR_PEOPLE.includes(targetPort));
}

/** The listeners for devices that a Service publishes. A port that neither its number nor its name identifies is left out. */
export function deviceListeners({ spec }: Service): DeviceListener[] {
  const listeners = (spec.ports ?? []).flatMap((port) => listenerOf(port) ?? []);
  return listeners.filter(({ port }, index) => listeners.findIndex((other) => other.port === port) === index);
}

function listenerOf({ name, port, protocol = 'TCP', targetPort }: ServicePort): DeviceListener | undefined {
  // A name instead of a number is the name of a container port: only EMQX's own names are known here.
  const number = typeof targetPort === 'string' ? MQTT_PORTS[targetPort as MqttListener] : (targetPort ?? port);
  if (protocol !== 'TCP' || number === undefined || OTHER_PORTS.includes(number)) return undefined;
  const known = (Object.keys(MQTT_PORTS) as MqttListener[]).find((kind) => MQTT_PORTS[kind] === number);
  const kind = known ?? WORDS.find(([word]) => word.test(name ?? ''))?.[1];
  return kind && { kind, port: number };
}
