import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  bytesOf,
  CONTROL,
  FIN,
  type Frame,
  FrameReader,
} from '../../../src/sandbox/kubernetes-api/port-forward/spdy/frames';
import { HeaderCodec } from '../../../src/sandbox/kubernetes-api/port-forward/spdy/header-codec';
import { HEADER_DICTIONARY } from '../../../src/sandbox/kubernetes-api/port-forward/spdy/header-dictionary';
import { forwardStreams } from '../../../src/sandbox/kubernetes-api/port-forward/spdy-forward';
import { LOOPBACK, listen } from '../../../src/sandbox/listen';
import { Cleanup, next } from '../test-world';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

test('the dictionary is the one of the protocol: zlib names it by this checksum', () => {
  let [a, b] = [1, 0];
  for (const byte of HEADER_DICTIONARY) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  expect((b * 2 ** 16 + a).toString(16)).toBe('e3c6a7c2');
});

test('headers are read as they were written, block after block', async () => {
  const [writer, reader] = [new HeaderCodec(), new HeaderCodec()];
  const all = [
    new Map([
      ['streamtype', 'data'],
      ['port', '8081'],
    ]),
    new Map(),
    new Map([
      ['streamtype', 'error'],
      ['ü', 'ä'],
    ]),
  ];
  for (const headers of all) expect(await reader.read(await writer.write(headers))).toEqual(headers);
  writer.close();
  reader.close();
});

test('a header that is damaged is not read', async () => {
  const codec = new HeaderCodec();
  await expect(codec.read(Buffer.from('no zlib'))).rejects.toThrow();
  codec.close();
});

test('frames are found however they are cut', () => {
  const frames: Frame[] = [
    { kind: 'control', type: CONTROL.ping, flags: 0, body: Buffer.from([0, 0, 0, 1]) },
    { kind: 'data', streamId: 2 ** 31 - 1, flags: FIN, body: Buffer.from('abc') },
    { kind: 'data', streamId: 3, flags: 0, body: Buffer.alloc(7_000, 1) },
  ];
  const bytes = Buffer.concat(frames.map(bytesOf));
  for (const size of [1, 7, 11, bytes.length]) {
    const reader = new FrameReader();
    const seen: Frame[] = [];
    for (let at = 0; at < bytes.length; at += size) seen.push(...reader.take(bytes.subarray(at, at + size)));
    expect(seen).toEqual(frames);
  }
});

/** The client's side of a forwarded connection: what kubectl does, in bytes. */
class Client {
  readonly frames: Frame[] = [];
  private readonly reader = new FrameReader();
  private readonly headers = new HeaderCodec();

  constructor(readonly socket: Socket) {
    socket.on('data', (bytes: Buffer) => this.frames.push(...this.reader.take(bytes)));
    socket.on('error', () => undefined);
    cleanup.add(() => {
      socket.destroy();
      this.headers.close();
    });
  }

  async open(streamId: number, type: 'data' | 'error', port: number, request: string): Promise<void> {
    const block = await this.headers.write(
      new Map([
        ['streamtype', type],
        ['port', String(port)],
        ['requestid', request],
      ]),
    );
    const head = Buffer.alloc(10);
    head.writeUInt32BE(streamId);
    this.send({ kind: 'control', type: CONTROL.synStream, flags: 0, body: Buffer.concat([head, block]) });
  }

  send(frame: Frame): void {
    this.socket.write(bytesOf(frame));
  }

  data(streamId: number, content: string, flags = 0): void {
    this.send({ kind: 'data', streamId, flags, body: Buffer.from(content) });
  }

  /** What has come of a stream, once it has ended. */
  async ended(streamId: number): Promise<string> {
    const own = () => this.frames.filter((frame) => frame.kind === 'data' && frame.streamId === streamId);
    while (!own().some(({ flags }) => flags & FIN)) await once(this.socket, 'data');
    return Buffer.concat(own().map(({ body }) => body)).toString();
  }
}

