import type { Duplex } from 'node:stream';
import type { Dial } from './pod-port';
import { SpdyConnection, type SpdyStream } from './spdy/spdy-connection';

/**
 * Forwards ports over SPDY: each connection is a pair of streams with the same request id, one for its data and one on which
 * an error is reported.
 *
 * @see k8s.io/kubelet, `streaming/portforward`: protocol `portforward.k8s.io`
 */
export function forwardStreams(transport: Duplex, dial: Dial): void {
  const waiting = new Map<string, SpdyStream>();
  new SpdyConnection(transport, (stream) => {
    const id = stream.headers.get('requestid') ?? '';
    const other = waiting.get(id);
    if (!other) {
      waiting.set(id, stream);
      return;
    }
    waiting.delete(id);
    const [data, errors] = stream.headers.get('streamtype') === 'data' ? [stream, other] : [other, stream];
    join(data, errors, dial(Number(data.headers.get('port'))));
  });
}

function join(data: SpdyStream, errors: SpdyStream, target: Duplex): void {
  errors.resume();
  target.on('error', (error) => errors.end(error.message));
  target.on('close', () => {
    data.end();
    errors.end();
  });
  data.on('close', () => target.destroy());
  data.pipe(target);
  target.pipe(data);
}
