import { getEventListeners, once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BaseUrlTransport } from '../../src/emqx/base-url-transport';
import type { EmqxRequest } from '../../src/emqx/transport';

const pod = { namespace: 'default', name: 'emqx-0' };
const request: EmqxRequest = {
  method: 'GET',
  path: '/api/v4/nodes',
  headers: { authorization: 'Basic c2VjcmV0' },
  timeoutMs: 5000,
};

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function serve(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, url, transport: new BaseUrlTransport(() => url) };
}

test('a request reaches the pod as it is, and the answer comes back with its headers in lower case', async () => {
  const asked: unknown[] = [];
  const { url } = await serve((incoming, response) => {
    const { method, url, headers } = incoming;
    let body = '';
    incoming.on('data', (chunk) => {
      body += chunk;
    });
    incoming.on('end', () => {
      asked.push({ method, url, authorization: headers.authorization, body });
      response.writeHead(503, { 'X-Told': 'yes' }).end('{"ü":1}');
    });
  });
  const refs: unknown[] = [];
  const transport = new BaseUrlTransport((ref) => {
    refs.push(ref);
    return url;
  });
  const path = '/api/v4/load_rebalance/emqx@emqx-0.a.svc/evacuation/start?x=1';
  const answer = await transport.exchange(pod, { ...request, method: 'POST', path, body: '{"a":1}' });
  expect(answer).toMatchObject({ status: 503, headers: { 'x-told': 'yes' }, body: '{"ü":1}' });
  expect(asked).toEqual([{ method: 'POST', url: path, authorization: 'Basic c2VjcmV0', body: '{"a":1}' }]);
  expect(refs).toEqual([pod]);
});

test('a redirect is an answer, and credentials do not follow it', async () => {
  const { transport } = await serve((incoming, response) => {
    if (incoming.url === '/elsewhere') throw new Error('followed');
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  expect(await transport.exchange(pod, request)).toMatchObject({ status: 302 });
});

test('a pod without an address, and one where nothing listens, refuse', async () => {
  const nowhere = new BaseUrlTransport(() => undefined);
  await expect(nowhere.exchange(pod, request)).rejects.toMatchObject({ name: 'TransportError', code: 'refused' });
  const { server, transport } = await serve(() => undefined);
  await new Promise((resolve) => server.close(resolve));
  await expect(transport.exchange(pod, request)).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringMatching(/^GET \/api\/v4\/nodes of pod emqx-0: connect ECONNREFUSED 127/),
  });
});

test.each([
  ['before the answer', (_i, response) => response.socket!.resetAndDestroy()],
  ['without a word', (_i, response) => response.socket!.destroy()],
  [
    'in the middle of the body',
    (_i, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.socket!.destroy());
    },
  ],
] as [string, RequestListener][])('a connection that ends %s is a reset', async (_when, listener) => {
  const { transport } = await serve(listener);
  await expect(transport.exchange(pod, request)).rejects.toMatchObject({ name: 'TransportError', code: 'reset' });
});

test('no answer in time, or only half of one, is a timeout', async () => {
  const silent = await serve(() => undefined);
  const hasty = { ...request, timeoutMs: 20 };
  await expect(silent.transport.exchange(pod, hasty)).rejects.toMatchObject({ code: 'timeout' });
  const slow = await serve((_incoming, response) => void response.writeHead(200).write('half'));
  await expect(slow.transport.exchange(pod, hasty)).rejects.toMatchObject({
    code: 'timeout',
    message: 'GET /api/v4/nodes of pod emqx-0: no answer within 20 ms',
  });
});

test('an aborted exchange rejects with the reason of the signal, before it begins and under way', async () => {
  const abort = new AbortController();
  const reason = new Error('enough');
  let asked = 0;
  const { transport } = await serve(() => {
    asked++;
    abort.abort(reason);
  });
  await expect(transport.exchange(pod, request, abort.signal)).rejects.toBe(reason);
  await expect(transport.exchange(pod, request, abort.signal)).rejects.toBe(reason);
  expect(asked).toBe(1);
});

test('no error tells the credentials', async () => {
  const { server, transport } = await serve(() => undefined);
  await new Promise((resolve) => server.close(resolve));
  const error: Error = await transport.exchange(pod, request).then(
    () => new Error('no error'),
    (thrown: Error) => thrown,
  );
  const all = [error, error.cause as Error].map((each) => `${each.stack} ${JSON.stringify(each)}`).join();
  expect(all).not.toContain('c2VjcmV0');
});

test('an answer without an end is not read to it', async () => {
  let closed: Promise<unknown> = Promise.resolve();
  const { transport } = await serve((_incoming, response) => {
    closed = once(response, 'close');
    const go = () => {
      while (!response.destroyed && response.write(Buffer.alloc(100_000, ' ')));
      if (!response.destroyed) response.once('drain', go);
    };
    go();
  });
  await expect(transport.exchange(pod, request)).rejects.toMatchObject({
    code: 'too-long',
    message: expect.stringMatching(/: an answer of more than 1000000 bytes$/),
  });
  await closed;
});

test('an exchange that is over leaves nothing behind on the signal of who asked, whatever came of it', async () => {
  const { signal } = new AbortController();
  const answered = await serve((_, response) => response.end());
  await answered.transport.exchange(pod, request, signal);
  const silent = await serve(() => undefined);
  await expect(silent.transport.exchange(pod, { ...request, timeoutMs: 20 }, signal)).rejects.toThrow();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