/** A client whose ports lead to these servers, by number. */
async function clientOf(targets: Record<number, (socket: Socket) => void>): Promise<Client> {
  const ports = new Map<number, number>();
  for (const [port, serve] of Object.entries(targets)) {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      cleanup.add(() => socket.destroy()); // its own half stays open
      serve(socket);
    });
    cleanup.add(() => server.close());
    ports.set(Number(port), await listen(server));
  }
  const dial = (port: number): Duplex => connect({ host: LOOPBACK, port: ports.get(port) ?? 1, allowHalfOpen: true });
  const gate = createServer((socket) => forwardStreams(socket, dial));
  cleanup.add(() => gate.close());
  const socket = connect(await listen(gate), LOOPBACK);
  await next(socket, 'connect');
  return new Client(socket);
}

describe('ports forwarded over SPDY', () => {
  /** Answers when the other side has said everything. */
  const echo = (socket: Socket) => {
    const said: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => said.push(chunk));
    socket.on('end', () => socket.end(`echo ${Buffer.concat(said)}`));
  };

  test('carry each connection both ways, to the end of either side', async () => {
    const client = await clientOf({ 8081: echo });
    await client.open(1, 'error', 8081, 'a');
    await client.open(3, 'data', 8081, 'a');
    client.data(3, 'one ');
    client.data(3, 'two', FIN);
    expect(await client.ended(3)).toBe('echo one two');
    expect(await client.ended(1)).toBe('');
    const replies = client.frames.filter((frame) => frame.kind === 'control' && frame.type === CONTROL.synReply);
    expect(replies.map(({ body }) => body.readUInt32BE(0))).toEqual([1, 3]);
  });

  test('do not mix connections, whichever stream comes first', async () => {
    const client = await clientOf({ 1: echo, 2: (socket) => socket.end('two') });
    await client.open(1, 'data', 1, 'a');
    await client.open(3, 'error', 2, 'b');
    await client.open(5, 'data', 2, 'b');
    await client.open(7, 'error', 1, 'a');
    client.data(1, 'x', FIN);
    expect([await client.ended(5), await client.ended(1)]).toEqual(['two', 'echo x']);
  });

  test('tell on the stream for errors that nobody listens', async () => {
    const client = await clientOf({});
    await client.open(1, 'error', 9, 'a');
    await client.open(3, 'data', 9, 'a');
    expect(await client.ended(1)).toMatch(/ECONNREFUSED/);
    expect(await client.ended(3)).toBe('');
  });

  test('answer a ping, drop the pod’s connection with the stream, and end when the client goes', async () => {
    const dropped: Promise<unknown>[] = [];
    const client = await clientOf({ 1: (socket) => dropped.push(next(socket.resume(), 'end')) });
    const ping: Frame = { kind: 'control', type: CONTROL.ping, flags: 0, body: Buffer.from([0, 0, 0, 7]) };
    client.send(ping);
    await client.open(1, 'error', 1, 'a');
    await client.open(3, 'data', 1, 'a');
    while (dropped.length === 0) await new Promise(setImmediate);
    expect(client.frames).toContainEqual(ping);
    client.send({ kind: 'control', type: CONTROL.rstStream, flags: 0, body: Buffer.from([0, 0, 0, 3, 0, 0, 0, 5]) });
    await dropped[0];
    const closed = next(client.socket, 'close');
    client.send({ kind: 'control', type: CONTROL.goAway, flags: 0, body: Buffer.alloc(8) });
    await closed;
  });

  test('end at once when what comes is no SPDY', async () => {
    const client = await clientOf({});
    const closed = next(client.socket, 'close');
    const body = Buffer.concat([Buffer.alloc(10), Buffer.from('no zlib')]);
    client.send({ kind: 'control', type: CONTROL.synStream, flags: 0, body });
    await closed;
  });
});
