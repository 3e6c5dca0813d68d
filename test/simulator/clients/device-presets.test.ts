import { ClientLedger } from '../../../src/simulator/clients/client-ledger';
import { DEVICE_NAMES, type DevicePresetName, presetOf } from '../../../src/simulator/clients/device-presets';
import { Population } from '../../../src/simulator/clients/population';
import type { Ending } from '../../../src/simulator/clients/reconnect-policy';
import { SimulatedClock } from '../../../src/simulator/clock';
import type { ConnectRequest } from '../../../src/simulator/emqx/types';
import { Random } from '../../../src/simulator/random';
import { TrafficFront } from '../../../src/simulator/traffic-front';
import { reference } from '../../resource/_reference';
import { FakePod, FakeSessions } from './_fake-pod';

/** Measured by a busy event loop, ms. */
const ACCURACY_MS = 60;
/** What a refused program does in this time is over. */
const LONG_MS = 3 * 3_600_000;

interface Options {
  protocol?: 4 | 5;
  persistent?: boolean;
  seed?: number;
  count?: number;
}

/** Devices of one kind at one node, with the time of each of their CONNECTs. */
function devices(name: DevicePresetName, options: Options = {}) {
  const { protocols, reconnect } = presetOf(name);
  const { protocol = protocols[0]!, persistent = false, seed = 1, count = 1 } = options;
  const clock = new SimulatedClock();
  const ledger = new ClientLedger(clock);
  const sessions = new FakeSessions();
  const connects: { at: number; request: ConnectRequest }[] = [];
  const pod = new (class extends FakePod {
    /** Refuses so many CONNECTs from now on, and accepts those after them. */
    refuse(count: number, code: 0x9c | 0x97 = 0x9c) {
      connects.length = 0;
      this.left = count;
      this.refuseWith = count > 0 ? code : undefined;
    }

    private left = 0;

    override connect(...args: Parameters<FakePod['connect']>) {
      connects.push({ at: clock.now(), request: args[0] });
      const answer = super.connect(...args);
      if (--this.left === 0) this.refuseWith = undefined;
      return answer;
    }
  })(sessions);
  const front = new TrafficFront({ clock, random: new Random(seed), destinationOf: () => pod });
  front.update(['emqx-0']);
  const group = { name: 'device', count, protocolVersion: protocol, persistent, reconnect };
  const population = new Population({ clock, random: new Random(seed), front, ledger }, [group]);
  return { clock, ledger, sessions, pod, connects, population };
}

async function connectedDevices(...args: Parameters<typeof devices>) {
  const all = devices(...args);
  await all.clock.run(() => all.population.connectAll());
  all.ledger.begin();
  return all;
}

/** Waits from the eviction to the first CONNECT, and between it and each of the next ones while they are refused. */
async function waitsWhenRefused(name: DevicePresetName, count: number, options: Options = {}): Promise<number[]> {
  const { clock, pod, connects } = await connectedDevices(name, options);
  pod.refuse(count);
  const times = [clock.now()];
  pod.evict(1);
  await clock.advance(LONG_MS);
  times.push(...connects.slice(0, count).map(({ at }) => at));
  return times.slice(1).map((at, index) => at - times[index]!);
}

/** Waits from an eviction to the CONNECT, one eviction after the other, each after a connection of a minute. */
async function waitsWhenEvicted(name: DevicePresetName, count: number): Promise<number[]> {
  const { clock, pod, connects } = await connectedDevices(name);
  const waits: number[] = [];
  for (let i = 0; i < count; i++) {
    await clock.advance(60_000);
    const at = clock.now();
    pod.evict(1);
    await clock.advance(30_000);
    waits.push(connects.at(-1)!.at - at);
  }
  return waits;
}

/** Why the devices end for good when this happens to them; `back` if they do not. */
const HAPPENINGS = {
  evicted: { begin: true, refuse: 0 },
  refused: { begin: true, refuse: 1 },
  /** The license is exhausted. */
  quota: { begin: true, refuse: 1, code: 0x97 },
  refusedThrice: { begin: true, refuse: 3 },
  firstRefused: { begin: false, refuse: 1 },
} as const;

const WHAT = Object.keys(HAPPENINGS) as (keyof typeof HAPPENINGS)[];

async function endingOf(name: DevicePresetName, what: keyof typeof HAPPENINGS, protocol: 4 | 5) {
  const { begin, refuse, code = 0x9c } = { code: 0x9c, ...HAPPENINGS[what] } as const;
  const { clock, ledger, pod, population } = devices(name, { protocol });
  if (begin) await clock.run(() => population.connectAll());
  pod.refuse(refuse, code);
  if (begin) pod.evict(1);
  else clock.schedule(0, () => void population.connectAll());
  await clock.advance(LONG_MS);
  return ledger.endingOf(0) ?? (population.connected === 1 ? 'back' : 'lost');
}

