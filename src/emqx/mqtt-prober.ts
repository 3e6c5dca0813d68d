import { randomBytes, randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { connect as startTls } from 'node:tls';
import type { Packet } from 'mqtt-packet';
import type { DeviceListener, ProbeAnswer } from '../upgrade';
import { AnySignal } from '../upgrade/any-signal';
import type { PodRef } from './transport';

/** Opens a connection to a port of a pod; undefined where it cannot be reached. */
export type Dial = (pod: PodRef, port: number, timeoutMs: number) => Promise<Duplex> | undefined;

/** Probes the listeners of a pod as a device would connect. */
export interface Prober {
  probe(pod: PodRef, listeners: readonly DeviceListener[], signal?: AbortSignal): Promise<ProbeAnswer>;
}

/** A listener that takes longer does not serve, ms. */
const TIMEOUT_MS = 3_000;

/** Until a broker has closed a connection that said goodbye, ms. */
const GOODBYE_MS = 500;

/** Return code of MQTT 3.1.1: the node evacuates, or has reached the connection limit of its license. */
const SERVER_UNAVAILABLE = 3;

/** The header of the PROXY protocol for a connection of the proxy itself. */
const NO_PROXY = 'PROXY UNKNOWN\r\n';

/**
 * Probes over the same route as the management API.
 *
 * - `mqtt`: CONNECT of MQTT 3.1.1 with a clean session and an id of its own, CONNACK, DISCONNECT. A probe ends when the broker has
 *   closed the connection, and counts it no more. Any return code except "server unavailable" is an answer.
 * - `ws`: the handshake of a WebSocket. `mqtts`, `wss`: the handshake of TLS, whatever the certificate.
 * - A connection that the listener itself closes is an answer, too: a process reads there. Listeners that admit only known
 *   addresses do so.
 */
export class MqttProber implements Prober {
  constructor(
    private readonly dial: Dial,
    private readonly patienceMs = TIMEOUT_MS,
  ) {}

  async probe(pod: PodRef, listeners: readonly DeviceListener[], signal?: AbortSignal): Promise<ProbeAnswer> {
    const answers = await Promise.all(listeners.map((listener) => this.handshake(pod, listener, signal)));
    const silent = answers.filter((answer) => typeof answer === 'string');
    if (silent.length > 0) return { state: 'silent', reason: silent.join('; ') };
    return { state: answers.includes(true) ? 'serves' : 'unknown' };
  }

  /** Whether it answered; undefined where it cannot be reached, a reason where it did not answer. */
  private async handshake(
    pod: PodRef,
    listener: DeviceListener,
    signal?: AbortSignal,
  ): Promise<true | string | undefined> {
    const { kind, port } = listener;
    const deadline = AbortSignal.timeout(this.patienceMs);
    const opened = this.dial(pod, port, this.patienceMs);
    if (!opened) return undefined;
    const over = new AnySignal(signal, deadline);
    try {
      const stream = await within(opened, over.signal);
      // It may break at any moment from now on, even before the first byte, and after the last answer.
      const broken = new Promise<never>((_, reject) => stream.on('error', reject));
      const code = await within(Promise.race([handshakeFor(stream, listener), broken]), over.signal).finally(() =>
        stream.destroy(),
      );
      return code === SERVER_UNAVAILABLE ? `${kind} (port ${port}) says: server unavailable` : true;
    } catch (error) {
      // A connection that opens when nobody waits for it any more is closed.
      void opened.then((stream) => stream.on('error', () => undefined).destroy()).catch(() => undefined);
      signal?.throwIfAborted();
      const why = deadline.aborted ? `no answer within ${this.patienceMs / 1000} s` : (error as Error).message;
      return `${kind} (port ${port}): ${why}`;
    } finally {
      over.release();
    }
  }
}

/** Sends what a device sends first, and resolves with the return code of MQTT, or at any other answer. */
function handshakeFor(stream: Duplex, { kind, proxyProtocol }: DeviceListener): Promise<number | undefined> {
  if (proxyProtocol) stream.write(NO_PROXY);
  if (kind === 'mqtt') return handshakeMqtt(stream);
  if (kind === 'ws') return handshakeWebSocket(stream);
  return handshakeTls(stream);
}

/** The codec is loaded only for probes: no other command needs it. */
async function handshakeMqtt(stream: Duplex): Promise<number | undefined> {
  const { generate, parser } = await import('./mqtt-codec.js');
  return new Promise((resolve, reject) => {
    const packets = parser({ protocolVersion: 4 });
    packets.on('packet', (packet: Packet) => {
      if (packet.cmd !== 'connack') return reject(new Error(`an answer other than CONNACK: ${packet.cmd}`));
      const answered = () => resolve(packet.returnCode);
      if (packet.returnCode !== 0) return answered();
      stream.write(generate({ cmd: 'disconnect' }));
      const patience = setTimeout(answered, GOODBYE_MS);
      stream.once('close', answered).once('close', () => clearTimeout(patience));
    });
    packets.on('error', reject);
    stream.on('data', (chunk: Buffer) => packets.parse(chunk));
    stream.once('end', () => resolve(undefined));
    stream.on('error', reject);
    const clientId = `emqx-blue-green-probe-${randomUUID()}`;
    stream.write(
      generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId, keepalive: 10 }),
    );
  });
}

function handshakeWebSocket(stream: Duplex): Promise<undefined> {
  const lines = [
    'GET /mqtt HTTP/1.1',
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Protocol: mqtt',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
  ];
  return new Promise((resolve, reject) => {
    stream.once('data', () => resolve(undefined));
    stream.once('end', () => resolve(undefined));
    stream.on('error', reject);
    stream.write(`${lines.join('\r\n')}\r\n\r\n`);
  });
}

/** A listener that requires a client certificate, or refuses the handshake for another reason, has answered, too. */
function handshakeTls(stream: Duplex): Promise<undefined> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    stream.on('error', (error) => {
      failure = error;
      reject(error);
    });
    stream.once('end', () => resolve(undefined));
    const secure = startTls({ socket: stream, rejectUnauthorized: false }, () => {
      secure.destroy();
      resolve(undefined);
    });
    secure.on('error', (error: NodeJS.ErrnoException) => {
      if (failure === undefined && error.code?.startsWith('ERR_SSL')) resolve(undefined);
      else reject(error);
    });
  });
}

function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
