import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { onCancel } from '../../src/pulumi/cancellation';

const CANCEL = '/pulumirpc.ResourceProvider/Cancel';

test('Cancel is seen where it arrives, and no other request is taken for it', async () => {
  const server = createServer((_request, response) => response.end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const seen: string[] = [];
  let path = '';
  const forget = onCancel(() => seen.push(path));
  const send = async (to: string) => {
    path = to;
    const request = client.request({ ':path': to });
    request.resume().end();
    await once(request, 'close');
  };
  await send('/pulumirpc.ResourceProvider/Update');
  expect(seen).toEqual([]);
  await send(CANCEL);
  expect(new Set(seen)).toEqual(new Set([CANCEL]));
  const count = seen.length;
  forget();
  await send(CANCEL);
  expect(seen).toHaveLength(count);
  client.close();
  await new Promise((resolve) => server.close(resolve));
});

test('Cancel is seen in what Node tells of HTTP/2 streams', () => {
  let count = 0;
  const forget = onCancel(() => {
    count += 1;
  });
  const streams = channel('http2.server.stream.start');
  streams.publish({ headers: { ':path': '/pulumirpc.ResourceProvider/Diff' } });
  streams.publish({});
  expect(count).toBe(0);
  streams.publish({ headers: { ':path': CANCEL } });
  expect(count).toBe(1);
  forget();
});