/** What of the reference data one preset is compared with. */
interface Measured {
  name: string;
  protocols: string[];
  evictedMs?: number[] | string;
  afterFailureMs?: (number | string)[] | string;
  connackTimeoutMs?: number | null;
  end: string | null;
  cleanAgain?: boolean | string;
  resubscribes?: boolean | string;
}

interface Expected {
  /** Name in the reference data, and how it describes the end. */
  measured: string;
  end: RegExp | null;
  /** What happens to it, where that is not `back`. */
  ends?: Partial<Record<keyof typeof HAPPENINGS, Ending>>;
  /** Where the reference data describe the waits in words: the least and the most of each. */
  evicted?: readonly [number, number];
  refused?: readonly (readonly [number, number])[];
}

const ANY_REFUSAL = {
  refused: 'refusal',
  quota: 'refusal',
  refusedThrice: 'refusal',
  firstRefused: 'refusal',
} as const;
const FIRST = { firstRefused: 'first-refusal' } as const;
const upTo = (...most: number[]) => most.map((ms) => [0, ms] as const);
const around = (...list: number[]) => list.map((ms) => [0.75 * ms, 1.25 * ms] as const);
const exactly = (...list: number[]) => list.map((ms) => [ms - ACCURACY_MS, ms + ACCURACY_MS] as const);

