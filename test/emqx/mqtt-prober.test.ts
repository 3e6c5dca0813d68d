import { getEventListeners } from 'node:events';
import { type AddressInfo, createServer, connect as dialTo, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';
import { MqttProber } from '../../src/emqx';
import type { DeviceListener } from '../../src/upgrade';
import { CERTIFICATE } from './_certificate';

const POD = { namespace: 'mqtt', name: 'emqx-0' };

const servers: Server[] = [];
const sockets = new Set<Socket>();

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A listener that does this with each connection. */
const listener = (serve: (socket: Socket) => void) => listening(createServer(serve));

/** A broker that answers CONNECT with this return code, and notes what it was sent. */
async function broker(returnCode: number, seen: Packet[] = []): Promise<number> {
  return listener((socket) => {
    const packets = parser();
    packets.on('packet', (packet) => {
      seen.push(packet);
      if (packet.cmd === 'connect') socket.write(generate({ cmd: 'connack', returnCode, sessionPresent: false }));
      if (packet.cmd === 'disconnect') socket.end();
    });
    socket.on('data', (chunk: Buffer) => packets.parse(chunk));
  });
}

function probing(patienceMs = 10_000) {
  const prober = new MqttProber((_pod, port) => {
    return new Promise((resolve, reject) => {
      const socket = dialTo(port, '127.0.0.1', () => resolve(socket)).on('error', reject);
    });
  }, patienceMs);
  return (...listeners: DeviceListener[]) => prober.probe(POD, listeners);
}

describe('a probe of MQTT', () => {
  test('whose connection breaks at once is no answer, for the reason it broke', async () => {
    const prober = new MqttProber(async () => {
      const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
      setImmediate(() => stream.destroy(new Error('the pod has no such port')));
      return stream;
    });
    expect(await prober.probe(POD, [{ kind: 'mqtt', port: 1883 }])).toEqual({
      state: 'silent',
      reason: 'mqtt (port 1883): the pod has no such port',
    });
  });

  test('connects with a clean session and an id of its own, says goodbye, and ends when that was heard', async () => {
    const seen: Packet[] = [];
    const port = await broker(0, seen);
    expect(await probing()({ kind: 'mqtt', port })).toEqual({ state: 'serves' });
    expect(await probing()({ kind: 'mqtt', port })).toEqual({ state: 'serves' });
    expect(seen.map(({ cmd }) => cmd)).toEqual(['connect', 'disconnect', 'connect', 'disconnect']);
    const connects = seen.filter((packet): packet is IConnectPacket => packet.cmd === 'connect');
    expect(connects).toHaveLength(2);
    expect(connects[0]).toMatchObject({ clean: true, protocolVersion: 4 });
    expect(connects[0]!.will).toBeUndefined();
    expect(connects[0]!.clientId).toMatch(/^emqx-blue-green-probe-/);
    expect(connects[0]!.clientId).not.toBe(connects[1]!.clientId);
  });

  test('is answered by a broker that does not close after the goodbye, and lets go of it', async () => {
    let closed: Promise<void> | undefined;
    const port = await listener((socket) => {
      closed = new Promise((resolve) => socket.on('close', () => resolve()));
      socket.once('data', () => socket.write(generate({ cmd: 'connack', returnCode: 0, sessionPresent: false })));
      socket.resume();
    });
    expect(await probing()({ kind: 'mqtt', port })).toEqual({ state: 'serves' });
    await closed;
  });

  test.each([1, 2, 4, 5])('takes return code %i, a refused device, for an answer', async (code) => {
    expect(await probing()({ kind: 'mqtt', port: await broker(code) })).toEqual({ state: 'serves' });
  });

  test('does not take "server unavailable" for one: devices would be refused, too', async () => {
    const port = await broker(3);
    expect(await probing()({ kind: 'mqtt', port })).toEqual({
      state: 'silent',
      reason: `mqtt (port ${port}) says: server unavailable`,
    });
  });

  test('is silent where the connection is taken and nothing is ever said, and lets go of it', async () => {
    let closed: Promise<void> | undefined;
    const port = await listener((socket) => {
      closed = new Promise((resolve) => socket.resume().on('close', () => resolve()));
    });
    expect(await probing(50)({ kind: 'mqtt', port })).toEqual({
      state: 'silent',
      reason: `mqtt (port ${port}): no answer within 0.05 s`,
    });
    expect(closed).toBeDefined();
    await closed;
  });

  test('is silent where nobody listens', async () => {
    const port = await broker(0);
    await new Promise((resolve) => servers.splice(0)[0]!.close(resolve));
    expect(await probing()({ kind: 'mqtt', port })).toEqual({
      state: 'silent',
      reason: expect.stringMatching(/ECONNREFUSED/),
    });
  });

  test('takes a connection that the listener ends for an answer', async () => {
    const port = await listener((socket) => socket.end());
    expect(await probing()({ kind: 'mqtt', port })).toEqual({ state: 'serves' });
  });

  test('begins with the header of the PROXY protocol where that is expected', async () => {
    let first = '';
    const port = await listener((socket) => {
      socket.once('data', (chunk: Buffer) => {
        first = chunk.toString('latin1');
        socket.write(generate({ cmd: 'connack', returnCode: 0, sessionPresent: false }));
      });
    });
    expect(await probing()({ kind: 'mqtt', port, proxyProtocol: true })).toEqual({ state: 'serves' });
    expect(first).toMatch(/^PROXY UNKNOWN\r\n/);
  });
});

test('a probe of WebSockets makes their handshake', async () => {
  let request = '';
  const port = await listener((socket) => {
    socket.once('data', (chunk: Buffer) => {
      request = chunk.toString();
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    });
  });
  expect(await probing()({ kind: 'ws', port })).toEqual({ state: 'serves' });
  expect(request).toMatch(/^GET \/mqtt HTTP\/1\.1\r\n[\s\S]*Sec-WebSocket-Protocol: mqtt\r\n/);
});

describe('a probe of TLS', () => {
  test('makes the handshake, whoever the certificate is for', async () => {
    const port = await listening(createTlsServer(CERTIFICATE));
    for (const kind of ['mqtts', 'wss'] as const) {
      expect(await probing()({ kind, port })).toEqual({ state: 'serves' });
    }
  });

  test('takes the demand for a certificate of the device for an answer', async () => {
    const server = createTlsServer({
      ...CERTIFICATE,
      requestCert: true,
      rejectUnauthorized: true,
      ca: CERTIFICATE.cert,
    });
    server.on('tlsClientError', () => undefined);
    expect(await probing()({ kind: 'mqtts', port: await listening(server) })).toEqual({ state: 'serves' });
  });

  test('is silent where the handshake never comes', async () => {
    const port = await listener((socket) => socket.resume());
    expect(await probing(50)({ kind: 'mqtts', port })).toMatchObject({ state: 'silent' });
  });
});

test('a probe that is over leaves nothing behind on the signal of who asked', async () => {
  const { signal } = new AbortController();
  const prober = new MqttProber(async (_pod, port) => dialTo(port, '127.0.0.1'));
  const [answers, ends] = [await broker(0), await listener((socket) => socket.destroy())];
  for (const port of [answers, ends]) await prober.probe(POD, [{ kind: 'mqtt', port }], signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('every listener must answer, and none is known where there is none', async () => {
  const port = await broker(0);
  const frozen = await listener((socket) => socket.resume());
  expect(await probing(200)({ kind: 'mqtt', port }, { kind: 'ws', port: frozen })).toEqual({
    state: 'silent',
    reason: `ws (port ${frozen}): no answer within 0.2 s`,
  });
  expect(await probing()()).toEqual({ state: 'unknown' });
  const without = new MqttProber(() => undefined);
  expect(await without.probe(POD, [{ kind: 'mqtt', port }])).toEqual({ state: 'unknown' });
});
