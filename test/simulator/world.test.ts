import type { KubeObject } from '../../src/kubernetes/kube-api';
import { World } from '../../src/simulator/world';

const POD: KubeObject & { spec: object } = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'emqx-core-0', namespace: 'default', labels: { 'apps.emqx.io/instance': 'emqx' } },
  spec: { containers: [{ name: 'emqx', image: 'emqx/emqx-enterprise:5.8.9' }] },
};

const of = (kind: string, name: string, data: object) =>
  ({ apiVersion: 'v1', kind, metadata: { name, namespace: 'default' }, data }) as KubeObject;

async function nodeWith(...objects: KubeObject[]) {
  const world = new World();
  for (const object of [...objects, POD]) world.kubernetes.store.create(structuredClone(object));
  await world.clock.advance(10_000);
  world.stop();
  return world.pods.nodeIn('default', 'emqx-core-0')!;
}

describe('nodes of EMQX 5 in a world', () => {
  test('accept the key that is in the bootstrap Secret', async () => {
    const key = Buffer.from('emqx-operator-controller:word').toString('base64');
    const node = await nodeWith(of('Secret', 'emqx-bootstrap-api-key', { bootstrap_api_key: key }));
    const status = async (credentials: string) =>
      (
        await node.handle({
          method: 'GET',
          path: '/api/v5/nodes',
          headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
        })
      ).status;
    expect(await status('emqx-operator-controller:word')).toBe(200);
    expect(await status('admin:public')).toBe(401);
  });

  test('read the bootstrap Secret when a core boots: a Secret that is changed or created later has no effect', async () => {
    const keys = (text: string) => ({ bootstrap_api_key: Buffer.from(text).toString('base64') });
    const secret = of('Secret', 'emqx-bootstrap-api-key', keys('key:first'));
    const world = new World();
    const { store } = world.kubernetes;
    for (const object of [secret, POD]) store.create(structuredClone(object));
    await world.clock.advance(10_000);
    const status = async (pod: string, credentials: string) => {
      const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
      const request = { method: 'GET', path: '/api/v5/nodes', headers: { authorization } };
      return (await world.pods.nodeIn('default', pod)!.handle(request)).status;
    };
    const changed = { ...secret, metadata: { ...secret.metadata }, data: keys('key:second\nmore:word') };
    const ref = { apiVersion: 'v1', kind: 'Secret', namespace: 'default', name: 'emqx-bootstrap-api-key' };
    store.update(ref, () => changed as KubeObject);
    expect(await status('emqx-core-0', 'key:first')).toBe(200);
    expect(await status('emqx-core-0', 'key:second')).toBe(401);
    // The next core writes what it reads into the database that all of them have.
    store.create({ ...structuredClone(POD), metadata: { ...POD.metadata, name: 'emqx-core-1' } });
    await world.clock.advance(10_000);
    for (const pod of ['emqx-core-0', 'emqx-core-1']) {
      expect(await status(pod, 'key:second')).toBe(200);
      expect(await status(pod, 'more:word')).toBe(200);
      expect(await status(pod, 'key:first')).toBe(401);
    }
    world.stop();
  });

  test.each([
    ['durable_sessions.enable = true', true],
    ['durable_sessions {\n  enable = true\n}', true],
    ['durable_sessions = { batch_size = 100, enable: true }', true],
    ['durable_sessions.enable = false', false],
    ['mqtt.max_packet_size = 1MB', false],
  ])('have durable sessions as their configuration says: %j', async (config, isEnabled) => {
    const node = await nodeWith(of('ConfigMap', 'emqx-configs', { 'emqx.conf': config }));
    expect(node.durable !== undefined).toBe(isEnabled);
  });
});
