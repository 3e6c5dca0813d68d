import type { KubeObject } from '../../src/kubernetes';
import { isClaimOf } from '../../src/pulumi/volumes';
import { clusterLabels } from '../../src/resource';
import { Desk, failureOf, ID } from './_desk';

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

  describe('in the provider', () => {
    let desk: Desk;
    beforeEach(async () => {
      desk = await Desk.open({ clients: 60, seed: 3 });
    });
    afterEach(() => desk.close());

    const exposed = { exposure: 'operator', service: { type: 'NodePort', mqtt: 32_010 } };
    const persistent = { ...exposed, persistence: { sizeGibibytes: 1 } };
    const claims = async () =>
      (await desk.api.list({ ...CLAIM, namespace: 'default' })).items.map(({ metadata }) => metadata.name);
    const lines = () => desk.host.lines.filter(({ isRow }) => !isRow).map(({ text }) => text);

    test('stay after destroy, which names them; a new cluster over them is refused, and deleteVolumes deletes them', async () => {
      const { host } = desk;
      const made = await host.create(desk.properties('4.4.14', persistent));
      await desk.connected;
      const own = await claims();
      expect(own).toHaveLength(3);
      await host.delete(ID, made.outputs);
      expect(await claims()).toEqual(own);
      expect(lines()).toEqual([
        'removes default/emqx-ee: 60 connected devices are cut off',
        `the data of default/emqx-ee stays on 3 volume claims, and a new cluster of this name is refused over them; without a need for it: \`kubectl -n default delete pvc ${own.join(' ')}\``,
      ]);

      const refused = await failureOf(host.create(desk.properties('4.4.14', persistent)));
      expect(refused.message).toMatch(
        new RegExp(`^3 volume claims of an earlier cluster default/emqx-ee exist: .*delete pvc ${own.join(' ')}`),
      );
      expect(await desk.found('apps.emqx.io/v1beta4', 'EmqxEnterprise', 'emqx-ee')).toBeUndefined();
      // Without volumes none of them would be used.
      const without = await host.create(desk.properties('4.4.14', exposed));
      await host.delete(ID, without.outputs);

      for (const name of own) await desk.api.delete({ ...CLAIM, namespace: 'default', name });
      const other: KubeObject = {
        ...CLAIM,
        metadata: { name: 'emqx-ee-data-of-somebody-0', namespace: 'default', labels: clusterLabels('emqx-ee') },
      };
      await desk.api.create(other);
      const again = await host.create(desk.properties('4.4.14', { ...persistent, deleteVolumes: true }));
      expect(await claims()).toHaveLength(4);
      await host.delete(ID, again.outputs);
      expect(await claims()).toEqual([other.metadata.name]);
      expect(lines().at(-1)).toMatch(/^deleted 3 volume claims: emqx-ee-data-/);
    });
  });
});
