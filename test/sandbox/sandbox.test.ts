import { request } from 'node:http';
import { connect } from 'node:net';
import { EmqxClient } from '../../src/emqx';
import { TransportError } from '../../src/emqx/transport';
import { ManagementApiServer } from '../../src/sandbox/management-api';
import { Sandbox } from '../../src/sandbox/sandbox';
import { Cleanup, next, TestWorld } from './test-world';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const BASIC = `Basic ${Buffer.from('admin:public').toString('base64')}`;

function get(url: string, headers: Record<string, string> = {}) {
  return fetch(url, { headers });
}

describe('the management API of a node', () => {
  it('asks for credentials, in plain text', async () => {
    const { sandbox } = await cleanup.sandbox(['emqx-0']);
    const url = `${sandbox.baseUrlOf('emqx-0')}/api/v4/nodes`;
    const anonymous = await get(url);
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers.get('www-authenticate')).toBe('Basic Realm="minirest-server"');
    expect(await anonymous.text()).toBe('UNAUTHORIZED');
    expect((await get(url, { authorization: BASIC.replace('public', 'secret').slice(0, -4) })).status).toBe(401);
    const answer = await get(url, { authorization: BASIC });
    expect(await answer.json()).toMatchObject({ code: 0, data: [{ node_status: 'Running' }] });
  });

  it('gives Prometheus its text without them', async () => {
    const { sandbox, connect } = await cleanup.sandbox(['emqx-0']);
    await connect({ clientId: 'a' });
    const url = `${sandbox.baseUrlOf('emqx-0')}/api/v4/emqx_prometheus?type=prometheus`;
    const answer = await get(url);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toMatch(/^emqx_live_connections_count \d+$/m);
  });

  it('lets an evacuation be started, watched and stopped over HTTP, by the client of the engine', async () => {
    const { world, sandbox, connect } = await cleanup.sandbox(['blue-0', 'green-0']);
    world.front.update(['blue-0']);
    const evicted = await connect({ clientId: 'device', protocolVersion: 5 });
    const told = next(evicted, 'disconnect');
    const emqx = new EmqxClient({
      transport: sandbox.transport,
      namespace: 'default',
      credentials: async () => ({ id: 'admin', secret: 'public' }),
    });
    const { name } = world.node('blue-0');
    const order = {
      connectionsPerSecond: 1,
      sessionsPerSecond: 1,
      waitTakeoverSeconds: 1,
      migrateTo: [world.node('green-0').name],
    };
    await emqx.startEvacuation('blue-0', name, order);
    expect((await told)[0]).toMatchObject({ reasonCode: 0x9c });
    expect(await emqx.observe('blue-0', name)).toMatchObject({
      evacuating: true,
      connections: 0,
      unreachable: undefined,
    });
    expect((await get(`${sandbox.baseUrlOf('blue-0')}/status`)).status).toBe(200);
    await emqx.stopEvacuation('blue-0', name);
    expect(await emqx.observe('blue-0', name)).toMatchObject({ evacuating: false });
  });

  it('takes a path as it is written, and no body above 1 MiB', async () => {
    const seen: unknown[] = [];
    const server = new ManagementApiServer({
      handle: ({ method, path, body }) => {
        seen.push({ method, path, body });
        return { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' };
      },
    });
    cleanup.add(() => server.stop());
    await server.start();
    const url = server.baseUrl!;
    await fetch(`${url}/api/v4/nodes/a@b/%40?x=%20`, { method: 'POST', body: '{"ü":1}' });
    await fetch(`${url}/status`);
    expect(seen).toEqual([
      { method: 'POST', path: '/api/v4/nodes/a@b/%40?x=%20', body: '{"ü":1}' },
      { method: 'GET', path: '/status', body: undefined },
    ]);
    const { hostname, port } = new URL(url);
    const large = request({ hostname, port, method: 'POST' });
    large.on('error', () => undefined);
    large.end(Buffer.alloc(1024 * 1024 + 1));
    const [response] = await next(large, 'response');
    expect(response).toMatchObject({ statusCode: 413 });
    (response as { resume(): void }).resume();
    expect(seen).toHaveLength(2);
  });

  it('answers 500 when a handler fails, and resets the connection when the node ends meanwhile', async () => {
    let error: Error = new Error('a bug');
    const server = new ManagementApiServer({ handle: () => Promise.reject(error) });
    cleanup.add(() => server.stop());
    await server.start();
    const answer = await fetch(server.baseUrl!);
    expect(answer.status).toBe(500);
    expect(await answer.text()).toBe('Internal Error');
    error = new TransportError('reset', 'the node ended');
    await expect(fetch(server.baseUrl!)).rejects.toMatchObject({
      cause: { code: expect.stringMatching(/RESET|SOCKET/) },
    });
  });

  it('can be stopped while it is still being started', async () => {
    const server = new ManagementApiServer({ handle: () => ({ status: 200, headers: {}, body: '' }) });
    const started = server.start();
    await server.stop();
    await started;
    expect(server.baseUrl).toBeUndefined();
  });

  it('drops a connection that does not speak HTTP', async () => {
    const { sandbox } = await cleanup.sandbox(['emqx-0']);
    const { port } = new URL(sandbox.baseUrlOf('emqx-0')!);
    const socket = connect(Number(port), '127.0.0.1', () => socket.write('\0\0\0\r\n\r\n'));
    await next(socket, 'close');
  });
});

