import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { EmqxEnterprise } from '../../src/resource';
import { SimulatedCluster } from './_simulated';

const folder = mkdtempSync(path.join(tmpdir(), 'gitops-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TRACKING = { 'argocd.argoproj.io/tracking-id': 'mqtt:apps.emqx.io/EmqxEnterprise:default/emqx-ee' };

/** What stands in Git: no labels or annotations, no replicas, no defaults. */
const IN_GIT = {
  apiVersion: 'apps.emqx.io/v1beta4',
  kind: 'EmqxEnterprise',
  metadata: { name: 'emqx-ee' },
  spec: {
    blueGreenUpdate: {
      initialDelaySeconds: 2,
      evacuationStrategy: { waitTakeover: 1, connEvictRate: 100, sessEvictRate: 100 },
    },
    template: { spec: { emqxContainer: { image: { version: '4.4.15' } } } },
  },
};

function options(manifest: object): string {
  const file = path.join(folder, 'emqx.yaml');
  writeFileSync(file, stringify(manifest));
  return `-f ${file}`;
}

/** A cluster that Argo CD tracks, with four nodes by an autoscaler. */
async function tracked(): Promise<SimulatedCluster> {
  const cluster = await SimulatedCluster.atRest(30);
  const { clock, kubernetes } = cluster.world;
  await clock.run(async () => {
    const ref = { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', namespace: 'default', name: 'emqx-ee' };
    kubernetes.store.update<EmqxEnterprise & { kind: string }>(ref, (draft) => {
      draft.metadata.annotations = TRACKING;
      draft.spec.replicas = 4;
      return undefined;
    });
    await clock.sleep(60_000);
  });
  return cluster;
}

/** What Argo CD and Flux compare with Git. */
const delayOf = ({ resource }: SimulatedCluster) => resource.spec.blueGreenUpdate?.initialDelaySeconds;

test.each<[string, string, number]>([
  ['the file is upgraded to', '-f', 2_000_000_000],
  [
    'a version is upgraded to, and an earlier version of this program has left it lowered',
    '--set-version',
    1_999_999_996,
  ],
  ['the file is upgraded to after a runner was prevented from it', '-f', 1_999_500_000],
])('a cluster that Git holds has the delay of its file after the run: %s', async (_, option, before) => {
  const cluster = await SimulatedCluster.atRest(30);
  const held = (initialDelaySeconds: number) => ({ ...IN_GIT.spec.blueGreenUpdate, initialDelaySeconds });
  const file = options({ ...IN_GIT, spec: { ...IN_GIT.spec, blueGreenUpdate: held(2_000_000_000) } });
  const { clock, api } = cluster.world;
  const ref = { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', namespace: 'default', name: 'emqx-ee' };
  await clock.run(() => api.patch(ref, { type: 'merge', body: { spec: { blueGreenUpdate: held(before) } } }));
  const { code } = await cluster.run(`upgrade ${option === '-f' ? file : '--set-version 4.4.15'} --yes`);
  expect([code, delayOf(cluster)]).toEqual([0, 2_000_000_000]);
  cluster.world.stop();
});

test.each<[string, object]>([
  ['one object', IN_GIT],
  ['a list', { apiVersion: 'v1', kind: 'List', items: [IN_GIT] }],
])('what Git leaves out stays as it is: %s', async (_, manifest) => {
  const cluster = await tracked();
  const { code, out } = await cluster.run(`check ${options(manifest)}`);
  expect([code, out]).toEqual([0, expect.not.stringContaining('✗')]);
  expect((await cluster.run(`upgrade ${options(manifest)} --yes`)).code).toBe(0);
  const { metadata, spec } = cluster.resource;
  expect(metadata.annotations).toEqual(TRACKING);
  expect(spec.replicas).toBe(4);
  expect(spec.template?.spec?.emqxContainer?.image?.version).toBe('4.4.15');
  cluster.world.stop();
});

test('an older version that was applied to a held cluster waits until the downgrade is accepted', async () => {
  const cluster = await SimulatedCluster.atRest(30);
  const { clock, api } = cluster.world;
  const ref = { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', namespace: 'default', name: 'emqx-ee' };
  const blueGreenUpdate = { ...IN_GIT.spec.blueGreenUpdate, initialDelaySeconds: 2_000_000_000 };
  const template = { spec: { emqxContainer: { image: { version: '4.4.14' } } } };
  await clock.run(() => api.patch(ref, { type: 'merge', body: { spec: { blueGreenUpdate } } }));
  expect((await cluster.run('upgrade --set-version 4.4.15 --yes')).code).toBe(0);
  await clock.run(async () => {
    await api.patch(ref, { type: 'merge', body: { spec: { template } } });
    await clock.sleep(120_000);
  });
  const refused = await cluster.run('upgrade --set-version 4.4.14 --yes');
  expect([refused.code, refused.out.replaceAll(/\s+/g, ' ')]).toEqual([
    3,
    expect.stringMatching(/✗ version .* 4\.4\.14 is older than 4\.4\.15 → a downgrade: .* with --accept-downgrade /),
  ]);
  const accepted = await cluster.run('upgrade --set-version 4.4.14 --accept-downgrade --yes');
  expect([accepted.code, cluster.ledger.report().disconnectsPerClient.max]).toEqual([0, 2]);
  cluster.world.stop();
});
