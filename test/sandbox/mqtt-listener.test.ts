import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { generate, type Packet, parser } from 'mqtt-packet';
import { MqttProber } from '../../src/emqx';
import { MqttListener } from '../../src/sandbox/mqtt/mqtt-listener';
import { Cleanup, next, TestWorld } from './test-world';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

type Version = 3 | 4 | 5;

/** One node's MQTT port, on a clock that stands still unless the test lets it run. */
async function node(options: { licensedConnections?: number } = {}) {
  const world = await TestWorld.of(['emqx-0'], options);
  const listener = new MqttListener(world.clock);
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    accepted.push(socket);
    listener.accept(socket, world.node('emqx-0'));
  }).listen(0, '127.0.0.1');
  await next(server, 'listening');
  cleanup.add(() => new Promise((resolve) => server.close(resolve)));
  cleanup.add(() => accepted.map((socket) => socket.destroy()));
  const { port } = server.address() as AddressInfo;
  return { world, accepted, port, dial: () => dial(port) };
}

/** A raw client that collects what it is sent. */
function dial(port: number) {
  const socket = connect(port, '127.0.0.1');
  cleanup.add(() => socket.destroy());
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  const received: Packet[] = [];
  let heard: (() => void) | undefined;
  let reader = parser();
  const speak = (version: Version) => {
    reader = parser({ protocolVersion: version });
    reader.on('packet', (packet) => {
      received.push(packet);
      heard?.();
    });
  };
  speak(4);
  socket.on('data', (chunk) => reader.parse(chunk));
  const answer = () =>
    new Promise<Packet>((resolve) => {
      heard = () => resolve(received.at(-1)!);
    });
  const send = (packet: Packet, version: Version = 4) => socket.write(generate(packet, { protocolVersion: version }));
  const connected = async (version: Version = 4, rest: object = {}) => {
    speak(version);
    const connack = answer();
    send(hello(version, rest), version);
    return connack;
  };
  return { socket, closed, received, answer, send, speak, connected };
}

function hello(version: Version, rest: object = {}): Packet {
  const protocolId = version === 3 ? 'MQIsdp' : 'MQTT';
  return { cmd: 'connect', clientId: 'raw', protocolId, protocolVersion: version, clean: true, keepalive: 0, ...rest };
}

const publish: Packet = { cmd: 'publish', topic: 'a', payload: 'x', qos: 0, dup: false, retain: false };

