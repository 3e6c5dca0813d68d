import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { KubeObject } from '../../src/kubernetes';
import type { EmqxEnterprise } from '../../src/resource';
import { clusterOf } from '../_upgradable-cluster';
import type { TestShellOptions } from './_shell';
import { SimulatedCluster } from './_simulated';

const OPERATOR = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: 'emqx-operator-system',
  name: 'emqx-operator-controller-manager',
};

let cluster: SimulatedCluster;
beforeEach(async () => {
  cluster = await SimulatedCluster.atRest(30);
});
afterEach(() => cluster.world.stop());

const folder = mkdtempSync(path.join(tmpdir(), 'unfit-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The options that upgrade to a changed manifest. */
function manifest(change: (resource: EmqxEnterprise) => void): string {
  const resource = clusterOf('emqx-ee', 'default', '4.4.15');
  change(resource);
  const file = path.join(folder, 'emqx.yaml');
  writeFileSync(file, JSON.stringify(resource));
  return `-f ${file}`;
}

type World = SimulatedCluster['world'];

const sets = ({ kubernetes: { store } }: World) =>
  store.list<KubeObject & { spec: { replicas: number } }>({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    namespace: 'default',
  });

/** The operator does nothing any more, and its last look is long ago. */
async function silent(world: World): Promise<void> {
  world.stop();
  await world.clock.sleep(90_000);
}

/** Gives the operator's Deployment another image. */
function named(world: World, image: string): void {
  world.kubernetes.store.update<KubeObject & { spec: { template: { spec: { containers: [{ image: string }] } } } }>(
    OPERATOR,
    (draft) => {
      draft.spec.template.spec.containers[0].image = image;
      return undefined;
    },
  );
}

test('an operator that nobody recognizes, and that looks at the cluster, stands in nobody’s way', async () => {
  named(cluster.world, 'mirror/op:stable');
  const { code, out } = await cluster.run(`check ${manifest(() => undefined)}`);
  expect([code, out]).toEqual([0, expect.stringContaining('the version of the operator is unknown')]);
});

describe('an upgrade that must not begin writes nothing, and says why: ', () => {
  test.each<[string, (world: World) => Promise<unknown> | undefined, RegExp, (() => string)?]>([
    [
      'no operator',
      async (world) => {
        world.kubernetes.store.delete(OPERATOR);
        await silent(world);
      },
      /✗ operator .*no EMQX Operator is installed[\s\S]*docs\/checks\.md#operator\n/,
    ],
    [
      'an operator of another age',
      async (world) => {
        named(world, 'emqx/emqx-operator-controller:2.3.0');
        await silent(world);
      },
      /✗ operator .*the operator is not 2\.1 to 2\.2\.29/,
    ],
    ['an operator that hangs', silent, /✗ operator-looks .*has not reconciled the cluster for \d+ s/],
    [
      'an upgrade of the operator that has removed old pods',
      async (world) => {
        await world.apply([clusterOf('emqx-ee', 'default', '4.4.15') as KubeObject]);
        while (!sets(world).some(({ spec }) => spec.replicas === 2)) await world.clock.sleep(500);
      },
      /✗ status .*has removed [12] of 3 old\s+pods/,
    ],
    [
      'fewer replicas',
      () => undefined,
      /✗ replicas .*replicas change from 3 to 2/,
      () =>
        manifest(({ spec }) => {
          spec.replicas = 2;
        }),
    ],
    [
      'another label and another annotation',
      () => undefined,
      /✗ metadata .*labels\.team, annotations\.note/,
      () =>
        manifest(({ metadata }) => {
          metadata.labels = { ...metadata.labels, team: 'a' };
          metadata.annotations = { note: 'b' };
        }),
    ],
  ])('%s', async (_, make, finding, wanted = () => '--set-version 4.4.15') => {
    await cluster.world.clock.run(async () => make(cluster.world));
    const before = cluster.resource.metadata.resourceVersion;
    const { code, out } = await cluster.run(`upgrade ${wanted()} --yes`);
    expect(out).toMatch(finding);
    expect(code).toBe(3);
    expect(cluster.traces).toEqual([]);
    const changed = cluster.resource.metadata.resourceVersion;
    if (sets(cluster.world).length === 1) expect(changed).toBe(before);
  });

  test('a password of the management API that the nodes do not have', async () => {
    const link: NonNullable<TestShellOptions['link']> = async () => ({
      ...cluster.link(),
      transport: () => ({ exchange: async () => ({ status: 401, headers: {}, body: 'Unauthorized' }) }),
    });
    const { code, out } = await cluster.run('upgrade --set-version 4.4.15 --yes', { link });
    expect(out).toMatch(/✗ nodes [\s\S]*HTTP 401[\s\S]*differs from\s+the\s+one\s+on\s+the\s+nodes/);
    expect(code).toBe(3);
    expect(cluster.traces).toEqual([]);
  });
});
