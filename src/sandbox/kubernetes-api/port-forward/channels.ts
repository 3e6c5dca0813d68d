import type { WebSocket } from 'ws';
import type { Dial } from './pod-port';

/** What may wait to be sent before a pod is read no further. */
const HIGH_WATER_BYTES = 1024 * 1024;

/**
 * Forwards ports over the messages of one WebSocket, of which the first byte is the channel: for each port one for its data
 * and one for errors, each of which begins with the number of the port. It ends with the first of the connections.
 *
 * @see k8s.io/kubelet, `streaming/portforward`: protocol `v4.channel.k8s.io`
 */
export function forwardChannels(webSocket: WebSocket, ports: readonly number[], dial: Dial): void {
  const send = (channel: number, data: Buffer, sent?: () => void) =>
    webSocket.send(Buffer.concat([Buffer.from([channel]), data]), sent);
  const targets = ports.map((port, index) => {
    const [data, errors] = [2 * index, 2 * index + 1];
    const number = Buffer.from([port & 0xff, port >> 8]);
    send(data, number);
    send(errors, number);
    const target = dial(port);
    target.on('data', (chunk: Buffer) => {
      send(data, chunk, () => target.resume());
      if (webSocket.bufferedAmount > HIGH_WATER_BYTES) target.pause();
    });
    target.on('error', (error) => send(errors, Buffer.from(error.message)));
    target.on('close', () => webSocket.close());
    target.on('end', () => webSocket.close());
    return target;
  });
  webSocket.on('message', (message: Buffer) => {
    const channel = message[0] ?? 0;
    if (channel % 2 === 0) targets[channel / 2]?.write(message.subarray(1));
  });
  webSocket.on('error', () => undefined); // 'close' comes after it
  webSocket.on('close', () => {
    for (const target of targets) target.destroy();
  });
}
