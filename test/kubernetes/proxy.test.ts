import { createServer, request as start } from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { agentTo, proxyOfEnvironment } from '../../src/kubernetes/kubeconfig/proxy';
import { forwardPorts } from './_fake-port-forward';
import { atEnd, client, endAll, fakeServer, json, kubeconfig, listening, rejection } from './_fake-server';

afterEach(endAll);

const MAP = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'mqtt', name: 'a' };
const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'mqtt', resourceVersion: '2' } };

describe('the proxy of the environment', () => {
  const P = 'http://proxy:3128';
  test.each<[string, string, NodeJS.ProcessEnv, string | undefined]>([
    ['is that of HTTPS', 'https://k8s.example.com', { HTTPS_PROXY: P }, P],
    ['is that of HTTPS in lower case', 'https://k8s.example.com', { https_proxy: P }, P],
    ['is not that of HTTP', 'https://k8s.example.com', { HTTP_PROXY: P }, undefined],
    ['may be named without a scheme', 'https://k8s.example.com', { HTTPS_PROXY: 'proxy:3128' }, P],
    ['is not for this machine', 'https://localhost:6443', { HTTPS_PROXY: P }, undefined],
    ['is not for an address of this machine', 'https://127.0.0.1:6443', { HTTPS_PROXY: P }, undefined],
    ['is not for that of version 6', 'https://[::1]:6443', { HTTPS_PROXY: P }, undefined],
    ['is for nobody with *', 'https://a', { HTTPS_PROXY: P, NO_PROXY: 'b,*' }, undefined],
    ['is not for a name', 'https://k8s.example.com', { HTTPS_PROXY: P, NO_PROXY: 'x, k8s.example.com' }, undefined],
    ['is not for names below one', 'https://k8s.example.com', { HTTPS_PROXY: P, no_proxy: 'example.com' }, undefined],
    [
      'is not for names below a dot',
      'https://k8s.example.com',
      { HTTPS_PROXY: P, NO_PROXY: '.example.com' },
      undefined,
    ],
    ['is for the name itself then', 'https://example.com', { HTTPS_PROXY: P, NO_PROXY: '.example.com' }, P],
    ['is for names that only end alike', 'https://myexample.com', { HTTPS_PROXY: P, NO_PROXY: 'example.com' }, P],
    ['is not for a star of names', 'https://k8s.example.com', { HTTPS_PROXY: P, NO_PROXY: '*.example.com' }, undefined],
    ['is not for a port', 'https://k8s.example.com:6443', { HTTPS_PROXY: P, NO_PROXY: 'example.com:6443' }, undefined],
    ['is for another port', 'https://k8s.example.com:443', { HTTPS_PROXY: P, NO_PROXY: 'example.com:6443' }, P],
    ['is not for an address', 'https://10.1.2.3', { HTTPS_PROXY: P, NO_PROXY: '10.1.2.3' }, undefined],
    ['is not for a range', 'https://10.1.2.3', { HTTPS_PROXY: P, NO_PROXY: '10.0.0.0/8' }, undefined],
    ['is for what is out of it', 'https://11.1.2.3', { HTTPS_PROXY: P, NO_PROXY: '10.0.0.0/8' }, P],
    ['is not for a range of version 6', 'https://[fd00::7]', { HTTPS_PROXY: P, NO_PROXY: 'fd00::/8' }, undefined],
  ])('%s', (_, server, env, proxy) => {
    expect(proxyOfEnvironment(new URL(server), env)).toBe(proxy);
  });

  test('of a kind that nobody knows is refused', async () => {
    await expect(agentTo(new URL('https://a'), 'ftp://x', {})).rejects.toThrow(
      'proxy-url must be a URL that begins with http://, https:// or socks5://',
    );
  });
});