describe('a sandbox', () => {
  const status = { method: 'GET', path: '/status', headers: {}, timeoutMs: 5000 } as const;
  const pod = (name: string) => ({ namespace: 'default', name });

  it('opens a port for a node that begins to listen, and closes the one of a node that ends', async () => {
    const { world, sandbox } = await cleanup.sandbox(['emqx-0']);
    expect(sandbox.baseUrlOf('emqx-1')).toBeUndefined();
    world.add('emqx-1');
    while (!world.node('emqx-1').isListening) await world.clock.sleep(1);
    sandbox.refresh();
    while (!sandbox.baseUrlOf('emqx-1')) await new Promise(setImmediate);
    expect(await sandbox.transport.exchange(pod('emqx-1'), status)).toMatchObject({ status: 200 });

    const url = sandbox.baseUrlOf('emqx-0')!;
    world.node('emqx-0').kill();
    await expect(sandbox.transport.exchange(pod('emqx-0'), status)).rejects.toMatchObject({ code: 'reset' });
    sandbox.refresh();
    expect(sandbox.baseUrlOf('emqx-0')).toBeUndefined();
    await expect(sandbox.transport.exchange(pod('emqx-0'), status)).rejects.toMatchObject({ code: 'refused' });
    await sandbox.stop();
    await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  it('closes all connections when it stops, with a node on its way up too, and can be stopped twice', async () => {
    const { world, sandbox, connect } = await cleanup.sandbox(['emqx-0']);
    const client = await connect({ clientId: 'a' });
    const closed = next(client, 'close');
    world.add('emqx-1');
    while (!world.node('emqx-1').isListening) await world.clock.sleep(1);
    sandbox.refresh();
    await Promise.all([sandbox.stop(), closed]);
    await sandbox.stop();
    expect(world.node('emqx-0').sessions.live.size).toBe(0);
    expect(sandbox.baseUrlOf('emqx-1')).toBeUndefined();
  });

  it('serves nobody before it is started, and lets the clock follow the wall clock only while it runs', async () => {
    const world = await TestWorld.of(['emqx-0']);
    const sandbox = new Sandbox(world);
    const nodes = jest.spyOn(world, 'nodes');
    sandbox.refresh();
    expect(nodes).not.toHaveBeenCalled();
    await sandbox.start(0);
    expect(() => world.clock.follow()).toThrow('already follows');
    await sandbox.stop();
    await world.clock.advance(1000);
  });
});
