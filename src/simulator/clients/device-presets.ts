import { doubling, mqttJsReconnect, type ReconnectPolicy } from './reconnect-policy';

/** An MQTT library as devices run it. */
export interface DevicePreset {
  /** Library, version and setting, as people know them. */
  readonly library: string;
  /** What it speaks: 4 is MQTT 3.1.1. Of two, half of the devices speak each. */
  readonly protocols: readonly (4 | 5)[];
  readonly reconnect: ReconnectPolicy;
  /** What keeps devices that do not come back. @default - they come back */
  readonly fix?: string;
}

/** Where nothing was measured: what Linux waits for TCP to connect. */
const KERNEL_MS = 128_000;

const BOTH = [4, 5] as const;

const MQTT_JS = mqttJsReconnect();

/** libmosquitto with its defaults. With `reconnect_exponential_backoff` the waits after failures grow: 4 s, 9 s, 16 s, … */
const MOSQUITTO: ReconnectPolicy = {
  tcpTimeoutMs: KERNEL_MS,
  connackTimeoutMs: 60_000,
  afterConnectionMs: [1000],
  afterFailureMs: [1000],
  resubscribes: false,
};

const GMQTT: ReconnectPolicy = {
  tcpTimeoutMs: KERNEL_MS,
  connackTimeoutMs: 'never',
  afterConnectionMs: [6000],
  afterFailureMs: [6000],
  resubscribes: false,
  cleanAgain: false,
};

const PAHO_JAVA: ReconnectPolicy = {
  tcpTimeoutMs: KERNEL_MS,
  connackTimeoutMs: 'never',
  afterConnectionMs: [1000],
  afterFailureMs: doubling(2000, 128_000),
  ends: { atFirstRefusal: true },
  resubscribes: false,
};

const PAHO_C: ReconnectPolicy = {
  tcpTimeoutMs: 30_000,
  connackTimeoutMs: 30_000,
  afterConnectionMs: [2700, 1400],
  // Its random numbers are the same in every process.
  afterFailureMs: [2000, 5000, 11_000, 20_000, 29_000, 59_000, 68_000, 56_000],
  resubscribes: false,
};

const MOSQUITTO_FIX =
  'run the program again whatever its exit status is (systemd Restart=always), or use MQTT 3.1.1, or libmosquitto 2.0.15 or newer';

/**
 * Libraries by the name they have in `--devices`. Each was run, in the version named, against a broker that evicts and refuses as EMQX
 * does; docs/devices.md has the table, and how it was measured.
 */
