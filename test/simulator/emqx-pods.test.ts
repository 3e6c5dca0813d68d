import { SimulatedClock } from '../../src/simulator/clock';
import { EmqxPods, type EmqxPodsOptions } from '../../src/simulator/emqx-pods';
import type { Pod } from '../../src/simulator/kubernetes/core-types';
import { Random } from '../../src/simulator/random';

interface PodOptions {
  image?: string;
  environment?: Record<string, string>;
  claimName?: string;
  podIP?: string;
  labels?: Record<string, string>;
}

function podOf(
  name: string,
  { image = 'emqx/emqx-enterprise:5.8.9', environment = {}, ...rest }: PodOptions = {},
): Pod {
  const { claimName, podIP = '10.244.0.7', labels } = rest;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'iot', uid: `uid of ${name}`, labels: { 'apps.emqx.io/instance': 'emqx', ...labels } },
    spec: {
      containers: [
        { name: 'emqx', image, env: Object.entries(environment).map(([key, value]) => ({ name: key, value })) },
      ],
      ...(claimName ? { volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] } : {}),
    },
    status: { podIP },
  };
}

const CORE = {
  STS_HEADLESS_SERVICE_NAME: 'emqx-headless.iot.svc.cluster.local',
  EMQX_HOST: '$(POD_NAME).$(STS_HEADLESS_SERVICE_NAME)',
  EMQX_NODE__ROLE: 'core',
};

async function started(pods: readonly Pod[], options: Partial<EmqxPodsOptions> = {}) {
  const clock = new SimulatedClock();
  const runtime = new EmqxPods({
    clock,
    random: new Random(3),
    bootstrapUsers: (_namespace, _cluster, generation) => (generation === 5 ? 'key:secret\nother:word' : 'app:word'),
    ...options,
  });
  const exits: string[] = [];
  for (const pod of pods) {
    const { name } = pod.metadata;
    runtime.start(pod, { running: () => undefined, ready: () => undefined, exited: () => exits.push(name) });
    await clock.advance(100);
  }
  await clock.advance(5_000);
  const node = (name: string) => runtime.nodeIn('iot', name);
  const get = (name: string, path: string, key = 'key:secret') =>
    node(name)!.handle({
      method: 'GET',
      path,
      headers: { authorization: `Basic ${Buffer.from(key).toString('base64')}` },
    });
  return { runtime, node, get, exits };
}

describe('nodes of EMQX 5 and 6 in pods', () => {
  test('are named by EMQX_HOST, a replicant by its IP, and have the role of their environment', async () => {
    const core = podOf('emqx-core-1', { environment: CORE });
    const replicant = podOf('emqx-replicant-1', {
      environment: { EMQX_HOST: '', EMQX_NODE__ROLE: 'replicant' },
      podIP: '10.244.0.9',
    });
    const { node } = await started([core, replicant]);
    expect(node('emqx-core-1')).toMatchObject({
      name: 'emqx@emqx-core-1.emqx-headless.iot.svc.cluster.local',
      role: 'core',
    });
    expect(node('emqx-replicant-1')).toMatchObject({ name: 'emqx@10.244.0.9', role: 'replicant' });
  });

  test('have the role of their label where the environment has none', async () => {
    const { node } = await started([podOf('r', { labels: { 'apps.emqx.io/db-role': 'replicant' } })]);
    expect(node('r')?.role).toBe('replicant');
  });

  test.each([
    ['emqx/emqx:5.8.6', 'Opensource'],
    ['registry.local:5000/emqx/emqx:5.8.6@sha256:0123', 'Opensource'],
    ['emqx/emqx-enterprise:5.8.6', 'Enterprise'],
    ['emqx/emqx:5.10.0', 'Enterprise'],
  ])('%s is %s', async (image, edition) => {
    const { get } = await started([podOf('a', { image, environment: CORE })]);
    const { body } = await get('a', '/api/v5/nodes');
    expect(JSON.parse(body)).toMatchObject([{ edition }]);
  });

  test('accept the keys of the bootstrap Secret, and not the application of 4.4', async () => {
    const { get } = await started([podOf('a', { environment: CORE })]);
    const status = async (key: string) => (await get('a', '/api/v5/nodes', key)).status;
    expect([await status('key:secret'), await status('other:word'), await status('admin:public')]).toEqual([
      200, 200, 401,
    ]);
  });

  test('are in a cluster of their own where one of 4.4 has the same name', async () => {
    const old = podOf('old', { image: 'emqx/emqx-ee:4.4.24' });
    const { node } = await started([old, podOf('new', { environment: CORE })]);
    expect(node('old')?.cluster.members).toHaveLength(1);
    expect(node('new')?.cluster.members).toHaveLength(1);
  });

  test('have durable sessions where their environment says so', async () => {
    const environment = { ...CORE, EMQX_DURABLE_SESSIONS__ENABLE: 'true' };
    const { node } = await started([podOf('a', { environment })]);
    expect(node('a')?.durable?.storages).toEqual(['messages']);
    const { node: plain } = await started([podOf('a', { environment: CORE })]);
    expect(plain('a')?.durable).toBeUndefined();
  });

  test('have durable sessions as the options say, by cluster', async () => {
    const asked: string[] = [];
    const { node } = await started([podOf('a', { environment: CORE })], {
      durableSessions: (namespace, cluster) => {
        asked.push(`${namespace}/${cluster}`);
        return { shards: 2 };
      },
    });
    expect(asked).toEqual(['iot/emqx']);
    expect(node('a')?.durable?.shards('messages')).toHaveLength(2);
  });

  test('that their license does not let join exit, as in a crash loop', async () => {
    const pods = ['a', 'b'].map((name) => podOf(name, { image: 'emqx/emqx:6.2.0', environment: CORE }));
    const { exits, node } = await started(pods, { license: 'community' });
    expect(exits).toEqual(['b']);
    expect(node('a')?.isListening).toBe(true);
  });

  test('have the site that is on their claim', async () => {
    const pod = podOf('a', { environment: CORE, claimName: 'data-a' });
    const { runtime, node } = await started([pod]);
    const site = node('a')?.dataDir.site;
    runtime.kill(pod);
    runtime.start({ ...pod, metadata: { ...pod.metadata, uid: 'another' } }, { running() {}, ready() {}, exited() {} });
    expect(site).toMatch(/^[0-9A-F]{16}$/);
    expect(node('a')?.dataDir.site).toBe(site);
  });

  test('have the site that is on the volume of their pod, which goes with it', async () => {
    const pod = podOf('a', { environment: CORE });
    const { runtime, node } = await started([pod]);
    const site = () => node('a')?.dataDir.site;
    const again = () => {
      runtime.kill(pod);
      runtime.start(pod, { running() {}, ready() {}, exited() {} });
      return site();
    };
    const before = site();
    expect(before).toMatch(/^[0-9A-F]{16}$/);
    expect(again()).toBe(before);
    runtime.removeVolume(pod);
    expect(again()).toBeUndefined(); // an empty one: it has not joined yet
  });
});
