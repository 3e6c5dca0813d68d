import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { agentTo, proxyOfEnvironment } from '../../src/kubernetes/kubeconfig/proxy';
import { askPod, forwardPorts } from './_fake-port-forward';
import { fakeProxy } from './_fake-proxy';
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

describe.each(['http', 'socks5'] as const)('through a proxy of %s', (kind) => {
  const through = async () => {
    const { server, asked } = await fakeServer((_, response) => json(response, 200, map));
    const proxy = await fakeProxy((server.address() as AddressInfo).port, kind);
    atEnd(proxy.close);
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
    expect(await askPod(api)).toBe('here');
    expect(proxy.connections()).toBe(1);
  });
});

test('a proxy that is away is named as what could not be reached', async () => {
  const content = kubeconfig('https://localhost:9') as { clusters: [{ cluster: object }] };
  Object.assign(content.clusters[0].cluster, { 'proxy-url': 'http://127.0.0.1:9' });
  const api = await client({ kubeconfigText: JSON.stringify(content) });
  expect(await rejection(api.get(MAP))).toMatchObject({ code: 'Unreachable' });
});