describe('what is no MQTT', () => {
  const malformed: [string, Buffer][] = [
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n')],
    ['a TLS hello', Buffer.from('1603010200010001fc0303', 'hex')],
    ['a length of five bytes', Buffer.from('10ffffffffff', 'hex')],
    ['a PINGREQ before CONNECT', generate({ cmd: 'pingreq' })],
    ['a CONNECT of MQTT 7', Buffer.from('100d00044d5154540702003c00016100', 'hex')],
    ['a CONNECT that ends too soon', Buffer.from('100400044d51', 'hex')],
    ['a CONNECT whose will has no place to go', generate(hello(4, { will: { topic: 'a/#', payload: 'x' } }))],
    ['a packet of a server', generate({ cmd: 'connack', returnCode: 0, sessionPresent: false })],
  ];
  it.each(malformed)('closes the connection: %s', async (_name, bytes) => {
    const { dial } = await node();
    const client = dial();
    client.socket.write(bytes);
    await client.closed;
    expect(client.received).toEqual([]);
  });

  const afterConnect: [string, Buffer][] = [
    ['a second CONNECT', generate(hello(4, { clientId: 'other' }))],
    ['a publish to a wildcard', Buffer.from('3004000161' + '2b', 'hex').fill('+', 4, 5)],
    ['a publish of QoS 3', Buffer.from('360300016100', 'hex')],
    ['a SUBACK', generate({ cmd: 'suback', messageId: 1, granted: [0] })],
    ['a PUBREC, which nobody waits for', generate({ cmd: 'pubrec', messageId: 1 })],
  ];
  it.each(afterConnect)('closes the connection, and nothing behind it counts: %s', async (_name, bytes) => {
    const { world, dial } = await node();
    const client = dial();
    await client.connected();
    client.socket.write(Buffer.concat([bytes, generate(publish)]));
    await client.closed;
    const { live, metrics } = world.node('emqx-0').sessions;
    expect(live.size).toBe(0);
    expect(metrics['messages.received']).toBe(0);
    expect(client.received).toHaveLength(1);
  });

  it('never gets past the listener, whatever the bytes are', async () => {
    const { world, dial, accepted } = await node();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<Version>(3, 4, 5),
        fc.boolean(),
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 15 }),
        async (version, greets, chunks, command) => {
          const client = dial();
          const served = accepted.length;
          if (greets) await client.connected(version);
          for (const [index, chunk] of chunks.entries()) {
            // Most of these look like packets, so that they get deep into the parser.
            const header = Buffer.from([((command + index) % 16) << 4, chunk.length]);
            client.socket.write(index % 4 === 3 ? chunk : Buffer.concat([header, chunk]));
          }
          client.socket.end();
          await client.closed;
          expect(accepted.length).toBeGreaterThanOrEqual(served);
        },
      ),
      { numRuns: 300 },
    );
    await Promise.all(accepted.map((socket) => socket.closed || next(socket, 'close')));
    expect(world.node('emqx-0').sessions.live.size).toBe(0);
    const client = dial();
    expect(await client.connected()).toMatchObject({ cmd: 'connack', returnCode: 0 });
  });

  it('is not collected without end: a packet above 1 MiB closes the connection', async () => {
    const { dial, accepted } = await node();
    const client = dial();
    await client.connected();
    client.socket.write(Buffer.from('30ffffff7f000161', 'hex'));
    const chunk = Buffer.alloc(64 * 1024);
    const pour = () => {
      while (!client.socket.destroyed && client.socket.write(chunk));
    };
    client.socket.on('drain', pour);
    pour();
    await client.closed;
    expect(accepted[0]!.bytesRead).toBeLessThan(1024 * 1024 + 128 * 1024);
  });
});

describe('a CONNECT', () => {
  it('of a client without an id that wants to leave a session behind is refused', async () => {
    const { dial } = await node();
    const client = dial();
    const connack = client.answer();
    client.socket.write(Buffer.from('100c00044d5154540400003c0000', 'hex'));
    expect(await connack).toMatchObject({ cmd: 'connack', returnCode: 2, sessionPresent: false });
    await client.closed;
  });

  it('in MQTT 5 is answered with what the node does', async () => {
    const { dial } = await node();
    expect(await dial().connected(5)).toMatchObject({
      reasonCode: 0,
      sessionPresent: false,
      properties: { maximumPacketSize: 1_048_576, receiveMaximum: 100, topicAliasMaximum: 65_535 },
    });
  });

  it('in MQTT 5 with an authentication of its own is refused', async () => {
    const { dial } = await node();
    const client = dial();
    const connack = await client.connected(5, { properties: { authenticationMethod: 'SCRAM-SHA-256' } });
    expect(connack).toMatchObject({ cmd: 'connack', reasonCode: 0x8c });
    await client.closed;
  });

  it('that does not come within 15 s closes the connection', async () => {
    const { world, dial, accepted } = await node();
    const client = dial();
    await next(client.socket, 'connect');
    while (accepted.length === 0) await new Promise(setImmediate);
    await world.clock.advance(14_999);
    expect(accepted[0]!.destroyed).toBe(false);
    await world.clock.advance(1);
    await client.closed;
  });

  it('to a node that has just ended closes the connection', async () => {
    const { world, dial } = await node();
    const client = dial();
    world.node('emqx-0').kill();
    client.send(hello(4));
    await client.closed;
    expect(client.received).toEqual([]);
  });
});

