import { Duplex } from 'node:stream';
import { bytesOf, CONTROL, FIN, type Frame, FrameReader } from './frames';
import { HeaderCodec } from './header-codec';

/** A stream that the client has opened. */
export class SpdyStream extends Duplex {
  constructor(
    readonly id: number,
    readonly headers: ReadonlyMap<string, string>,
    private readonly send: (frame: Frame, sent?: () => void) => void,
  ) {
    super({ allowHalfOpen: true });
  }

  override _read(): void {
    // The connection pushes.
  }

  override _write(body: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.send({ kind: 'data', streamId: this.id, flags: 0, body }, done);
  }

  override _final(done: () => void): void {
    this.send({ kind: 'data', streamId: this.id, flags: FIN, body: Buffer.alloc(0) }, done);
  }
}

/**
 * The server's side of a SPDY/3.1 connection, as far as Kubernetes uses it: the client opens streams, both sides send data
 * and end their direction, and pings are answered.
 *
 * There is no flow control: the library on the other side (moby/spdystream) has none either.
 */
export class SpdyConnection {
  private readonly reader = new FrameReader();
  private readonly headers = new HeaderCodec();
  private readonly streams = new Map<number, SpdyStream>();
  private work = Promise.resolve();

  /** @param opened gets each new stream. */
  constructor(
    private readonly transport: Duplex,
    private readonly opened: (stream: SpdyStream) => void,
  ) {
    transport.on('data', (bytes: Buffer) => this.take(bytes));
    transport.on('error', () => undefined); // 'close' comes after it
    transport.on('end', () => transport.end());
    transport.on('close', () => this.closed());
  }

  private take(bytes: Buffer): void {
    const frames = this.reader.take(bytes);
    // One after the other: a compressed header can be read only after the one before it.
    this.work = this.work.then(async () => {
      for (const frame of frames) await this.handle(frame);
    });
    this.work.catch(() => this.transport.destroy());
  }

  private async handle(frame: Frame): Promise<void> {
    if (frame.kind === 'data') this.pass(this.streams.get(frame.streamId), frame);
    else if (frame.type === CONTROL.synStream) await this.open(frame);
    else if (frame.type === CONTROL.ping) this.send(frame);
    else if (frame.type === CONTROL.rstStream) this.streams.get(frame.body.readUInt32BE(0))?.destroy();
    else if (frame.type === CONTROL.goAway) this.transport.end();
  }

  private pass(stream: SpdyStream | undefined, { body, flags }: Frame): void {
    if (!stream || stream.destroyed) return;
    if (body.length > 0) stream.push(body);
    if (flags & FIN) stream.push(null);
  }

  private async open({ body, flags }: Frame): Promise<void> {
    const id = body.readUInt32BE(0);
    const stream = new SpdyStream(id, await this.headers.read(body.subarray(10)), (frame, sent) =>
      this.send(frame, sent),
    );
    this.streams.set(id, stream);
    stream.on('error', () => undefined);
    stream.on('close', () => this.streams.delete(id));
    const reply = Buffer.concat([body.subarray(0, 4), await this.headers.write(new Map())]);
    this.send({ kind: 'control', type: CONTROL.synReply, flags: 0, body: reply });
    this.pass(stream, { kind: 'data', streamId: id, flags, body: Buffer.alloc(0) });
    this.opened(stream);
  }

  private send(frame: Frame, sent?: () => void): void {
    if (this.transport.writable) this.transport.write(bytesOf(frame), sent && (() => sent()));
    else sent?.();
  }

  private closed(): void {
    for (const stream of this.streams.values()) stream.destroy();
    this.headers.close();
  }
}
