import { TransportError } from '../../src/emqx/transport';
import { World } from '../../src/simulator/world';
import { bootEmqxV3, EMQX_V3 } from '../_emqx-v3';
import { run } from './_shell';

describe('a cluster of operator 3', () => {
  const world = new World({ seed: 7 });
  beforeAll(() => world.clock.run(() => bootEmqxV3(world, 40)));
  afterAll(() => world.stop());

  const command = (words: string) => {
    const { api, clock, transport } = world;
    const link = () => ({ api, clock, transport: () => transport, namespace: 'default', close: () => undefined });
    return clock.run(() => run(words.split(' '), { link }));
  };

  test('status shows all its nodes with their devices, and what is missing', async () => {
    const { code, out } = await command('status');
    expect(out).toMatch(/^default\/emqx, EMQX 6\.3\.2: at rest\n/);
    expect(out).toMatch(/^emqx-core: 2 of 2 cores ready, 0 connections, 0 sessions$/m);
    expect(out).toMatch(/^emqx-replicant-a1: 2 of 2 replicants ready, 40 connections, 40 sessions$/m);
    expect(out).toMatch(/^ {2}emqx-core-1 +0 connections, 0 sessions$/m);
    expect(out).toMatch(/‼ operator 3 has no blue-green upgrade/);
    expect(out).toMatch(/→ let the operator do the upgrade/);
    expect(code).toBe(0);
  });

  test('status -o json has the same', async () => {
    const { out } = await command('status -A -o json');
    const { items } = JSON.parse(out) as { items: object[] };
    expect(items).toMatchObject([
      {
        state: 'at-rest',
        onlyRead: {
          reason: expect.stringContaining('operator 3'),
          sets: [
            {
              ...{ set: 'emqx-replicant-a1', role: 'replicant', ready: 2, connections: 40 },
              nodes: [{ unreachable: null }, { unreachable: null }],
            },
            { set: 'emqx-core', role: 'core', ready: 2, replicas: 2, connections: 0 },
          ],
        },
      },
    ]);
  });

  test('a node that does not answer is unknown, and not empty', async () => {
    const [{ pod }] = world.pods.running as [(typeof world.pods.running)[number]];
    const { api, clock, transport } = world;
    const silent: typeof transport = {
      exchange: (to, ...rest) =>
        to.name === pod.metadata.name
          ? Promise.reject(new TransportError('refused', 'no answer'))
          : transport.exchange(to, ...rest),
    };
    const link = () => ({ api, clock, transport: () => silent, namespace: 'default', close: () => undefined });
    const { code, out } = await clock.run(() => run(['status'], { link }));
    expect(out).toMatch(/^emqx-core: 2 of 2 cores ready, unknown connections, unknown sessions$/m);
    expect(code).toBe(5);
  });

  test.each([
    ['check', /✓ status +Ready: True, 4 of 4 nodes ready/],
    ['check', /✗ operator-line +operator 3 has no blue-green/],
    ['check', /✓ nodes +4 nodes answer/],
    ['plan --set-version 6.3.3', /^default\/emqx: 6\.3\.2 → 6\.3\.3, not by this program\n/],
    ['plan --set-version 6.3.3', /image: emqx\/emqx:6\.3\.2 → emqx\/emqx:6\.3\.3/],
    ['plan --set-version 6.3.3', /create a\s+second\s+cluster/],
    ['upgrade --set-version 6.3.3 --yes', /✗ operator-line/],
  ])('%s says what can and cannot be done', async (words, shown) => {
    const { code, out } = await command(words);
    expect(out).toMatch(shown);
    expect(code).toBe(3);
  });

  test.each(['pause', 'resume', 'rate 50', 'abort', 'attach', 'rescue', 'report'])('%s is refused', async (words) => {
    const { code, err } = await command(words);
    expect(err).toMatch(/default\/emqx \(apps\.emqx\.io\/v3beta1\) can be read only: operator 3 has no blue-green/);
    expect(err).toMatch(/^→ let the operator do the upgrade/m);
    expect(code).toBe(3);
  });

  test('upgrade -o json is refused with the reason', async () => {
    const { code, out } = await command('upgrade --set-version 6.3.3 --yes -o json');
    expect(out).toContain('operator 3 has no blue-green upgrade');
    expect(code).toBe(3);
  });

  test('a plan shows what would change, and nothing that the other versions have by default', async () => {
    const { changes } = JSON.parse((await command('plan --set-version 6.3.3 -o json')).out) as { changes: object[] };
    expect(changes).toEqual([{ path: 'image', before: 'emqx/emqx:6.3.2', after: 'emqx/emqx:6.3.3' }]);
  });

  test('nothing was written to it', async () => {
    const { store } = world.kubernetes;
    expect(store.all({ apiVersion: 'apps.emqx.io/v3beta1', kind: 'EMQX' })).toMatchObject([{ spec: EMQX_V3.spec }]);
    expect(store.all({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' })).toEqual([]);
    expect(store.all({ apiVersion: 'v1', kind: 'ConfigMap' })).toEqual([]);
  });
});
