import { requestTimeoutMs } from '../../src/cli/request-timeout';
import { KubeApiError, type KubeObject } from '../../src/kubernetes';
import { clusterOf } from '../_upgradable-cluster';
import { SimulatedCluster } from './_simulated';

let cluster: SimulatedCluster;
beforeEach(async () => {
  cluster = await SimulatedCluster.atRest(30);
});
afterEach(() => cluster.world.stop());

test('a cluster is named as kubectl names it', async () => {
  const plain = await cluster.run('status emqx-ee');
  for (const type of ['emqxenterprise', 'emqxenterprises', 'EmqxEnterprise', 'emqxenterprises.v1beta4.apps.emqx.io']) {
    expect(await cluster.run(`status ${type}/emqx-ee`)).toEqual(plain);
  }
  expect(await cluster.run('status emqxenterprise/other')).toMatchObject({
    code: 2,
    err: expect.stringContaining('has no EmqxEnterprise other'),
  });
});

describe('of all namespaces', () => {
  test('it shows each cluster, in both forms', async () => {
    const one = await cluster.run('status');
    expect(await cluster.run('status -A')).toEqual(one);
    const { code, out } = await cluster.run('status --all-namespaces -o json');
    expect({ code, items: JSON.parse(out) as unknown }).toMatchObject({
      code: 0,
      items: { items: [{ namespace: 'default', cluster: 'emqx-ee', state: 'at-rest' }] },
    });
  });

  test('one that cannot be asked hides no other', async () => {
    await cluster.world.clock.run(() => cluster.world.apply([clusterOf('new', 'other', '4.4.14') as KubeObject]));
    const { api } = cluster.world;
    const list: typeof api.list = (query, signal) => {
      if (query.namespace === 'other') return Promise.reject(new KubeApiError(403, 'Forbidden', 'not in other'));
      return api.list(query, signal);
    };
    const link = () => ({ ...cluster.link(), api: Object.assign(Object.create(api) as typeof api, { list }) });
    const { code, out } = await cluster.run('status -A', { link });
    expect(code).toBe(5);
    expect(out).toContain('default/emqx-ee, EMQX 4.4.14: at rest\n');
    expect(out).toMatch(/^other\/new: the API server: not in other\n→ have it granted/m);
    const { items } = JSON.parse((await cluster.run('status -A -o json', { link })).out) as { items: object[] };
    expect(items).toMatchObject([
      { namespace: 'default', cluster: 'emqx-ee' },
      { namespace: 'other', cluster: 'new', error: { code: 'FORBIDDEN', message: expect.any(String) } },
    ]);
  });
});

test.each([
  ['10s', 10_000],
  ['1m30s', 90_000],
  ['1.5s', 1_500],
  ['250ms', 250],
  ['2h', 7_200_000],
  ['20', 20_000],
  ['0', 2 ** 31 - 1],
  ['0s', 2 ** 31 - 1],
  ['10000h', 2 ** 31 - 1],
  ['soon', undefined],
  ['10 s', undefined],
  ['-1s', undefined],
])('a request may take %j: %p ms', (text, ms) => {
  expect(requestTimeoutMs(text)).toBe(ms);
});
