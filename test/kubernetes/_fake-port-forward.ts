import { createHash } from 'node:crypto';
import { type IncomingMessage, request, type Server } from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { KubeClient } from '../../src/kubernetes';
import { atEnd } from './_fake-server';

/** What a pod's port leads to: a port of this machine, words of the kubelet, an answer that is no WebSocket, or one that breaks. */
export type Target = { port: number } | { complaint: string } | { status: number } | 'silence' | 'cut';

/** A frame that closes with status 1000. */
const REGULAR_CLOSE = Buffer.from([0x88, 2, 1000 >> 8, 1000 & 0xff]);

const DATA = 0;
const ERROR = 1;

/**
 * Lets a server forward ports of pods as an API server and a kubelet do: one WebSocket for one connection, of which the
 * first byte of each message is the channel, and the first message of a channel the port.
 *
 * @see RFC 6455; k8s.io/kubelet, streaming/portforward/websocket.go
 */
export function forwardPorts(server: Server, targetOf: (pod: string, port: number) => Target): void {
  const open = new Set<Duplex>();
  // A server does not count these among its connections any more.
  atEnd(() => {
    for (const socket of open) socket.destroy();
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => {
    open.add(socket.on('close', () => open.delete(socket)));
    socket.on('error', () => undefined).on('end', () => socket.end());
    const url = new URL(incoming.url ?? '', 'http://localhost');
    const pod = /\/api\/v1\/namespaces\/mqtt\/pods\/([^/]+)\/portforward$/.exec(url.pathname)?.[1] ?? '';
    const port = Number(url.searchParams.get('ports'));
    const target = targetOf(pod, port);
    if (target === 'silence') return;
    if (target !== 'cut' && 'status' in target) {
      socket.end(`HTTP/1.1 ${target.status} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const key = `${incoming.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\nsec-websocket-protocol: v4.channel.k8s.io\r\n\r\n`,
    );
    const send = (channel: number, data: Buffer) => socket.write(frame(Buffer.concat([Buffer.from([channel]), data])));
    const named = Buffer.from([port & 0xff, port >> 8]);
    send(DATA, named);
    send(ERROR, named);
    if (target === 'cut') socket.end();
    else if ('complaint' in target) send(ERROR, Buffer.from(target.complaint));
    else {
      const connection = net.connect(target.port, '127.0.0.1');
      connection.on('data', (data) => send(DATA, data));
      connection.on('error', () => undefined).on('close', () => socket.end(REGULAR_CLOSE));
      socket.on('close', () => connection.destroy());
      messages(socket, (message) => void (message[0] === DATA && connection.write(message.subarray(1))));
    }
  });
}

/** Asks a pod over a forwarded port, by GET or, where there is a body, by POST; the text of its answer. */
export function askPod(
  { pods: agent }: KubeClient,
  pod = 'ee-0',
  body?: string,
  signal?: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const method = body === undefined ? 'GET' : 'POST';
    const options = { agent, method, headers, ...(signal && { signal }) };
    request(`http://${pod}.mqtt:8081/status`, options, (response) => void text(response).then(resolve, reject))
      .on('error', reject)
      .end(body);
  });
}

/** One binary message, in one frame. */
function frame(payload: Buffer): Buffer {
  const length =
    payload.length < 126
      ? Buffer.from([payload.length])
      : Buffer.from([127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (payload.length >> shift) & 0xff)]);
  return Buffer.concat([Buffer.from([0x82]), length, payload]);
}

/** The messages of a client, whose frames are masked; those that control the connection are passed over. */
function messages(socket: Duplex, take: (message: Buffer) => void): void {
  let buffer = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    buffer = Buffer.concat([buffer, data]);
    for (;;) {
      const short = (buffer[1] ?? 0) & 0x7f;
      const start = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (buffer.length < start + 4) return;
      const length = short === 126 ? buffer.readUInt16BE(2) : short === 127 ? buffer.readUInt32BE(6) : short;
      if (buffer.length < start + 4 + length) return;
      const mask = buffer.subarray(start, start + 4);
      const message = buffer.subarray(start + 4, start + 4 + length).map((byte, index) => byte ^ mask[index % 4]!);
      if (((buffer[0] ?? 0) & 0x0f) === 2) take(Buffer.from(message));
      buffer = buffer.subarray(start + 4 + length);
    }
  });
}
