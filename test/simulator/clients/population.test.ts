import fc from 'fast-check';
import { ClientColumns } from '../../../src/simulator/clients/client-columns';
import { type ClientGroup, mixedFleet } from '../../../src/simulator/clients/client-group';
import { ClientLedger } from '../../../src/simulator/clients/client-ledger';
import { presetOf } from '../../../src/simulator/clients/device-presets';
import { Population } from '../../../src/simulator/clients/population';
import { mqttJsReconnect } from '../../../src/simulator/clients/reconnect-policy';
import { SimulatedClock } from '../../../src/simulator/clock';
import { Random } from '../../../src/simulator/random';
import { type Destination, TrafficFront } from '../../../src/simulator/traffic-front';
import { FakePod, FakeSessions } from './_fake-pod';

const steady = mqttJsReconnect(1000, 0);
const pahoPython = presetOf('paho-python').reconnect;

function world(groups: ClientGroup[], options: { pods?: number; connectPerSecond?: number; seed?: number } = {}) {
  const { pods: count = 1, connectPerSecond, seed = 1 } = options;
  const clock = new SimulatedClock();
  const random = new Random(seed);
  const sessions = new FakeSessions();
  const pods = Array.from({ length: count }, () => new FakePod(sessions));
  const addresses = new Map<string, Destination>(pods.map((pod, i) => [`emqx-${i}`, pod]));
  const front = new TrafficFront({
    clock,
    random: random.fork('front'),
    destinationOf: (pod) => addresses.get(pod),
  });
  front.update([...addresses.keys()]);
  const ledger = new ClientLedger(clock);
  const population = new Population({ clock, random: random.fork('clients'), front, ledger, connectPerSecond }, groups);
  return { clock, sessions, pods, pod: pods[0]!, addresses, front, ledger, population };
}

/** Everyone connected, devices away, and the ledger at zero. */
async function ready(...args: Parameters<typeof world>) {
  const all = world(...args);
  await all.clock.run(() => all.population.connectAll());
  all.ledger.begin();
  return all;
}

