import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AgentTransport } from '../src/emqx/agent-transport';
import type { EmqxRequest } from '../src/emqx/transport';
import { connect, type KubeClient } from '../src/kubernetes/client';
import { ApiServer } from './_api-server';
import { describeKube } from './_describe-kube';
import { labFile } from './_lab';

const REQUEST: EmqxRequest = { method: 'GET', path: '/api/v4/nodes', headers: {}, timeoutMs: 10_000 };

interface PodObject {
  apiVersion: 'v1';
  kind: 'Pod';
  metadata: { name: string; namespace: string };
  spec: object;
  status?: { phase?: string };
}

describeKube('a pod, by port-forward through the API server', () => {
  const admin = () => ApiServer.admin();
  const ends: (() => void)[] = [];
  let api: KubeClient;
  let transport: AgentTransport;
  let namespace: string;
  let pods = 0;

  beforeAll(async () => {
    api = await connect({ kubeconfig: labFile('kubeconfig'), timeoutMs: 5000 });
    transport = new AgentTransport(api.pods);
    namespace = await admin().namespace(`port-forward-${randomUUID()}`);
  });
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });
  afterAll(() => api.close());

  /** A pod that runs. */
  async function runningPod(): Promise<{ name: string; namespace: string }> {
    const metadata = { name: `pod-${pods++}`, namespace };
    const spec = {
      containers: [{ name: 'emqx', image: 'emqx' }],
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
    };
    const { apiVersion, kind } = { apiVersion: 'v1', kind: 'Pod' } as const;
    const { metadata: created } = await api.create<PodObject>({ apiVersion, kind, metadata, spec });
    const options = { resourceVersion: (created as { resourceVersion?: string }).resourceVersion ?? '' };
    const query = { apiVersion, kind, namespace };
    const end = new AbortController();
    for await (const { object } of api.watch<PodObject>(query, options, end.signal)) {
      if (object.metadata.name === metadata.name && object.status?.phase === 'Running') break;
    }
    return metadata;
  }

  /** Leads a pod's port of the management API to a port of this machine. */
  async function forward(pod: { name: string }, port: number): Promise<void> {
    const forwards = [{ ports: [8081], target: { address: '127.0.0.1', port } }];
    await admin().apply({
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'PortForward',
      metadata: { name: pod.name, namespace },
      spec: { forwards },
    } as PodObject & object as never);
  }

  async function serve(
    listener: RequestListener,
  ): Promise<{ port: number; connections: () => number; drop: () => void }> {
    let connections = 0;
    const server = createServer(listener).on('connection', () => {
      connections++;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const drop = () => server.closeAllConnections();
    ends.push(() => {
      server.close();
      drop();
    });
    return { port: (server.address() as AddressInfo).port, connections: () => connections, drop };
  }

  test('answers as its node does, over one connection for requests in a row', async () => {
    const asked: string[] = [];
    const { port, connections } = await serve((incoming, response) => {
      let body = '';
      incoming.on('data', (chunk) => {
        body += chunk;
      });
      incoming.on('end', () => {
        asked.push(`${incoming.method} ${incoming.url} ${incoming.headers.authorization} ${body}`);
        response.writeHead(200, { 'X-Told': 'yes' }).end(JSON.stringify({ code: 0, data: 'ü'.repeat(100_000) }));
      });
    });
    const pod = await runningPod();
    await forward(pod, port);
    const path = '/api/v4/load_rebalance/emqx@emqx-0.a.svc/evacuation/start';
    const headers = { authorization: 'Basic c2VjcmV0' };
    for (const method of ['GET', 'POST', 'GET'] as const) {
      const body = method === 'POST' ? { body: '{"ü":1}' } : {};
      const answer = await transport.exchange(pod, { ...REQUEST, method, path, headers, ...body });
      expect(answer).toMatchObject({ status: 200, headers: { 'x-told': 'yes' } });
      expect(JSON.parse(answer.body).data).toHaveLength(100_000);
    }
    const line = `${path} Basic c2VjcmV0`;
    expect(asked).toEqual([`GET ${line} `, `POST ${line} {"ü":1}`, `GET ${line} `]);
    expect(connections()).toBe(1);
  });

  test('is reached again after its connection was lost, also in the middle of an answer', async () => {
    const { port, connections } = await serve((incoming, response) => {
      if (incoming.url === '/cut')
        response.writeHead(200, { 'content-length': '10' }).write('half', () => incoming.socket.destroy());
      else response.end('whole');
    });
    const pod = await runningPod();
    await forward(pod, port);
    expect(await transport.exchange(pod, REQUEST)).toMatchObject({ body: 'whole' });
    // KWOK, other than kubelets, does not tell that the pod's side ended.
    const cut = transport.exchange(pod, { ...REQUEST, path: '/cut', timeoutMs: 300 });
    await expect(cut).rejects.toMatchObject({ name: 'TransportError' });
    expect(await transport.exchange(pod, REQUEST)).toMatchObject({ body: 'whole' });
    expect(connections()).toBe(2);
  });

  test('that has no listener refuses, and answers as soon as it has one', async () => {
    const { port } = await serve((_, response) => response.end('here'));
    const dead = await serve(() => undefined);
    for (const end of ends.splice(1)) end();
    const pod = await runningPod();
    await forward(pod, dead.port);
    await expect(transport.exchange(pod, REQUEST)).rejects.toMatchObject({ code: 'refused' });
    await forward(pod, port);
    expect(await transport.exchange(pod, REQUEST)).toMatchObject({ body: 'here' });
  });

  test('that does not answer times out, while another request of it goes through', async () => {
    const { port } = await serve((incoming, response) => {
      if (incoming.url !== '/hangs') response.end('here');
    });
    const pod = await runningPod();
    await forward(pod, port);
    const hanging = transport.exchange(pod, { ...REQUEST, path: '/hangs', timeoutMs: 300 }).catch((error) => error);
    expect(await transport.exchange(pod, REQUEST)).toMatchObject({ body: 'here' });
    expect(await hanging).toMatchObject({ name: 'TransportError', code: 'timeout' });
    expect(await transport.exchange(pod, REQUEST)).toMatchObject({ body: 'here' });
  });

  test('whose port leads nowhere fails', async () => {
    const pod = await runningPod();
    const lost = transport.exchange(pod, { ...REQUEST, timeoutMs: 300 });
    await expect(lost).rejects.toMatchObject({ name: 'TransportError' });
  });

  test('that does not exist refuses', async () => {
    const refused = transport.exchange({ name: 'nobody', namespace }, REQUEST);
    await expect(refused).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('404') });
  });

  test('can be given up', async () => {
    const { port } = await serve(() => undefined);
    const pod = await runningPod();
    await forward(pod, port);
    const end = new AbortController();
    const reason = new Error('enough');
    const asked = transport.exchange(pod, REQUEST, end.signal).catch((error: unknown) => error);
    end.abort(reason);
    expect(await asked).toBe(reason);
  });
});
