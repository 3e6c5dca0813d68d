import { Cluster, KubeApiError, type KubeObject } from '../../src/kubernetes';
import type { NodeSet as SetObject } from '../../src/kubernetes/core-objects';
import { CreationTroubles } from '../../src/kubernetes/creation-troubles';
import { INSTANCE_LABEL } from '../../src/resource';
import { SimulatedClock } from '../../src/simulator/clock';
import type { StatefulSet } from '../../src/simulator/kubernetes/core-types';
import type { ApiCall } from '../../src/simulator/kubernetes/in-memory-api';
import { InMemoryKubeApi } from '../../src/simulator/kubernetes/in-memory-api';
import { SimulatedKubernetes } from '../../src/simulator/kubernetes/simulated-kubernetes';
import { Random } from '../../src/simulator/random';
import { resource } from '../upgrade/fixtures';

const namespace = 'mqtt';
const SERVICE = { apiVersion: 'v1', kind: 'Service', namespace, name: 'emqx-mqtt' };
const SET = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: 'emqx-blue' };

function kube(intercept: (call: ApiCall) => KubeApiError | undefined = () => undefined) {
  const clock = new SimulatedClock();
  const runtime = { start: () => undefined, stop: (_: unknown, done: () => void) => done(), kill: () => undefined };
  const { store } = new SimulatedKubernetes(clock, new Random(1), runtime);
  const calls: ApiCall[] = [];
  const api = new InMemoryKubeApi(clock, store, {
    intercept: async (call, perform) => {
      calls.push(call);
      const error = intercept(call);
      if (error) throw error;
      return perform();
    },
  });
  const { resourceVersion: _, ...metadata } = resource().metadata;
  store.create({ ...resource(), metadata } as KubeObject);
  store.create({
    ...SERVICE,
    metadata: { name: SERVICE.name, namespace },
    spec: { selector: { a: 'b' } },
  } as KubeObject);
  return { clock, store, api, calls, cluster: new Cluster({ api, clock, namespace, name: 'emqx' }) };
}

function makeSet({ store }: ReturnType<typeof kube>, replicas: number): void {
  const labels = { app: 'emqx', [INSTANCE_LABEL]: 'emqx' };
  const spec = { replicas, serviceName: 'x', selector: { matchLabels: labels } };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'emqx', image: 'emqx:1' }] } };
  const metadata = { name: SET.name, namespace, labels };
  store.create<StatefulSet>({ apiVersion: SET.apiVersion, kind: SET.kind, metadata, spec: { ...spec, template } });
}

const quota = (pods: number): KubeObject & { spec: object } => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'compute', namespace },
  spec: { hard: { pods: String(pods) } },
});

describe('writes that are tried before an upgrade', () => {
  const writes = { services: ['emqx-mqtt'], revision: 'r-1', set: SET.name, spec: { replicas: 7 } };

  test('are dry runs of just what an upgrade sends, and nothing is stored', async () => {
    const world = kube();
    makeSet(world, 1);
    const { clock, store, cluster, calls } = world;
    const before = [...store.all()].map(({ kind, metadata }) => [kind, metadata.name, metadata.generation]);
    expect(await clock.run(() => cluster.rehearse(writes))).toEqual([]);
    expect(calls).toEqual([
      { verb: 'patch', ...SERVICE, apiVersion: undefined, dryRun: true },
      { verb: 'patch', kind: 'EmqxEnterprise', namespace, name: 'emqx', dryRun: true },
      { verb: 'patch', ...SET, apiVersion: undefined, subresource: 'scale', dryRun: true },
    ]);
    const after = [...store.all()].map(({ kind, metadata }) => [kind, metadata.name, metadata.generation]);
    expect(after.filter(([kind]) => kind !== 'Pod')).toEqual(before);
    expect(store.get<KubeObject & { spec: object }>(SERVICE).spec).toMatchObject({ selector: { a: 'b' } });
    expect(store.get(SET)).toMatchObject({ spec: { replicas: 1 } });
  });

  test.each<[string, KubeApiError, boolean]>([
    ['a policy', new KubeApiError(403, 'Forbidden', 'selectors of Services are frozen'), true],
    ['a webhook', new KubeApiError(422, 'Invalid', 'admission webhook "x" denied the request'), true],
    [
      'a webhook without dry run',
      new KubeApiError(400, 'Invalid', 'admission webhook "x" does not support dry run'),
      false,
    ],
    ['a server that is busy', new KubeApiError(429, 'TooManyRequests', 'later'), false],
    ['a set that is gone', new KubeApiError(404, 'NotFound', 'not found'), false],
  ])('and are refused by %s, in its own words', async (_, error, isCertain) => {
    const { clock, cluster } = kube(({ kind }) => (kind === 'Service' ? error : undefined));
    const asked = { ...writes, set: undefined };
    expect(await clock.run(() => cluster.rehearse(asked))).toEqual([
      { write: 'select-traffic', isCertain, reason: error.message },
    ]);
  });
});

describe('the quotas of a namespace', () => {
  test('are those that hold for every pod, with what is used of them', async () => {
    const world = kube();
    const { clock, store, cluster } = world;
    store.create(quota(5));
    const scoped = { ...quota(1), metadata: { name: 'best-effort', namespace } };
    store.create({ ...scoped, spec: { hard: { pods: '1' }, scopes: ['BestEffort'] } } as KubeObject);
    makeSet(world, 1);
    await clock.advance(1_000);
    const { quotas } = await clock.run(() => cluster.surroundings([]));
    expect(quotas).toEqual([{ name: 'compute', hard: { pods: '5' }, used: { pods: '1' } }]);
  });

  test('that may not be looked at are unknown', async () => {
    const refused = new KubeApiError(403, 'Forbidden', 'resourcequotas is forbidden');
    const { clock, cluster } = kube(({ kind }) => (kind === 'ResourceQuota' ? refused : undefined));
    expect((await clock.run(() => cluster.surroundings([]))).quotas).toBeUndefined();
  });
});