export const DEVICE_PRESETS = {
  'mqtt.js@5.15': {
    library: 'MQTT.js 4.3 to 5.15, or 5.16 with reconnectOnConnackError',
    protocols: BOTH,
    reconnect: MQTT_JS,
  },
  'mqtt.js@5.16': {
    library: 'MQTT.js 5.16',
    protocols: BOTH,
    reconnect: { ...MQTT_JS, ends: { atRefusal: 'any' } },
    fix: 'set reconnectOnConnackError: true',
  },
  'paho-python': {
    library: 'Paho for Python 1.6 and 2',
    protocols: BOTH,
    reconnect: {
      tcpTimeoutMs: 5000,
      connackTimeoutMs: 60_000,
      afterConnectionMs: [1000],
      afterFailureMs: doubling(2000, 120_000),
      resubscribes: false,
    },
  },
  aiomqtt: {
    library: 'aiomqtt 2.5 with the loop of its documentation',
    protocols: BOTH,
    reconnect: {
      tcpTimeoutMs: 5000,
      connackTimeoutMs: 60_000,
      afterConnectionMs: [5000],
      // The program's 5 s, and 10 s more that its subscription waits in vain.
      afterFailureMs: [5000, 15_000],
      // Inside the loop the program subscribes each time that it is connected.
      resubscribes: true,
    },
  },
  gmqtt: { library: 'gmqtt 0.8 with MQTT 3.1.1', protocols: [4], reconnect: GMQTT },
  'gmqtt-mqtt5': {
    library: 'gmqtt 0.8 with MQTT 5',
    protocols: [5],
    reconnect: { ...GMQTT, ends: { atRefusal: ['0x9C'] } },
    fix: 'use gmqtt 0.7, or MQTT 3.1.1',
  },
  amqtt: {
    library: 'amqtt 0.12',
    protocols: [4],
    reconnect: {
      tcpTimeoutMs: KERNEL_MS,
      connackTimeoutMs: 'never',
      afterConnectionMs: [0],
      afterFailureMs: [2000, 4000],
      ends: { afterFailures: 3 },
      resubscribes: false,
    },
    fix: 'set reconnect_retries: -1',
  },
  'awscrt-mqtt3': {
    library: 'AWS CRT for Python 0.36, mqtt3',
    protocols: [4],
    reconnect: {
      tcpTimeoutMs: 5000,
      connackTimeoutMs: 3000,
      afterConnectionMs: [5000],
      afterFailureMs: [10_000, 20_000, 40_000, 60_000],
      // Seen: not after 0.6 s, after 12 s.
      resetAfterMs: 10_000,
      ends: { atFirstRefusal: true },
      resubscribes: false,
    },
    fix: 'have the program repeat its first connect',
  },
  'awscrt-mqtt5': {
    library: 'AWS CRT for Python 0.36, mqtt5',
    protocols: [5],
    reconnect: {
      tcpTimeoutMs: 7500,
      connackTimeoutMs: 20_000,
      afterConnectionMs: [1000],
      afterFailureMs: doubling(2000, 2 ** 20 * 1000),
      jitter: 'full',
      mostMs: 120_000,
      resetAfterMs: 30_000,
      resubscribes: false,
    },
  },
  mosquitto: { library: 'libmosquitto with MQTT 3.1.1', protocols: [4], reconnect: MOSQUITTO },
  'mosquitto-mqtt5': {
    library: 'libmosquitto 2.0.11 (Debian 12) with MQTT 5',
    protocols: [5],
    reconnect: { ...MOSQUITTO, ends: { atDisconnect: true, atRefusal: 'any' } },
    fix: MOSQUITTO_FIX,
  },
  'mosquitto@2.0.22-mqtt5': {
    library: 'libmosquitto 2.0.22 with MQTT 5',
    protocols: [5],
    reconnect: { ...MOSQUITTO, ends: { atRefusal: 'any' } },
    fix: 'have the program call the loop again when it returns, or use MQTT 3.1.1',
  },
  'mosquitto-sub': {
    library: 'mosquitto_sub with MQTT 3.1.1',
    protocols: [4],
    reconnect: { ...MOSQUITTO, ends: { atRefusal: 'any' }, resubscribes: true },
    fix: 'run it again whenever it ends (systemd Restart=always)',
  },
  'mosquitto-sub-mqtt5': {
    library: 'mosquitto_sub 2.0.11 (Debian 12) with MQTT 5',
    protocols: [5],
    reconnect: { ...MOSQUITTO, ends: { atDisconnect: true, atRefusal: 'any' }, resubscribes: true },
    fix: MOSQUITTO_FIX,
  },
  'paho-c': {
    library: 'Paho for C 1.3.12 (MQTTAsync), automaticReconnect, MQTT 3.1.1 by default',
    protocols: [4],
    reconnect: {
      ...PAHO_C,
      // Seen: 0.4 to 3.4 s.
      afterConnectionMs: [1900],
      afterFailureMs: [2000, 1000, 4000, 10_000, 19_000, 28_000, 58_000],
      asMqtt31: 'alternating',
    },
  },
  'paho-c-mqtt5': {
    library: 'Paho for C 1.3.12 (MQTTAsync), automaticReconnect, MQTT 5',
    protocols: [5],
    reconnect: PAHO_C,
  },
  'paho-go': {
    library: 'Paho for Go 1.5 (paho.mqtt.golang)',
    protocols: [4],
    reconnect: {
      tcpTimeoutMs: 30_000,
      connackTimeoutMs: 30_000,
      afterConnectionMs: [0],
      afterFailureMs: doubling(1000, 600_000),
      // Seen: not after 0.6 s, after 12 s.
      resetAfterMs: 10_000,
      ends: { atFirstRefusal: true },
      resubscribes: false,
    },
    fix: 'set ConnectRetry',
  },
  autopaho: {
    library: 'autopaho 0.23 (Paho for Go, MQTT 5)',
    protocols: [5],
    reconnect: {
      tcpTimeoutMs: 10_000,
      connackTimeoutMs: 10_000,
      afterConnectionMs: [0],
      afterFailureMs: [10_000],
      resubscribes: false,
      cleanAgain: false,
    },
  },
  rumqttc: {
    library: 'rumqttc 0.25, polled again after each error without a wait',
    protocols: BOTH,
    reconnect: {
      tcpTimeoutMs: 5000,
      connackTimeoutMs: 5000,
      // As fast as it can: 650 to 950 CONNECT a second were measured from one device.
      afterConnectionMs: [1.2],
      afterFailureMs: [1.2],
      resubscribes: false,
    },
  },
  'paho-java': {
    library: 'Paho for Java 1.2.5 (mqttv3), automaticReconnect',
    protocols: [4],
    reconnect: { ...PAHO_JAVA, asMqtt31: 'after-refusal' },
    fix: 'have the program repeat its first connect',
  },
  'paho-java-mqtt5': {
    library: 'Paho for Java 1.2.5 (mqttv5), automaticReconnect',
    protocols: [5],
    reconnect: PAHO_JAVA,
    fix: 'have the program repeat its first connect',
  },
  hivemq: {
    library: 'HiveMQ MQTT Client 1.3, automaticReconnectWithDefaultConfig',
    protocols: BOTH,
    reconnect: {
      tcpTimeoutMs: KERNEL_MS,
      connackTimeoutMs: 60_000,
      afterConnectionMs: [1000],
      afterFailureMs: doubling(2000, 120_000),
      jitter: { plusMinus: 0.25 },
      resubscribes: true,
    },
  },
  'no-reconnect': {
    library: 'Paho for Java and C, HiveMQ and aiomqtt as they are by default: no reconnect',
    protocols: BOTH,
    reconnect: {
      tcpTimeoutMs: 30_000,
      connackTimeoutMs: 30_000,
      afterConnectionMs: [],
      afterFailureMs: [],
      ends: { atDisconnect: true, atClose: true, atRefusal: 'any', afterFailures: 1 },
      resubscribes: false,
    },
    fix: 'switch automatic reconnect on: none of these libraries reconnects by default',
  },
} as const satisfies Readonly<Record<string, DevicePreset>>;

export type DevicePresetName = keyof typeof DEVICE_PRESETS;

export const DEVICE_NAMES = Object.keys(DEVICE_PRESETS) as DevicePresetName[];

export function presetOf(name: DevicePresetName): DevicePreset {
  return DEVICE_PRESETS[name];
}