const EXPECTED: Record<DevicePresetName, Expected> = {
  'mqtt.js@5.15': { measured: 'mqtt.js-4.3..5.15', end: null },
  'mqtt.js@5.16': { measured: 'mqtt.js-5.16', end: /^any refused CONNACK/, ends: ANY_REFUSAL },
  'paho-python': { measured: 'paho-python-1.6/2.x', end: null },
  aiomqtt: { measured: 'aiomqtt-2.5 (documented loop)', end: /^without the loop/ },
  gmqtt: { measured: 'gmqtt-0.8 on 3.1.1, gmqtt-0.6/0.7', end: null },
  'gmqtt-mqtt5': {
    measured: 'gmqtt-0.8',
    end: /^CONNACK 0x9C or 0x9D \(not 0x97/,
    ends: { refused: 'refusal', refusedThrice: 'refusal', firstRefused: 'refusal' },
  },
  amqtt: { measured: 'amqtt-0.12 default', end: /^third failure in a row$/, ends: { refusedThrice: 'failures' } },
  'awscrt-mqtt3': { measured: 'awscrt-0.36 mqtt3', end: /^first CONNECT refused$/, ends: FIRST },
  'awscrt-mqtt5': {
    measured: 'awscrt-0.36 mqtt5',
    end: null,
    evicted: [0, 1000],
    refused: upTo(2000, 4000, 8000, 16_000, 32_000, 64_000, 120_000, 120_000, 120_000),
  },
  mosquitto: { measured: 'libmosquitto-2.0.11 (Debian 12)', end: null },
  'mosquitto-mqtt5': {
    measured: 'libmosquitto-2.0.11 (Debian 12) MQTT 5',
    end: /^any DISCONNECT from the node .* any refused CONNACK .* a bare close is survived, 1000 ms$/,
    ends: {
      evicted: 'disconnect',
      refused: 'disconnect',
      quota: 'disconnect',
      refusedThrice: 'disconnect',
      firstRefused: 'refusal',
    },
  },
  'mosquitto@2.0.22-mqtt5': { measured: 'libmosquitto-2.0.22 MQTT 5', end: /^any refused CONNACK/, ends: ANY_REFUSAL },
  'mosquitto-sub': { measured: 'mosquitto_sub', end: /^any refused CONNACK/, ends: ANY_REFUSAL },
  'mosquitto-sub-mqtt5': {
    measured: 'mosquitto_sub',
    end: /2\.0\.11 on MQTT 5: the eviction/,
    ends: {
      evicted: 'disconnect',
      refused: 'disconnect',
      quota: 'disconnect',
      refusedThrice: 'disconnect',
      firstRefused: 'refusal',
    },
  },
  'paho-c': {
    measured: 'paho-c-1.3.12 MQTTAsync automaticReconnect, 3.1.1',
    end: null,
    evicted: [0, 0],
    refused: exactly(2000, 0, 1000, 0, 4000, 0, 10_000, 0, 19_000, 0, 28_000),
  },
  'paho-c-mqtt5': { measured: 'paho-c-1.3.12 MQTTAsync automaticReconnect', end: null },
  'paho-go': { measured: 'paho.mqtt.golang-1.5', end: /^first CONNECT refused, unless ConnectRetry/, ends: FIRST },
  autopaho: { measured: 'autopaho-0.23', end: null },
  rumqttc: { measured: 'rumqttc-0.25 (blocking iterator or poll loop)', end: /^README's while-let loop/ },
  'paho-java': {
    measured: 'paho-java-mqttv3-1.2.5 automaticReconnect',
    end: /^first CONNECT refused$/,
    ends: FIRST,
    refused: exactly(0, 2000, 0, 4000, 0, 8000, 0, 16_000, 0, 32_000, 0, 64_000, 0, 128_000, 0),
  },
  'paho-java-mqtt5': {
    measured: 'paho-java-mqttv5-1.2.5 automaticReconnect',
    end: /^first CONNECT refused$/,
    ends: FIRST,
  },
  hivemq: {
    measured: 'hivemq-1.3 automaticReconnectWithDefaultConfig',
    end: null,
    evicted: [750, 1250],
    refused: around(2000, 4000, 8000, 16_000, 32_000, 64_000, 120_000, 120_000),
  },
  'no-reconnect': {
    measured: 'no reconnect',
    end: /^the eviction$/,
    // Of MQTT 3.1.1 it is a bare close.
    ends: {
      evicted: 'disconnect',
      refused: 'disconnect',
      quota: 'disconnect',
      refusedThrice: 'disconnect',
      firstRefused: 'refusal',
    },
  },
};

const text = reference('mqtt-client-presets.json');
const { presets } = JSON.parse(text ?? '{"presets":[]}') as { presets: Measured[] };
const measuredAs = (name: DevicePresetName) => presets.find((each) => each.name === EXPECTED[name].measured);

function expectWithin(waits: readonly number[], bounds: readonly (readonly [number, number])[]): void {
  expect(waits).toHaveLength(bounds.length);
  expect(waits.filter((wait, index) => wait < bounds[index]![0] || wait > bounds[index]![1])).toEqual([]);
}

describe.each(DEVICE_NAMES)('devices of the kind %s', (name) => {
  const { ends = {}, refused, evicted } = EXPECTED[name];
  const { protocols, reconnect } = presetOf(name);
  const returns = reconnect.afterConnectionMs.length > 0 && ends.refused === undefined;

  test.each(WHAT.flatMap((what) => protocols.map((protocol) => [what, protocol] as const)))(
    '%s with MQTT version %s: come back, or do not',
    async (what, protocol) => {
      const bareClose = protocol === 4 && ends[what] === 'disconnect' ? 'close' : ends[what];
      expect(await endingOf(name, what, protocol)).toBe(bareClose ?? 'back');
    },
  );

  if (returns && refused) {
    test.each([1, 2, 3])('wait as they did, with seed %s', async (seed) => {
      const [first, ...more] = await waitsWhenRefused(name, 1 + refused.length, { seed });
      expectWithin([first!], [evicted ?? [1000, 1000]]);
      expectWithin(more, refused);
    });
  }

  const measured = measuredAs(name);
  if (!measured) return;

  test('end when the measured ones did', () => {
    if (EXPECTED[name].end) expect(measured.end).toMatch(EXPECTED[name].end);
    else expect(measured.end).toBeNull();
    expect(measured.protocols).toEqual(expect.arrayContaining(protocols.map((level) => (level === 4 ? '3.1.1' : '5'))));
  });

  const { evictedMs, afterFailureMs, connackTimeoutMs, cleanAgain, resubscribes } = measured;
  if (Array.isArray(evictedMs) && !evicted && !ends.evicted) {
    test('come back from evictions after the measured time', async () => {
      expectWithin(await waitsWhenEvicted(name, evictedMs.length), exactly(...evictedMs));
    });
  }
  if (Array.isArray(afterFailureMs) && !refused && returns && !ends.refusedThrice) {
    test('try again after the measured times', async () => {
      const [, ...waits] = await waitsWhenRefused(name, 1 + afterFailureMs.length);
      expectWithin(waits, exactly(...(afterFailureMs as number[])));
    });
  }
  if (connackTimeoutMs !== undefined) {
    test('wait for the CONNACK as long', () => {
      expect(reconnect.connackTimeoutMs).toBe(connackTimeoutMs ?? 'never');
    });
  }
  if (cleanAgain !== undefined) {
    test.each(protocols)('come back with the measured clean start, with MQTT version %s', async (protocol) => {
      const { clock, pod, connects } = await connectedDevices(name, { protocol });
      pod.evict(1);
      await clock.advance(10_000);
      // Clean start off with an expiry of 0 is what the others have with clean start on: the session ends with the connection.
      const isOff = String(cleanAgain).startsWith('false') && !/REJOIN/.test(String(cleanAgain));
      expect(connects.at(-1)!.request.cleanStart).toBe(!isOff);
    });
  }
  if (resubscribes !== undefined) {
    test.each(protocols)('subscribe again, or do not, with MQTT version %s', async (protocol) => {
      const { clock, ledger, pod, sessions } = await connectedDevices(name, { protocol, persistent: true });
      sessions.clear();
      if (ends.evicted) pod.shutdown();
      else pod.evict(1);
      await clock.advance(10_000);
      const again = !(resubscribes === false);
      expect([pod.subscribes, ledger.report().deaf]).toEqual(again ? [2, 0] : [1, 1]);
    });
  }
});

it('every measured preset is one of these', () => {
  const known = new Set(Object.values(EXPECTED).map(({ measured }) => measured));
  expect(presets.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
});