describe('pods that are never created', () => {
  async function trouble(intercept?: Parameters<typeof kube>[0]) {
    const world = kube(intercept);
    const { clock, store, api, calls } = world;
    store.create(quota(1));
    makeSet(world, 3);
    const troubles = new CreationTroubles(api, clock);
    const at = async (ms: number) => {
      await clock.advance(ms);
      return clock.run(() => troubles.of(store.get(SET) as SetObject, 1));
    };
    const asked = () => calls.filter(({ kind }) => kind === 'Event').length;
    return { store, at, asked };
  }

  test('are explained by the API server’s own sentence, which is asked for now and then', async () => {
    const { at, asked } = await trouble();
    expect([await at(1_000), await at(1_900), asked()]).toEqual([undefined, undefined, 0]);
    const sentence = `create Pod emqx-blue-1 in StatefulSet emqx-blue failed error: pods "emqx-blue-1" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=1, limited: pods=1`;
    expect([await at(200), await at(1_000), asked()]).toEqual([sentence, sentence, 1]);
    expect([await at(2_100), asked()]).toEqual([sentence, 2]);
  });

  test('are not explained where events may not be listed, and nobody asks again', async () => {
    const refused = new KubeApiError(403, 'Forbidden', 'events is forbidden');
    const { at, asked } = await trouble(({ kind }) => (kind === 'Event' ? refused : undefined));
    expect([await at(1_000), await at(2_500), await at(10_000), asked()]).toEqual([undefined, undefined, undefined, 1]);
  });

  test('are created as soon as there is room, and then nothing is explained', async () => {
    const { store, at } = await trouble();
    await at(1_000);
    expect(await at(2_500)).toMatch(/exceeded quota/);
    store.delete({ apiVersion: 'v1', kind: 'ResourceQuota', namespace, name: 'compute' });
    await at(6_000);
    expect(store.list({ apiVersion: 'v1', kind: 'Pod', namespace })).toHaveLength(3);
  });
});

describe('Pod Security', () => {
  const enforcing = (level: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, namespace: '', labels: { 'pod-security.kubernetes.io/enforce': level } },
  });

  test('is what the namespace enforces, and nothing where it says nothing', async () => {
    const { clock, store, cluster } = kube();
    expect((await clock.run(() => cluster.surroundings([]))).podSecurity).toBeUndefined();
    store.create(enforcing('restricted'));
    expect((await clock.run(() => cluster.surroundings([]))).podSecurity).toBe('restricted');
  });

  test('of a namespace that may not be looked at is unknown', async () => {
    const refused = new KubeApiError(403, 'Forbidden', 'namespaces is forbidden');
    const { clock, cluster } = kube(({ kind }) => (kind === 'Namespace' ? refused : undefined));
    expect((await clock.run(() => cluster.surroundings([]))).podSecurity).toBeNull();
  });
});

describe('other ways to the pods', () => {
  const service = (name: string, spec: object, labels = {}) =>
    ({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace, labels }, spec }) as KubeObject;
  const mqtt = [{ port: 1883 }];

  test('are the Services that select pods of the cluster by whatever label, and are neither marked nor the operator’s', async () => {
    const world = kube();
    const { clock, store, cluster } = world;
    makeSet(world, 1);
    await clock.advance(1_000);
    const selector = { app: 'emqx' };
    store.create(service('haproxy', { selector, ports: [{ port: 8883, targetPort: 1883 }] }));
    store.create(service('marked', { selector, ports: mqtt }, { 'emqx-blue-green/traffic-for': 'emqx' }));
    store.create(service('of-another', { selector, ports: mqtt }, { 'emqx-blue-green/traffic-for': 'other' }));
    store.create(service('elsewhere', { selector: { app: 'redis' }, ports: mqtt }));
    store.create(service('without-selector', { ports: mqtt }));
    store.create(service('metrics', { selector, ports: [{ port: 80, targetPort: 'dashboard' }, { port: 8081 }] }));
    const operators = service('emqx-headless', { selector, ports: mqtt });
    const owner = {
      apiVersion: 'apps.emqx.io/v1beta4',
      kind: 'EmqxEnterprise',
      name: 'emqx',
      uid: 'u',
      controller: true,
    };
    store.create({ ...operators, metadata: { ...operators.metadata, ownerReferences: [owner] } });
    const { bypasses } = await clock.run(() => cluster.surroundings([`${SET.name}-0`]));
    expect(bypasses.toSorted()).toEqual(['haproxy', 'of-another']);
    expect((await clock.run(() => cluster.surroundings(['another-0']))).bypasses).toEqual([]);
  });

  test('are found without the pods of everybody else in the namespace', async () => {
    const { clock, api, cluster } = kube();
    const list = jest.spyOn(api, 'list');
    await clock.run(() => cluster.surroundings([`${SET.name}-0`]));
    const pods = list.mock.calls.flatMap(([query]) => (query.kind === 'Pod' ? [query.labels] : []));
    expect(pods).toEqual([{ [INSTANCE_LABEL]: 'emqx' }]);
  });
});
