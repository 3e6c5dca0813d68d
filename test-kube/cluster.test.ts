import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AgentTransport } from '../src/emqx/agent-transport';
import { Cluster, type KubeObject } from '../src/kubernetes';
import { connect, type KubeClient } from '../src/kubernetes/client';
import { SystemClock } from '../src/kubernetes/system-clock';
import { asEnterprise, HOLD_DELAY_SECONDS } from '../src/resource';
import type { Journal } from '../src/upgrade';
import { ApiServer } from './_api-server';
import { describeKube } from './_describe-kube';
import { kubeconfigOf, kubectl } from './_lab';
import { ACCOUNT, PODS, SET, upgradeNamespace } from './_upgrade-namespace';

const NAMESPACE = 'upgrade-cluster';
const pods = PODS.map((pod) => `pod/${pod}`);

interface Slice extends KubeObject {
  endpoints?: { conditions: { ready?: boolean }; targetRef: { name: string } }[];
}

// The tests follow one another, as the phases of an upgrade do.
describeKube('with the rights of UpgradeAccess, and the client that users have, the engine', () => {
  let client: KubeClient;
  let cluster: Cluster;

  beforeAll(async () => {
    await upgradeNamespace(ApiServer.admin(), NAMESPACE);
    client = await connect({ kubeconfig: kubeconfigOf(NAMESPACE, ACCOUNT) });
    cluster = clusterAt(NAMESPACE, 'emqx-ee');
  });

  afterAll(() => client.close());

  const clusterAt = (namespace: string, name: string) =>
    new Cluster({ api: client, clock: new SystemClock(), namespace, name });

  test('sees the cluster', async () => {
    const { resource, sets, pods, traffic, lease, journal } = await cluster.observe();
    expect(resource.metadata.name).toBe('emqx-ee');
    expect(sets).toMatchObject([{ name: SET, replicas: 2, readyReplicas: 0, revision: expect.stringContaining(SET) }]);
    const waiting = {
      set: SET,
      restarts: 0,
      containersReady: true,
      onServing: false,
      ready: false,
      terminating: false,
    };
    expect(pods.sort((a, b) => a.name.localeCompare(b.name))).toMatchObject(PODS.map((name) => ({ name, ...waiting })));
    const listeners = [{ kind: 'mqtt', port: 1883 }];
    expect(traffic).toEqual([{ service: 'emqx-ee-mqtt', byOperator: false, revision: undefined, listeners, pods: [] }]);
    expect({ lease, journal }).toEqual({ lease: undefined, journal: undefined });
  });

  test('reads the password of the management API', async () => {
    expect(await cluster.credentials()).toEqual({ id: 'emqx_operator_controller', secret: 's3cret' });
  });

  test('takes the lease, keeps others from it, and gives it back', async () => {
    await cluster.holdLease('one');
    await cluster.holdLease('one');
    expect((await cluster.observe()).lease).toMatchObject({ holder: 'one', live: true });
    await expect(cluster.holdLease('another')).rejects.toMatchObject({ code: 'conflict' });
    await cluster.releaseLease('one');
    expect((await cluster.observe()).lease).toBeUndefined();
    await cluster.holdLease('another');
    expect((await cluster.observe()).lease).toMatchObject({ holder: 'another' });
    await cluster.releaseLease('another');
  });

  test('writes the journal, once to make it and once to change it', async () => {
    await cluster.writeJournal({ ...journal, phase: 'claim' });
    await cluster.writeJournal({ ...journal, phase: 'pin' });
    expect((await cluster.observe()).journal).toEqual({ ...journal, phase: 'pin' });
  });

  test('changes the resource, unless somebody else has changed it', async () => {
    const { resource, resourceVersion: ifVersion } = await cluster.observe();
    const held = { blueGreenUpdate: { initialDelaySeconds: HOLD_DELAY_SECONDS } };
    await cluster.patchResource({ spec: held, ifVersion });
    const { resource: changed } = await cluster.observe();
    const blueGreenUpdate = { ...asEnterprise(resource).spec.blueGreenUpdate, ...held.blueGreenUpdate };
    expect(changed.spec).toEqual({ ...resource.spec, blueGreenUpdate });
    await expect(cluster.patchResource({ spec: held, ifVersion })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('cannot write what the schema refuses', async () => {
    const { resourceVersion: ifVersion } = await cluster.observe();
    const spec = { blueGreenUpdate: { evacuationStrategy: { connEvictRate: 0 } } };
    const patch = cluster.patchResource({ spec, ifVersion });
    await expect(patch).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('connEvictRate') });
  });

  test('opens the readiness gates', async () => {
    for (const pod of PODS) await cluster.markServing(pod, true);
    kubectl(['wait', '-n', NAMESPACE, '--for=condition=Ready', '--timeout=60s', ...pods]);
    const open = { containersReady: true, onServing: true, ready: true };
    expect((await cluster.observe()).pods).toEqual(PODS.map(() => expect.objectContaining(open)));
  });

  test('leads the Service to the pods of one revision, and to all of them again', async () => {
    const revision = (await cluster.observe()).sets[0]?.revision;
    await served(PODS);
    await cluster.selectTraffic('emqx-ee-mqtt', 'another');
    await served([]);
    await cluster.selectTraffic('emqx-ee-mqtt', revision);
    await served(PODS);
    expect((await cluster.observe()).traffic).toMatchObject([{ revision, pods: expect.arrayContaining([...PODS]) }]);
    await cluster.selectTraffic('emqx-ee-mqtt', undefined);
    expect((await cluster.observe()).traffic).toMatchObject([{ revision: undefined }]);
  });

  test('reaches the management API of a node through its pod', async () => {
    const server = createServer((_, response) => response.end('{"code":0}')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const forward: KubeObject & { spec: object } = {
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'PortForward',
      metadata: { name: PODS[0]!, namespace: NAMESPACE },
      spec: { forwards: [{ ports: [8081], target: { address: '127.0.0.1', port } }] },
    };
    await ApiServer.admin().apply(forward);
    const pod = { namespace: NAMESPACE, name: PODS[0]! };
    const request = { method: 'GET', path: '/api/v4/nodes', headers: {}, timeoutMs: 10_000 } as const;
    const answer = await new AgentTransport(client.pods).exchange(pod, request);
    expect(answer).toMatchObject({ status: 200, body: '{"code":0}' });
    server.close();
    server.closeAllConnections();
  });

  test('tries what an upgrade writes, in the server’s own words, and changes nothing by it', async () => {
    const writes = { services: ['emqx-ee-mqtt'], revision: 'another', set: SET };
    expect(await cluster.rehearse({ ...writes, spec: { replicas: 5 } })).toEqual([]);
    const wrong = { blueGreenUpdate: { evacuationStrategy: { connEvictRate: 0 } } };
    expect(await cluster.rehearse({ ...writes, spec: wrong })).toEqual([
      { write: 'patch-resource', isCertain: true, reason: expect.stringContaining('connEvictRate') },
    ]);
    const { resource, sets, traffic } = await cluster.observe();
    expect([asEnterprise(resource).spec.replicas, sets[0]?.replicas, traffic[0]?.revision]).toEqual([
      3,
      PODS.length,
      undefined,
    ]);
  });

  test('sees the quotas of the namespace, and why a pod is refused', async () => {
    expect((await cluster.surroundings([])).quotas).toEqual([]);
    const admin = ApiServer.admin();
    const quota: KubeObject & { spec: object } = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'compute', namespace: NAMESPACE },
      spec: { hard: { pods: String(PODS.length) } },
    };
    await admin.apply(quota);
    const pods = String(PODS.length);
    while (!(await cluster.surroundings([])).quotas?.some(({ used }) => used['pods'] === pods))
      await new SystemClock().sleep(200);
    await cluster.scaleSet(SET, PODS.length + 1);
    const trouble = async () => (await cluster.observe()).sets[0]?.creationTrouble;
    while ((await trouble()) === undefined) await new SystemClock().sleep(500);
    expect(await trouble()).toContain('exceeded quota: compute');
    await cluster.scaleSet(SET, PODS.length);
    await admin.delete(quota);
  });

  test('scales a stateful set to nothing', async () => {
    await cluster.scaleSet(SET, 0);
    kubectl(['wait', '-n', NAMESPACE, '--for=delete', '--timeout=60s', ...pods]);
    expect(await cluster.observe()).toMatchObject({ sets: [{ name: SET, replicas: 0 }], pods: [] });
  });

  test('is told that it may not touch another cluster, nor look into another namespace', async () => {
    const other = clusterAt(NAMESPACE, 'other');
    await expect(other.credentials()).rejects.toMatchObject({ code: 'refused' });
    await expect(other.observe()).rejects.toMatchObject({ code: 'refused' });
    await expect(other.scaleSet('no-such-set', 0)).rejects.toMatchObject({ code: 'missing' });
    await expect(clusterAt('default', 'emqx-ee').observe()).rejects.toMatchObject({ code: 'refused' });
  });

  /** Resolves when exactly these pods are behind the Service. */
  async function served(expected: readonly string[]): Promise<void> {
    const query = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      namespace: NAMESPACE,
      labels: { 'kubernetes.io/service-name': 'emqx-ee-mqtt' },
    };
    const reached = new AbortController();
    for await (const { object } of client.watch<Slice>(query, {}, reached.signal)) {
      const ready = (object.endpoints ?? []).filter(({ conditions }) => conditions.ready);
      const names = ready.map(({ targetRef }) => targetRef.name).sort();
      if (names.join() === expected.join()) reached.abort();
    }
  }
});

const journal: Omit<Journal, 'phase'> = {
  schema: 1,
  run: '4.4.15-2026-01-01T00:00:00.000Z',
  driver: 'pilot',
  began: { claim: 1 },
  from: { version: '4.4.14', set: SET, revision: 'one' },
  to: { version: '4.4.15' },
  target: 'digest',
  initialDelaySeconds: 0,
  delay: { before: 0, after: 0 },
  limits: { readyMs: 1, stallMs: 1, onFailure: 'stop', onLoss: 'continue' },
  replicas: 2,
  waitTakeoverSeconds: 1,
  connectionCap: 100,
  sessionCap: 100,
  baseline: { connections: 0, sessions: 0, subscriptions: null },
};