describe('keep-alive', () => {
  it.each([
    ['MQTT 3.1.1, by a bare close', 4, 1],
    ['MQTT 5, with reason 0x8D', 5, 2],
  ] as const)('ends a connection after 1.5 times the time without a word: %s', async (_name, version, packets) => {
    const { world, dial } = await node();
    const client = dial();
    await client.connected(version, { keepalive: 10 });
    await world.clock.advance(14_000);
    const pong = client.answer();
    client.send({ cmd: 'pingreq' }, version);
    expect(await pong).toMatchObject({ cmd: 'pingresp' });
    await world.clock.advance(14_999);
    expect(world.node('emqx-0').sessions.live.size).toBe(1);
    await world.clock.advance(1);
    expect(world.node('emqx-0').sessions.live.size).toBe(0);
    await client.closed;
    expect(client.received).toHaveLength(packets + 1);
    if (version === 5) expect(client.received.at(-1)).toMatchObject({ cmd: 'disconnect', reasonCode: 0x8d });
  });

  it('of 0 lets a client be silent for ever', async () => {
    const { world, dial } = await node();
    await dial().connected(4, { keepalive: 0 });
    await world.clock.advance(86_400_000);
    expect(world.node('emqx-0').sessions.live.size).toBe(1);
  });
});

describe('subscriptions', () => {
  it.each([
    [4, [1, 0, 0x80, 0x80, 1, 1, 0x80, 0x80, 0x80]],
    [5, [1, 0, 0x8f, 0x8f, 1, 1, 0x8f, 0x8f, 0x87]],
  ] as const)('of MQTT version %i are granted one by one', async (version, granted) => {
    const { dial } = await node();
    const client = dial();
    await client.connected(version);
    const suback = client.answer();
    const filters = ['a/+/#', 'a', 'a/#/b', 'a+', '$share/group/a', '$queue/#', '$share/a+/b', '$share/a', '$SYS/#'];
    const subscriptions = filters.map((topic, index) => ({ topic, qos: index === 1 ? (0 as const) : (2 as const) }));
    client.send({ cmd: 'subscribe', messageId: 7, subscriptions }, version);
    expect(await suback).toMatchObject({ cmd: 'suback', messageId: 7, granted });
  });
});

describe('a message of QoS 2', () => {
  it('is published once, however often it is sent before its release', async () => {
    const { world, dial } = await node();
    const client = dial();
    await client.connected();
    const { metrics } = world.node('emqx-0').sessions;
    const step = async (packet: Packet) => {
      const answer = client.answer();
      client.send(packet);
      return answer;
    };
    const message: Packet = { ...publish, qos: 2, messageId: 9 };
    expect(await step(message)).toMatchObject({ cmd: 'pubrec', messageId: 9 });
    expect(await step({ ...message, dup: true })).toMatchObject({ cmd: 'pubrec', messageId: 9 });
    expect(metrics['messages.received']).toBe(1);
    expect(await step({ cmd: 'pubrel', messageId: 9 })).toMatchObject({ cmd: 'pubcomp', messageId: 9 });
    await step(message);
    expect(metrics['messages.received']).toBe(2);
  });
});

it('a client that releases none of its messages of QoS 2 is cut off at the 101st', async () => {
  const { world, dial } = await node();
  const client = dial();
  await client.connected();
  for (let messageId = 1; messageId <= 101; messageId++) client.send({ ...publish, qos: 2, messageId });
  await client.closed;
  expect(world.node('emqx-0').sessions.metrics['messages.received']).toBe(100);
});

it.each([
  ['0', { topicAlias: 0 }, 'a'],
  ['that stands for nothing', { topicAlias: 7 }, ''],
])('a topic alias %s closes the connection', async (_, properties, topic) => {
  const { dial } = await node();
  const client = dial();
  await client.connected(5);
  client.send({ ...publish, properties: { topicAlias: 1 } }, 5);
  client.send({ ...publish, topic, properties }, 5);
  await client.closed;
});

it('the will of a client that is lost waits as long as MQTT 5 lets it, and a clean goodbye can ask for it', async () => {
  const { world, dial } = await node();
  const watcher = dial();
  await watcher.connected(4, { clientId: 'watcher' });
  const suback = watcher.answer();
  watcher.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'wills/#', qos: 0 }] });
  await suback;
  const leave = async (clientId: string, properties: object) => {
    const client = dial();
    const will = { topic: `wills/${clientId}`, payload: 'gone', properties };
    await client.connected(5, { clientId, will, properties: { sessionExpiryInterval: 3600 } });
    client.send({ cmd: 'disconnect', reasonCode: 0x04 }, 5);
    await client.closed;
  };
  const wills = () => watcher.received.flatMap((packet) => (packet.cmd === 'publish' ? packet.topic : []));
  const first = watcher.answer();
  await leave('patient', { willDelayInterval: 10 });
  await leave('hasty', {});
  await first;
  await world.clock.advance(9999);
  expect(wills()).toEqual(['wills/hasty']);
  const second = watcher.answer();
  await world.clock.advance(1);
  await second;
  expect(wills()).toEqual(['wills/hasty', 'wills/patient']);
});

