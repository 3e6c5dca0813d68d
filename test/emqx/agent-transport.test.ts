import { getEventListeners, once } from 'node:events';
import { Agent, createServer, type RequestListener } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { AgentTransport } from '../../src/emqx/agent-transport';
import type { EmqxRequest } from '../../src/emqx/transport';

const pod = { namespace: 'mqtt', name: 'ee-0' };
const request: EmqxRequest = { method: 'GET', path: '/api/v4/nodes', headers: { authorization: 'x' }, timeoutMs: 5000 };

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Leads every host to one port of this machine, and tells which hosts. */
class TestAgent extends Agent {
  readonly hosts: string[] = [];
  constructor(private readonly port: number) {
    super();
  }

  override createConnection({ host, port }: { host?: string | null; port?: string | number | null }): net.Socket {
    this.hosts.push(`${host}:${port}`);
    return net.connect(this.port, '127.0.0.1');
  }
}

async function serve(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close().closeAllConnections());
  const agent = new TestAgent((server.address() as AddressInfo).port);
  return { server, agent, transport: new AgentTransport(agent) };
}

test('a request goes to the management port of the pod, as it is, and the answer comes back whole', async () => {
  const asked: unknown[] = [];
  const { agent, transport } = await serve((incoming, response) => {
    let body = '';
    incoming.on('data', (chunk) => {
      body += chunk;
    });
    incoming.on('end', () => {
      asked.push([incoming.method, incoming.url, incoming.headers.authorization, body]);
      response.writeHead(503, { 'X-Told': 'yes' }).end('{"ü":1}');
    });
  });
  const path = '/api/v4/load_rebalance/emqx@ee-0.a.svc/evacuation/start?x=1';
  const answer = await transport.exchange(pod, { ...request, method: 'POST', path, body: '{"ü":2}' });
  expect(answer).toMatchObject({ status: 503, headers: { 'x-told': 'yes' }, body: '{"ü":1}' });
  expect(asked).toEqual([['POST', path, 'x', '{"ü":2}']]);
  expect(agent.hosts).toEqual(['ee-0.mqtt:8081']);
});

test('a redirect is an answer, and credentials do not follow it', async () => {
  const { agent, transport } = await serve((_, response) => response.writeHead(302, { location: '/else' }).end());
  expect(await transport.exchange(pod, request)).toMatchObject({ status: 302 });
  expect(agent.hosts).toHaveLength(1);
});

test('where nothing listens it is refused', async () => {
  const { server, transport } = await serve(() => undefined);
  await new Promise((resolve) => server.close(resolve));
  await expect(transport.exchange(pod, request)).rejects.toMatchObject({
    name: 'TransportError',
    code: 'refused',
    message: expect.stringMatching(/^GET \/api\/v4\/nodes of pod ee-0: connect ECONNREFUSED/),
  });
});

test.each<[string, RequestListener]>([
  ['before the answer', (incoming) => incoming.socket.destroy()],
  [
    'in the middle of the answer',
    (incoming, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half', () => incoming.socket.destroy());
    },
  ],
])('a connection that ends %s is reset', async (_, listener) => {
  const { transport } = await serve(listener);
  await expect(transport.exchange(pod, request)).rejects.toMatchObject({ name: 'TransportError', code: 'reset' });
});

test.each<[string, RequestListener]>([
  ['does not begin', () => undefined],
  ['does not end', (_, response) => void response.writeHead(200).write('half')],
])('an answer that %s in time is a time-out', async (_, listener) => {
  const { transport } = await serve(listener);
  await expect(transport.exchange(pod, { ...request, timeoutMs: 30 })).rejects.toMatchObject({
    code: 'timeout',
    message: 'GET /api/v4/nodes of pod ee-0: no answer within 30 ms',
  });
});

test('who gives up gets his own reason', async () => {
  const end = new AbortController();
  const reason = new Error('enough');
  const { transport } = await serve(() => end.abort(reason));
  await expect(transport.exchange(pod, request, end.signal)).rejects.toBe(reason);
  await expect(transport.exchange(pod, request, end.signal)).rejects.toBe(reason);
});

test('an exchange that is over leaves nothing behind on the signal of who asked, whatever came of it', async () => {
  const { signal } = new AbortController();
  const answered = await serve((_, response) => response.end());
  await answered.transport.exchange(pod, request, signal);
  const silent = await serve(() => undefined);
  await expect(silent.transport.exchange(pod, { ...request, timeoutMs: 30 }, signal)).rejects.toThrow();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
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