/** A proxy on loopback, which leads to this one port whatever it is asked for; counts its connections, and who was asked for. */
async function proxyTo(target: number, kind: 'http' | 'socks5') {
  const wanted: string[] = [];
  let connections = 0;
  const sockets = new Set<Socket>();
  const counted = (socket: Socket) => {
    connections++;
    sockets.add(socket.on('error', () => undefined));
  };
  const joined = (socket: Socket, head?: Buffer) => {
    const to = net.connect(target, '127.0.0.1').on('error', () => undefined);
    sockets.add(to);
    if (head?.length) to.write(head);
    socket.pipe(to).pipe(socket);
  };
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
  });
  if (kind === 'http') {
    const server = createServer((incoming, response) => {
      wanted.push(incoming.url ?? '');
      const { pathname, search } = new URL(incoming.url ?? '');
      const on = {
        port: target,
        host: '127.0.0.1',
        path: pathname + search,
        method: incoming.method,
        headers: incoming.headers,
      };
      incoming.pipe(start(on, (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers))));
    });
    server.on('upgrade', (incoming, socket: Socket, head: Buffer) => {
      wanted.push(incoming.url ?? '');
      const { pathname, search } = new URL(incoming.url ?? '');
      const lines = [`GET ${pathname}${search} HTTP/1.1`];
      for (let at = 0; at < incoming.rawHeaders.length; at += 2)
        lines.push(`${incoming.rawHeaders[at]}: ${incoming.rawHeaders[at + 1]}`);
      joined(socket, Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), head]));
    });
    const url = await listening(server.on('connection', counted));
    return { url, wanted, connections: () => connections };
  }
  const server = net.createServer((socket) => {
    counted(socket);
    socket.once('data', () => {
      socket.write(Buffer.from([5, 0])); // no authentication
      socket.once('data', (request: Buffer) => {
        wanted.push(
          request[3] === 3
            ? request.subarray(5, 5 + request[4]!).toString()
            : `address ${request.subarray(4, -2).join('.')}`,
        );
        socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 1]));
        joined(socket);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => server.close());
  return {
    url: `socks5://127.0.0.1:${(server.address() as AddressInfo).port}`,
    wanted,
    connections: () => connections,
  };
}

describe.each(['http', 'socks5'] as const)('through a proxy of %s', (kind) => {
  const through = async () => {
    const { server, asked } = await fakeServer((_, response) => json(response, 200, map));
    const proxy = await proxyTo((server.address() as AddressInfo).port, kind);
    const content = kubeconfig('http://localhost:9') as { clusters: [{ cluster: object }] };
    Object.assign(content.clusters[0].cluster, { 'proxy-url': proxy.url });
    const api = await client({ kubeconfigText: JSON.stringify(content), timeoutMs: 5_000 });
    return { api, asked, proxy, server };
  };

  test('requests share a connection', async () => {
    const { api, asked, proxy } = await through();
    for (let count = 0; count < 3; count++) expect(await api.get(MAP)).toEqual(map);
    expect(asked).toHaveLength(3);
    expect(proxy.connections()).toBe(1);
    expect(proxy.wanted[0]).toMatch(/localhost/);
  });

  test('a port of a pod is reached', async () => {
    const { api, proxy, server } = await through();
    const pod = createServer((_, response) => response.end('here'));
    await listening(pod);
    forwardPorts(server, () => ({ port: (pod.address() as AddressInfo).port }));
    const answer = await new Promise((resolve, reject) => {
      start(
        'http://ee-0.mqtt:8081/status',
        { agent: api.pods },
        (response) => void text(response).then(resolve, reject),
      )
        .on('error', reject)
        .end();
    });
    expect(answer).toBe('here');
    expect(proxy.connections()).toBe(1);
  });
});

test('a proxy that is away is named as what could not be reached', async () => {
  const content = kubeconfig('https://localhost:9') as { clusters: [{ cluster: object }] };
  Object.assign(content.clusters[0].cluster, { 'proxy-url': 'http://127.0.0.1:9' });
  const api = await client({ kubeconfigText: JSON.stringify(content) });
  expect(await rejection(api.get(MAP))).toMatchObject({ code: 'Unreachable' });
});
