import { type AddressInfo, createServer } from 'node:net';
import { MqttClient } from 'mqtt';
import { generate, type Packet, parser } from 'mqtt-packet';
import { demoFleet, type SocketClientGroup, SocketClients } from '../../src/sandbox/clients/socket-clients';
import { ClientLedger } from '../../src/simulator/clients/client-ledger';
import { mqttJsReconnect, type ReconnectPolicy } from '../../src/simulator/clients/reconnect-policy';
import { SimulatedClock } from '../../src/simulator/clock';
import { Random } from '../../src/simulator/random';
import { Cleanup, next, type TestWorldOptions } from './test-world';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const quick: ReconnectPolicy = mqttJsReconnect(20);

async function swarm(groups: SocketClientGroup[], pods = ['blue-0', 'green-0'], options: TestWorldOptions = {}) {
  const { world, port } = await cleanup.sandbox(pods, options);
  const ledger = new ClientLedger(world.clock);
  const clients = new SocketClients({ port, clock: world.clock, random: world.random, ledger }, groups);
  cleanup.add(() => clients.stop());
  return { world, ledger, clients };
}

/** Waits, by turns of the event loop, until it is so. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test('the library makes no room for the aliases of topics that nodes allow, a megabyte for each connection', async () => {
  const { world, clients } = await swarm([
    { name: 'c', count: 1, protocolVersion: 5, kind: 'library', reconnect: quick },
  ]);
  world.front.update(['blue-0']);
  const connected = jest.spyOn(MqttClient.prototype, 'emit');
  await clients.connectAll();
  const client = connected.mock.contexts.at(-1) as unknown as { connected: boolean; topicAliasSend?: unknown };
  expect(client.connected).toBe(true);
  expect(client.topicAliasSend).toBeUndefined();
  connected.mockRestore();
});

describe.each(['library', 'light'] as const)('clients of the kind "%s"', (kind) => {
  const both = (rest: Partial<SocketClientGroup>, name = 'c'): SocketClientGroup[] =>
    ([4, 5] as const).map((protocolVersion) => ({
      name: `${name}${protocolVersion}`,
      count: 3,
      protocolVersion,
      kind,
      reconnect: quick,
      ...rest,
    }));

  it('connect, are evicted once each, come back, and find their sessions', async () => {
    const groups = [...both({}), ...both({ persistent: true }, 'p')];
    const { world, ledger, clients } = await swarm(groups);
    world.front.update(['blue-0']);
    await clients.connectAll();
    expect(clients.connected).toBe(12);
    expect(world.node('blue-0').sessions.live.size).toBe(12);
    ledger.begin();
    world.front.update(['green-0']);
    world.evacuate('blue-0');
    await until(() => ledger.connectedNow === 12 && world.node('green-0').sessions.live.size === 12);
    expect(ledger.report()).toMatchObject({
      clients: 12,
      disconnectsByCause: { evicted: 12, 'taken-over': 0, shutdown: 0 },
      disconnectsPerClient: { max: 1 },
      refusedConnects: 0,
      sessionsKept: 6,
      sessionsLost: 0,
      stillOffline: 0,
    });
  });

  it('write down why they were refused, and try again until they are not', async () => {
    const { world, ledger, clients } = await swarm(both({ count: 1 }));
    world.front.update([]);
    const connected = clients.connectAll();
    await until(() => ledger.report().refusedByReason['tcp-refused'] >= 2);
    world.evacuate('blue-0');
    world.front.update(['blue-0']);
    await until(() => {
      const { rc3, '0x9C': useAnother } = ledger.report().refusedByReason;
      return rc3 >= 2 && useAnother >= 2;
    });
    world.front.update(['green-0']);
    await connected;
    expect(ledger.report()).toMatchObject({ stillOffline: 0, refusedByReason: { '0x97': 0, timeout: 0 } });
  });

  it('tell a full license in MQTT 5', async () => {
    const { ledger, clients } = await swarm(both({ count: 1 }), ['emqx-0'], { licensedConnections: 0 });
    const connected = clients.connectAll();
    await until(() => {
      const { rc3, '0x97': quota } = ledger.report().refusedByReason;
      return rc3 > 0 && quota > 0;
    });
    await clients.stop();
    await connected;
  });

  it('give up an attempt that nobody answers', async () => {
    const impatient: ReconnectPolicy = { ...quick, connackTimeoutMs: 30 };
    const { world, ledger, clients } = await swarm(both({ count: 1, reconnect: impatient }));
    world.frozen.add('blue-0');
    world.front.update(['blue-0']);
    const connected = clients.connectAll();
    await until(() => ledger.report().refusedByReason.timeout >= 2);
    world.front.update(['green-0']);
    await connected;
  });

  it('lose a session with its node, and subscribe again', async () => {
    const { world, ledger, clients } = await swarm(both({ persistent: true, count: 1 }));
    world.front.update(['blue-0']);
    await clients.connectAll();
    world.front.update(['green-0']);
    world.node('blue-0').kill();
    await until(() => world.node('green-0').sessions.metrics['client.subscribe'] === 2);
    expect(ledger.report()).toMatchObject({ sessionsLost: 2, sessionsKept: 0, disconnectsByCause: { shutdown: 1 } });
  });

  it('end when their library does, and nobody waits for them', async () => {
    const ends = { atDisconnect: true, atClose: true, afterFailures: 2 };
    const fragile = both({ reconnect: { ...quick, ends } });
    const { world, ledger, clients } = await swarm([...fragile, ...both({ persistent: true, offline: true }, 'd')]);
    world.front.update(['blue-0']);
    await clients.connectAll();
    world.evacuate('blue-0');
    world.front.update(['green-0']);
    await until(() => ledger.report().gaveUp === 6);
    expect(clients.lost).toEqual([
      { devices: 'c4', ending: 'close', count: 3 },
      { devices: 'c5', ending: 'disconnect', count: 3 },
    ]);
    await clients.stop();
  });

  it('end after failures, and the promise does not wait for that', async () => {
    const { world, ledger, clients } = await swarm(
      both({ count: 1, reconnect: { ...quick, ends: { afterFailures: 2 } } }),
    );
    world.front.update([]);
    await clients.connectAll();
    expect(ledger.report()).toMatchObject({ gaveUp: 2, stillOffline: 2, refusedByReason: { 'tcp-refused': 4 } });
  });

  it('do not subscribe again where their library does not', async () => {
    const { world, ledger, clients } = await swarm(
      both({ persistent: true, count: 1, reconnect: { ...quick, resubscribes: false } }),
    );
    world.front.update(['blue-0']);
    await clients.connectAll();
    world.front.update(['green-0']);
    world.node('blue-0').kill();
    await until(() => ledger.connectedNow === 2 && ledger.report().sessionsLost === 2);
    expect(ledger.report().deaf).toBe(2);
    expect(world.node('green-0').sessions.metrics['client.subscribe']).toBe(0);
  });

  it('go away as devices, and come back for their session and the message that waited', async () => {
    const { world, ledger, clients } = await swarm(both({ persistent: true, offline: true }));
    world.front.update(['blue-0']);
    await clients.connectAll();
    expect(clients.connected).toBe(0);
    expect(ledger.connectedNow).toBe(0);
    await until(() => world.node('blue-0').sessions.live.size === 0);
    expect(world.node('blue-0').sessions.channels).toBe(6);
    await clients.queueMessages();
    world.front.update(['green-0']);
    await clients.returnDevices();
    await until(() => ledger.report().messagesDelivered === 6);
    expect(clients.connected).toBe(6);
    expect(ledger.report()).toMatchObject({ sessionsKept: 6, sessionsLost: 0, messagesQueued: 6, disconnects: 0 });
  });

  it('end at once when the swarm stops, and write nothing down any more', async () => {
    const { world, ledger, clients } = await swarm([...both({}), ...both({ persistent: true, offline: true }, 'd')]);
    const connecting = clients.connectAll();
    await until(() => clients.connected > 0);
    await clients.stop();
    await connecting;
    expect(clients.connected).toBe(0);
    await until(() => world.node('blue-0').sessions.live.size + world.node('green-0').sessions.live.size === 0);
    expect(ledger.report()).toMatchObject({ disconnects: 0, refusedConnects: 0 });
  });
});

it('light clients come back as MQTT 3.1 where their library does', async () => {
  const reconnect: ReconnectPolicy = { ...quick, asMqtt31: 'alternating', cleanAgain: false };
  const group: SocketClientGroup = { name: 'c', count: 1, protocolVersion: 4, kind: 'light', reconnect };
  const { world, ledger, clients } = await swarm([group]);
  world.front.update(['blue-0']);
  await clients.connectAll();
  const levels: unknown[] = [];
  const { registry } = world.node('green-0').cluster;
  const open = registry.open.bind(registry);
  registry.open = (sessions, request, ...rest) => {
    levels.push([request.protocolVersion, request.cleanStart]);
    return open(sessions, request, ...rest);
  };
  world.front.update(['green-0']);
  world.evacuate('blue-0');
  await until(() => ledger.connectedNow === 1 && levels.length === 1);
  expect(levels).toEqual([[3, false]]);
});

it('light clients ping while they are silent, and leave a node that does not answer', async () => {
  const heard: Packet[] = [];
  const server = createServer((socket) => {
    const reader = parser();
    const tell = (packet: Packet) => socket.write(generate(packet, { protocolVersion: 5 }));
    socket.on('data', (chunk) => reader.parse(chunk));
    reader.on('packet', (packet) => {
      heard.push(packet);
      if (packet.cmd === 'connect') tell({ cmd: 'connack', reasonCode: 0, sessionPresent: false });
      else if (heard.length === 2) tell({ cmd: 'pingresp' });
    });
  }).listen(0, '127.0.0.1');
  await next(server, 'listening');
  cleanup.add(() => new Promise((resolve) => server.close(resolve)));
  const clock = new SimulatedClock();
  const ledger = new ClientLedger(clock);
  const { port } = server.address() as AddressInfo;
  const group: SocketClientGroup = { name: 'c', count: 1, protocolVersion: 5, kind: 'light' };
  const clients = new SocketClients({ port, clock, random: new Random(1), ledger }, [group]);
  cleanup.add(() => clients.stop());
  await clients.connectAll();
  await clock.advance(49_999);
  expect(heard).toHaveLength(1);
  for (const pings of [1, 2]) {
    await clock.advance(pings === 1 ? 1 : 50_000);
    await until(() => heard.length === 1 + pings);
    expect(heard.at(-1)).toMatchObject({ cmd: 'pingreq' });
  }
  await clock.advance(50_000);
  await until(() => ledger.connectedNow === 0);
  expect(ledger.report()).toMatchObject({ disconnectsByCause: { shutdown: 1 } });
});

it('a thousand clients and devices connect within seconds, none is refused', async () => {
  const { ledger, clients } = await swarm(demoFleet({ library: 100, light: 900, devices: 100 }));
  await clients.connectAll();
  expect(clients.connected).toBe(1000);
  expect(ledger.report()).toMatchObject({ clients: 1100, refusedConnects: 0, disconnects: 0 });
});

it('the fleet of the demo is as large as it was asked to be', () => {
  const fleet = demoFleet({ library: 301, light: 2700, devices: 300 });
  const count = (filter: (group: SocketClientGroup) => boolean) =>
    fleet.filter(filter).reduce((sum, group) => sum + group.count, 0);
  expect(count(({ kind }) => kind === 'library')).toBe(301);
  expect(count(({ kind, offline }) => kind === 'light' && !offline)).toBe(2700);
  expect(count(({ offline }) => offline === true)).toBe(300);
  expect(count(({ persistent, offline }) => persistent === true && !offline)).toBe(31);
});

it('two groups of one name are refused', async () => {
  const group: SocketClientGroup = { name: 'c', count: 1, protocolVersion: 5, kind: 'light' };
  await expect(swarm([group, group])).rejects.toThrow("client group 'c' must be unique");
});