describe('Population', () => {
  it('connects everyone at the rate of the ramp, and resolves when the last is connected', async () => {
    const { clock, population, pod } = world([{ name: 'c', count: 11, protocolVersion: 4 }], { connectPerSecond: 10 });
    const start = clock.now();
    const connected: number[] = [];
    for (const ms of [0, 99, 100, 999]) clock.schedule(ms + 0.5, () => connected.push(population.connected));
    await clock.run(() => population.connectAll());
    expect(clock.now() - start).toBe(1000);
    expect(connected).toEqual([1, 1, 2, 10]);
    expect(population.connected).toBe(11);
    expect(pod.requests[3]).toEqual({ clientId: 'c-3', protocolVersion: 4, cleanStart: true });
  });

  it.each([
    [300, [1, 1, 1, 1, 2]],
    [4000, [1, 5, 9, 13, 17]],
  ])('keeps to %s per second although that is no whole number of milliseconds', async (rate, expected) => {
    const { clock, population } = world([{ name: 'c', count: rate + 1, protocolVersion: 4 }], {
      connectPerSecond: rate,
    });
    const start = clock.now();
    const connected: number[] = [];
    for (const ms of [0, 1, 2, 3, 4]) clock.schedule(ms + 0.5, () => connected.push(population.connected));
    await clock.run(() => population.connectAll());
    expect(connected).toEqual(expected);
    expect(clock.now() - start).toBe(1000);
  });

  it('waits for every client, and counts none twice that is evicted meanwhile', async () => {
    const { clock, population, pod } = world([{ name: 'c', count: 10, protocolVersion: 4, reconnect: steady }], {
      connectPerSecond: 1,
    });
    clock.schedule(1500, () => pod.evict(2));
    const start = clock.now();
    await clock.run(() => population.connectAll());
    expect(clock.now() - start).toBe(9000);
    expect(population.connected).toBe(10);
  });

  it('resolves at once when nobody is to be connected', async () => {
    const { clock, population } = world([]);
    await clock.run(() => population.connectAll());
    await clock.run(() => population.returnDevices());
    expect(population.connected).toBe(0);
  });

  it.each([
    [4, true, { cleanStart: false, sessionExpirySeconds: 7200 }],
    [5, true, { cleanStart: false, sessionExpirySeconds: 7200 }],
    [5, false, { cleanStart: true }],
  ] as const)(
    'MQTT version %s, persistent %s: sends the CONNECT that goes with it',
    async (protocolVersion, persistent, rest) => {
      const { pod } = await ready([{ name: 'c', count: 1, protocolVersion, persistent }]);
      expect(pod.requests).toEqual([{ clientId: 'c-0', protocolVersion, ...rest }]);
    },
  );

  it('comes back one period after an eviction, a takeover or the end of the node', async () => {
    const { clock, pod, population, ledger } = await ready([
      { name: 'c', count: 4, protocolVersion: 5, reconnect: steady },
    ]);
    pod.evict(1);
    await clock.advance(999);
    expect(population.connected).toBe(3);
    await clock.advance(1);
    expect(population.connected).toBe(4);
    pod.connect({ clientId: 'c-1', protocolVersion: 5, cleanStart: true }, { closed() {}, deliver() {} });
    await clock.advance(1000);
    pod.shutdown();
    await clock.advance(1000);
    expect(population.connected).toBe(4);
    expect(ledger.report()).toMatchObject({
      disconnectsByCause: { evicted: 1, 'taken-over': 1, shutdown: 4 },
      offlineMs: { p50: 1000, max: 1000 },
      leastConnected: 0,
      refusedConnects: 0,
      stillOffline: 0,
    });
  });

  it.each([
    [4, 0x9c, 'rc3'],
    [4, 0x97, 'rc3'],
    [5, 0x9c, '0x9C'],
    [5, 0x97, '0x97'],
  ] as const)(
    'MQTT version %s refused with %s: counts it as %s and tries again',
    async (protocolVersion, code, reason) => {
      const { clock, pod, ledger, population } = await ready([
        { name: 'c', count: 1, protocolVersion, reconnect: steady },
      ]);
      pod.evict(1);
      pod.refuseWith = code;
      await clock.advance(3001);
      pod.refuseWith = undefined;
      await clock.advance(1000);
      const report = ledger.report();
      expect(report.refusedByReason).toEqual({
        'tcp-refused': 0,
        rc3: 0,
        '0x9C': 0,
        '0x97': 0,
        timeout: 0,
        [reason]: 3,
      });
      expect(report).toMatchObject({ refusedPerClientMax: 3, disconnects: 1, offlineMs: { max: 4000 } });
      expect(population.connected).toBe(1);
    },
  );

  it('is refused by TCP while nothing listens, and loses the connect timeout at an address that is silent', async () => {
    const { clock, pod, addresses, ledger } = await ready([
      { name: 'c', count: 1, protocolVersion: 5, reconnect: steady },
    ]);
    addresses.delete('emqx-0');
    pod.evict(1);
    await clock.advance(1001); // refused at 1 s
    addresses.set('emqx-0', 'silent');
    await clock.advance(31_000); // tries at 2 s, gives up at 32 s
    addresses.set('emqx-0', pod);
    await clock.advance(1000);
    expect(ledger.report()).toMatchObject({
      refusedByReason: { 'tcp-refused': 1, timeout: 1 },
      offlineMs: { max: 33_000 },
      stillOffline: 0,
    });
  });

  it('Paho for Python backs off further with each failure, and starts at 1 s again after a success', async () => {
    const { clock, pod, ledger } = await ready([{ name: 'c', count: 1, protocolVersion: 4, reconnect: pahoPython }]);
    pod.evict(1);
    pod.refuseWith = 0x9c;
    await clock.advance(7001); // fails after 1, 3 and 7 s
    pod.refuseWith = undefined;
    await clock.advance(8000);
    expect(ledger.report()).toMatchObject({ refusedConnects: 3, offlineMs: { max: 15_000 }, stillOffline: 0 });
    pod.evict(1);
    await clock.advance(1001);
    expect(ledger.report()).toMatchObject({ disconnects: 2, stillOffline: 0 });
  });

  it('says where its connections are', async () => {
    const { clock, pods, front, population } = await ready([{ name: 'c', count: 300, protocolVersion: 5 }], {
      pods: 3,
    });
    const before = population.connectionsByPod();
    expect([...before.keys()].sort()).toEqual(['emqx-0', 'emqx-1', 'emqx-2']);
    pods.forEach((pod, i) => {
      expect(before.get(`emqx-${i}`)).toBe(pod.open.size);
    });
    front.update(['emqx-1', 'emqx-2']);
    pods[0]!.shutdown();
    await clock.advance(1250);
    expect(population.connectionsByPod().has('emqx-0')).toBe(false);
    expect(population.connected).toBe(300);
  });

  it('says where they are when pods have taken the place of others, again and again', async () => {
    const { clock, pod, addresses, front, population } = await ready([{ name: 'c', count: 20, protocolVersion: 5 }]);
    const numbers = jest.spyOn(ClientColumns.prototype, 'connected');
    let old = pod;
    for (let round = 1; round <= 5; round++) {
      const next = new FakePod(new FakeSessions());
      const [before, after] = [`emqx-${(round - 1) % 3}`, `emqx-${round % 3}`];
      addresses.set(after, next);
      front.update([after]);
      old.evict(5);
      await clock.advance(5_000);
      expect(Object.fromEntries(population.connectionsByPod())).toEqual({ [before]: 15, [after]: 5 });
      old.shutdown();
      await clock.advance(5_000);
      expect(Object.fromEntries(population.connectionsByPod())).toEqual({ [after]: 20 });
      old = next;
    }
    // Of two pods at a time: those that are gone are not kept.
    expect(new Set(numbers.mock.calls.map(([, pod]) => pod))).toEqual(new Set([0, 1]));
    numbers.mockRestore();
  });

  describe('devices that are away', () => {
    const device: ClientGroup = { name: 'd', count: 5, protocolVersion: 5, persistent: true, offline: true };

    it('leave a session with a subscription behind, and come back when told', async () => {
      const { clock, population, pod, sessions, ledger } = await ready([device]);
      expect(population.connected).toBe(0);
      expect(pod.open.size).toBe(0);
      expect(sessions.get('d-0')!.filters).toEqual(new Set(['devices/d-0']));
      await clock.advance(60_000);
      expect(pod.requests).toHaveLength(5);
      await clock.run(() => population.returnDevices());
      expect(population.connected).toBe(5);
      await clock.run(() => population.returnDevices());
      expect(ledger.report()).toMatchObject({ clients: 0, sessionsKept: 5, sessionsLost: 0, disconnects: 0 });
    });

    it('get what was queued for them, and acknowledge it', async () => {
      const { clock, population, pod, sessions, ledger } = await ready([device]);
      population.queueMessages({ publish: ({ topic }) => sessions.publish(topic) });
      expect([...sessions.values()].map(({ waiting }) => waiting.size)).toEqual([1, 1, 1, 1, 1]);
      await clock.run(() => population.returnDevices());
      expect(ledger.report()).toMatchObject({ messagesQueued: 5, messagesDelivered: 5 });
      expect([...sessions.values()].map(({ waiting }) => waiting.size)).toEqual([0, 0, 0, 0, 0]);
      expect(pod.subscribes).toBe(5); // not again: the subscription is part of the session
    });

    it('tell a session that was lost, with its message, and subscribe again', async () => {
      const { clock, population, sessions, ledger } = await ready([device]);
      population.queueMessages({ publish: ({ topic }) => sessions.publish(topic) });
      sessions.delete('d-1');
      sessions.delete('d-3');
      await clock.run(() => population.returnDevices());
      expect(ledger.report()).toMatchObject({
        sessionsKept: 3,
        sessionsLost: 2,
        messagesQueued: 5,
        messagesDelivered: 3,
      });
      expect(sessions.get('d-1')!.filters).toEqual(new Set(['devices/d-1']));
    });

    it('try again by their policy when refused, and the promise waits for that', async () => {
      const { clock, population, pod } = await ready([{ ...device, reconnect: steady }]);
      pod.refuseWith = 0x9c;
      clock.schedule(2500, () => {
        pod.refuseWith = undefined;
      });
      const start = clock.now();
      await clock.run(() => population.returnDevices());
      expect(clock.now() - start).toBe(3004); // the last of five starts 4 ms after the first
      expect(population.connected).toBe(5);
    });

    it('stay once they are back: another return does nothing', async () => {
      const { clock, population, pod } = await ready([device]);
      await clock.run(() => population.returnDevices());
      await clock.run(() => population.returnDevices());
      expect(pod.requests).toHaveLength(10);
    });
  });

  it('checks the session of a persistent client that is connected, too, but not its first', async () => {
    const { clock, pod, sessions, ledger } = await ready([
      { name: 'p', count: 3, protocolVersion: 4, persistent: true },
      { name: 'c', count: 3, protocolVersion: 4 },
    ]);
    sessions.delete('p-2');
    pod.evict(6);
    await clock.advance(1250);
    expect(ledger.report()).toMatchObject({ sessionsKept: 2, sessionsLost: 1 });
  });

  it('refuses groups and rates that cannot be', () => {
    const group: ClientGroup = { name: 'c', count: 1, protocolVersion: 4 };
    expect(() => world([group, group])).toThrow("client group 'c' must be unique");
    expect(() => world([{ ...group, count: 1.5 }])).toThrow("'count' (1.5) of client group 'c'");
    expect(() => world([{ ...group, offline: true }])).toThrow(
      "'offline' of client group 'c' must go with 'persistent'",
    );
    expect(() => world([group], { connectPerSecond: 0 })).toThrow("'connectPerSecond' (0) must be above 0");
  });

  it('has the fleet that upgrades were measured with: 3000 clients and 300 devices, half and half', () => {
    const fleet = mixedFleet();
    expect(fleet.map(({ name, count, protocolVersion }) => [name, count, protocolVersion])).toEqual([
      ['client-v3', 1500, 4],
      ['client-v5', 1500, 5],
      ['device-v3', 150, 4],
      ['device-v5', 150, 5],
    ]);
    expect(mixedFleet(7, 1).map(({ count }) => count)).toEqual([4, 3, 1, 0]);
  });

  it('agrees with the pods about who is connected, whatever they do, and everyone is back in the end', async () => {
    const action = fc.record({
      pod: fc.nat(2),
      what: fc.constantFrom('evict', 'shutdown', 'refuse', 'accept', 'vanish', 'freeze', 'restore'),
      waitMs: fc.integer({ min: 0, max: 3000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), fc.nat(1e6), async (actions, seed) => {
        const { clock, pods, addresses, ledger, population, sessions } = await ready(
          [
            { name: 'a', count: 20, protocolVersion: 4 },
            { name: 'b', count: 20, protocolVersion: 5, persistent: true, reconnect: pahoPython },
            { name: 'd', count: 5, protocolVersion: 5, persistent: true, offline: true },
          ],
          { pods: 3, seed },
        );
        const agree = () => {
          const connections = population.connectionsByPod();
          expect(pods.map((pod) => pod.open.size)).toEqual(pods.map((_, i) => connections.get(`emqx-${i}`) ?? 0));
          expect(population.connected).toBe(pods.reduce((sum, pod) => sum + pod.open.size, 0));
          expect(ledger.connectedNow).toBe(population.connected);
        };
        for (const { pod: i, what, waitMs } of actions) {
          const pod = pods[i]!;
          const name = `emqx-${i}`;
          if (what === 'evict') pod.evict(5);
          if (what === 'shutdown') pod.shutdown();
          if (what === 'refuse') pod.refuseWith = 0x9c;
          if (what === 'accept') pod.refuseWith = undefined;
          if (what === 'vanish') addresses.delete(name);
          if (what === 'freeze') addresses.set(name, 'silent');
          if (what === 'restore') addresses.set(name, pod);
          agree();
          await clock.advance(waitMs);
          agree();
        }
        pods.forEach((pod, i) => {
          pod.refuseWith = undefined;
          addresses.set(`emqx-${i}`, pod);
        });
        await clock.advance(300_000); // the longest back-off and two timeouts
        agree();
        expect(population.connected).toBe(40);
        const report = ledger.report();
        expect(report).toMatchObject({ clients: 40, stillOffline: 0, sessionsLost: 0 });
        expect(sessions.size).toBe(25);
        const { histogram } = report.disconnectsPerClient;
        expect(histogram.reduce((sum, clients, n) => sum + clients * n, 0)).toBe(report.disconnects);
      }),
      { numRuns: 40 },
    );
  });

  it('is the same run for the same seed', async () => {
    const reports = [];
    for (const seed of [5, 5, 6]) {
      const { clock, pods, ledger } = await ready(mixedFleet(200, 10), { pods: 3, seed });
      pods[1]!.shutdown();
      await clock.advance(5000);
      reports.push(JSON.stringify(ledger.report()));
    }
    expect(reports[0]).toBe(reports[1]);
    expect(reports[0]).not.toBe(reports[2]);
  });
});
