import type { KubeObject } from '../../src/kubernetes';
import { isClaimOf } from '../../src/pulumi/volumes';
import { clusterLabels } from '../../src/resource';
import { Desk, failureOf } from './_desk';
import { EMQX, ENTERPRISE, manifestsOf } from './_generations';

const VOLUME = { sizeGibibytes: 1 };
const CLAIM = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' };

describe('the volume claims of a cluster', () => {
  test.each([
    ['emqx-ee-data-emqx-ee-5f8b9-0', true],
    ['emqx-ee-data-emqx-ee-0', true],
    ['emqx-ee-data-emqx-ee-5f8b9-12', true],
    ['emqx-ee-data-emqx-ee-foreign-0', false],
    ['emqx-ee-data-emqx-ee-blue-5f8b9-0', false],
    ['emqx-ee-data-other-5f8b9-0', false],
    ['emqx-ee-data-emqx-ee-5f8b9', false],
    ['data-emqx-ee-5f8b9-0', false],
    ['emqx-ee-data-emqx-ee-5f8b9-0-backup', false],
    ['emqx-ee-data-emqx-ee-2222-0', false],
  ])('%s: %s', (claim, expected) => {
    expect(isClaimOf(claim, { template: 'emqx-ee-data', set: 'emqx-ee' }, ['emqx-ee-2222'])).toBe(expected);
  });

  test.each([
    ['emqx-core-data-emqx-core-6df48865f6-0', true],
    ['emqx-core-data-emqx-core-0', true],
    ['emqx-core-data-emqx-core-core-6df48865f6-0', false],
    ['emqx-core-data-emqx-2-core-6df48865f6-0', false],
    ['emqx-data-emqx-6df48865f6-0', false],
    ['emqx-core-data-emqx-core-2222-0', false],
  ])('of the cores of an EMQX, %s: %s', (claim, expected) => {
    expect(isClaimOf(claim, { template: 'emqx-core-data', set: 'emqx-core' }, ['emqx-core-2222'])).toBe(expected);
  });

  describe.each([
    { generation: ENTERPRISE, persistent: { persistence: VOLUME }, lasting: 3, foreign: 'emqx-ee-data-of-somebody-0' },
    {
      generation: EMQX,
      persistent: { cores: { replicas: 2, persistence: VOLUME } },
      lasting: 2,
      foreign: 'emqx-core-data-of-somebody-0',
    },
  ])('of $generation.kind', ({ generation, persistent: volumes, lasting, foreign }) => {
    const [version] = generation.versions;
    let desk: Desk;
    beforeEach(async () => {
      desk = await Desk.open({ clients: 60, seed: 3 }, generation);
      if (generation === EMQX) await desk.api.create(manifestsOf(generation).objects[0]!);
    });
    afterEach(() => desk.close());

    const exposed = generation === EMQX ? {} : { exposure: 'operator', service: { type: 'NodePort', mqtt: 32_010 } };
    const persistent = { ...exposed, ...volumes };
    const claims = async () =>
      (await desk.api.list({ ...CLAIM, namespace: 'default' })).items.map(({ metadata }) => metadata.name);
    const lines = () => desk.host.lines.filter(({ isRow }) => !isRow).map(({ text }) => text);

    test('stay after destroy, which names them; a new cluster over them is refused, and deleteVolumes deletes them', async () => {
      const { host } = desk;
      const made = await host.create(desk.properties(version, persistent));
      await desk.connected;
      const own = await claims();
      expect(own).toHaveLength(lasting);
      await host.delete(desk.id, made.outputs);
      expect(await claims()).toEqual(own);
      expect(lines()).toEqual([
        `removes ${desk.id}: 60 connected devices are cut off`,
        `the data of ${desk.id} stays on ${lasting} volume claims, and a new cluster of this name is refused over them; without a need for it: \`kubectl -n default delete pvc ${own.join(' ')}\``,
      ]);

      const refused = await failureOf(host.create(desk.properties(version, persistent)));
      expect(refused.message).toMatch(
        new RegExp(`^${lasting} volume claims of an earlier cluster ${desk.id} exist: .*delete pvc ${own.join(' ')}`),
      );
      expect(await desk.existing()).toBeUndefined();
      // Without volumes none of them would be used.
      const without = await host.create(desk.properties(version, exposed));
      await host.delete(desk.id, without.outputs);

      for (const name of own) await desk.api.delete({ ...CLAIM, namespace: 'default', name });
      const other: KubeObject = {
        ...CLAIM,
        metadata: { name: foreign, namespace: 'default', labels: clusterLabels(generation.name) },
      };
      await desk.api.create(other);
      const again = await host.create(desk.properties(version, { ...persistent, deleteVolumes: true }));
      expect(await claims()).toHaveLength(lasting + 1);
      await host.delete(desk.id, again.outputs);
      expect(await claims()).toEqual([other.metadata.name]);
      expect(lines().at(-1)).toMatch(new RegExp(`^deleted ${lasting} volume claims: ${generation.name}-`));
    });
  });
});
