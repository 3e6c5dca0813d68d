import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { askPod, forwardPorts, type Target } from './_fake-port-forward';
import { endAll, fakeServer, listening, rejection } from './_fake-server';

afterEach(endAll);

/** An HTTP server in place of what listens in a pod. */
async function listener(answer: RequestListener) {
  let connections = 0;
  const server = createServer(answer).on('connection', () => {
    connections++;
  });
  await listening(server);
  return { port: (server.address() as AddressInfo).port, connections: () => connections, server };
}

/** Asks the ports of pods of a cluster in which they lead to these targets. */
async function cluster(targets: Record<string, Target>) {
  const { api, server } = await fakeServer(() => undefined, { timeoutMs: 200 });
  const opened: string[] = [];
  forwardPorts(server, (pod, port) => {
    opened.push(`${pod}:${port}`);
    return targets[`${pod}:${port}`] ?? { status: 404 };
  });
  const ask = (pod: string, body?: string, signal?: AbortSignal) => askPod(api, pod, body, signal);
  return { api, ask, opened, targets };
}

const echo: RequestListener = (incoming, response) => {
  void text(incoming).then((body) => response.end(`${incoming.method} ${body}`));
};

describe('the agent of the pods', () => {
  test('reaches the port of the pod that the URL names, over a connection for each pod that is used again', async () => {
    const one = await listener(echo);
    const two = await listener((_, response) => response.end('two'));
    const { ask, opened } = await cluster({ 'ee-0:8081': { port: one.port }, 'ee-1:8081': { port: two.port } });
    expect(await ask('ee-0')).toBe('GET ');
    expect(await ask('ee-1')).toBe('two');
    const long = 'ü'.repeat(100_000);
    expect(await ask('ee-0', long)).toBe(`POST ${long}`);
    expect(await ask('ee-1')).toBe('two');
    expect(opened).toEqual(['ee-0:8081', 'ee-1:8081']);
    expect([one.connections(), two.connections()]).toEqual([1, 1]);
  });

  test('reconnects what was lost while nobody used it', async () => {
    const pod = await listener(echo);
    const { ask, opened } = await cluster({ 'ee-0:8081': { port: pod.port } });
    await ask('ee-0');
    pod.server.closeAllConnections();
    // Lost before the next request, or by it: both may be, and after that it is there again.
    await ask('ee-0').catch(() => undefined);
    expect(await ask('ee-0', 'x')).toBe('POST x');
    expect(opened).toHaveLength(2);
  });

  test('tells that a connection was lost in the middle of an answer', async () => {
    const pod = await listener((incoming, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half', () => incoming.socket.destroy());
    });
    const { ask } = await cluster({ 'ee-0:8081': { port: pod.port } });
    expect(await rejection(ask('ee-0'))).toMatchObject({ code: 'ECONNRESET' });
  });

  test('takes an answer whose end is the end of the connection', async () => {
    const pod = await listener((incoming) => {
      incoming.socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nto the end');
    });
    const { ask } = await cluster({ 'ee-0:8081': { port: pod.port } });
    expect(await ask('ee-0')).toBe('to the end');
  });

  test.each<[string, Target, object]>([
    [
      'nothing listens in the pod',
      { complaint: 'failed to connect to localhost:8081: connect: connection refused\n' },
      { code: 'ECONNREFUSED', message: 'port 8081: failed to connect to localhost:8081: connect: connection refused' },
    ],
    ['the kubelet lost the pod', { complaint: 'lost connection to pod' }, { code: 'ECONNRESET' }],
    [
      'there is no such pod',
      { status: 404 },
      { code: 'ECONNREFUSED', message: expect.stringMatching(/WebSocket was 404/) },
    ],
    [
      'it may not be reached',
      { status: 403 },
      { code: 'FORBIDDEN', message: expect.stringMatching(/WebSocket was 403/) },
    ],
    [
      'a proxy has nobody behind it',
      { status: 502 },
      { code: 'NO_TUNNEL', message: expect.stringMatching(/WebSocket was 502/) },
    ],
    ['a proxy wants another protocol', { status: 426 }, { code: 'NO_TUNNEL' }],
    ['a proxy answers by itself', { status: 200 }, { code: 'NO_TUNNEL' }],
    ['the way is cut', 'cut', { code: 'ECONNRESET', message: 'port 8081: the connection was cut on the way (1006)' }],
    ['the API server says nothing', 'silence', { code: 'ETIMEDOUT' }],
  ])('fails when %s', async (_, target, expected) => {
    const { ask } = await cluster({ 'ee-0:8081': target });
    expect(await rejection(ask('ee-0'))).toMatchObject(expected);
  });

  test('does not let a request that hangs hold up another, and drops its connection when it is given up', async () => {
    const closed: Promise<void>[] = [];
    const pod = await listener((incoming, response) => {
      if (incoming.method === 'POST') response.end('here');
      else closed.push(new Promise((resolve) => incoming.socket.on('close', resolve)));
    });
    const { ask } = await cluster({ 'ee-0:8081': { port: pod.port } });
    const end = new AbortController();
    const hanging = rejection(ask('ee-0', undefined, end.signal));
    expect(await ask('ee-0', 'x')).toBe('here');
    end.abort();
    expect(await hanging).toMatchObject({ code: 'ABORT_ERR' });
    await Promise.all(closed);
  });
});