describe('a client that does not read', () => {
  it('is read from no more, and loses messages of QoS 0', async () => {
    const { world, dial, accepted } = await node();
    const slow = dial();
    await slow.connected(4, { clientId: 'slow' });
    const suback = slow.answer();
    slow.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a', qos: 0 }] });
    await suback;
    slow.socket.pause();
    const message = { topic: 'a', payload: new Uint8Array(64 * 1024), qos: 0 as const };
    for (let i = 0; i < 1000; i++) world.node('emqx-0').publish(message);
    // 64 MiB were published; what waits here is the bound and at most one message.
    expect(accepted[0]!.writableLength).toBeGreaterThan(1024 * 1024);
    expect(accepted[0]!.writableLength).toBeLessThan(1024 * 1024 + 2 * 65_600);
    slow.send({ cmd: 'pingreq' });
    while (!accepted[0]!.isPaused()) await new Promise(setImmediate);
    slow.send({ cmd: 'pingreq' });
    const pong = new Promise<void>((resolve) => {
      const check = () => {
        if (slow.received.filter(({ cmd }) => cmd === 'pingresp').length === 2) resolve();
      };
      slow.socket.on('data', check);
    });
    slow.socket.resume();
    await pong;
  });
});

describe('a node with a limit of connections per second', () => {
  it('answers those that are too many in the next second', async () => {
    const { world, dial } = await node();
    world.node('emqx-0').acceptLimit.perSecond = 1;
    const first = dial();
    expect(await first.connected()).toMatchObject({ cmd: 'connack', returnCode: 0 });
    const second = dial();
    const connack = second.connected();
    await until(() => world.node('emqx-0').acceptLimit.queued === 1);
    expect(world.node('emqx-0').sessions.live.size).toBe(1);
    await world.clock.advance(1_000);
    expect(await connack).toMatchObject({ cmd: 'connack', returnCode: 0 });
  });
});

describe('a node that is frozen', () => {
  it('takes the connection, and answers when it thaws', async () => {
    const { world, dial } = await node();
    world.node('emqx-0').responsiveness.freeze(20_000);
    const client = dial();
    let answered = false;
    const connack = client.connected().then((packet) => {
      answered = true;
      return packet;
    });
    const gone = dial();
    await next(gone.socket, 'connect');
    gone.send(hello(4, { clientId: 'gone' }));
    gone.socket.destroy();
    await gone.closed;
    await until(() => world.node('emqx-0').responsiveness.unanswered === 2);
    await world.clock.advance(19_999);
    expect(answered).toBe(false);
    await world.clock.advance(1);
    expect(await connack).toMatchObject({ cmd: 'connack', returnCode: 0 });
    expect(world.node('emqx-0').sessions.live.size).toBe(1);
  });

  it('does not serve, as a probe sees it; one that refuses devices does not either', async () => {
    const { world, port } = await node();
    const probe = (timeoutMs: number) => {
      const prober = new MqttProber((_pod, number) => {
        return new Promise((resolve) => {
          const socket = connect(number, '127.0.0.1', () => resolve(socket));
        });
      }, timeoutMs);
      return prober.probe({ namespace: 'default', name: 'emqx-0' }, [{ kind: 'mqtt', port }]);
    };
    // A busy machine may take its time to answer.
    expect(await probe(60_000)).toEqual({ state: 'serves' });
    await until(() => world.node('emqx-0').sessions.live.size === 0); // nothing of it stays
    expect(world.node('emqx-0').sessions.channels).toBe(0);
    world.node('emqx-0').responsiveness.freeze(60_000);
    expect(await probe(200)).toMatchObject({
      state: 'silent',
      reason: expect.stringMatching(/no answer within 0.2 s$/),
    });
  });
});

/** Resolves when something holds that sockets bring about. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
