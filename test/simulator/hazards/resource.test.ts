import type { KubeObject } from '../../../src/kubernetes';
import { readManifest } from '../../../src/resource';
import { rescue, runUpgrade } from '../../../src/upgrade';
import { cluster, SEED } from '../_cluster-at-rest';
import {
  AS_DESIGNED,
  type At,
  applyVersion,
  disturbed,
  edit,
  holdUpgrade,
  nodesOf,
  onCluster,
  operatorStatus,
  REQUEST,
  refused,
  scaleSet,
  setVersion,
  sizes,
  stopped,
  survived,
  until,
  view,
} from './_play';
import { hazardsOf } from './_table';

const hazard = hazardsOf('### When somebody changes the resource');

describe(`when somebody changes the resource (seed ${SEED})`, () => {
  hazard('the template changes again in the middle of an upgrade', {
    alone: () =>
      onCluster(AS_DESIGNED, async (at) => {
        await applyVersion(at, '4.4.15');
        await until(at, async () => (await operatorStatus(at))?.evacuationsStatus !== undefined);
        await applyVersion(at, '4.4.16');
        await until(at, async () => (await sizes(at)).join() === '0,0,3');
        expect((await at.seen()).disconnectsPerClient.max).toBeGreaterThan(1);
      }),
    withUs: () =>
      onCluster({}, async (at) => {
        const outcome = await stopped(
          at,
          disturbed(at, ['evacuate', 1_500], () => setVersion(at, '4.4.16')),
        );
        expect(await sizes(at)).toEqual([3, 3, 3]);
        await setVersion(at, '4.4.15');
        // Nobody is on the third set, and nobody else would remove it.
        await runUpgrade(at.context, REQUEST);
        expect((await sizes(at)).sort()).toEqual([0, 0, 3]);
        return `${outcome}; ${await survived(at)}`;
      }),
  });

  hazard('the template is set back in the middle of an upgrade', {
    alone: () =>
      onCluster(AS_DESIGNED, async (at) => {
        await applyVersion(at, '4.4.15');
        await until(at, async () => (await operatorStatus(at))?.evacuationsStatus !== undefined);
        await applyVersion(at, '4.4.14');
        await at.world.clock.sleep(600_000);
        expect(await sizes(at)).toEqual([3, 3]);
        expect(await operatorStatus(at)).toBeDefined();
      }),
    withUs: async () => {
      const before = await onCluster(AS_DESIGNED, async (at) => {
        await applyVersion(at, '4.4.15');
        await until(at, async () => (await operatorStatus(at))?.evacuationsStatus !== undefined);
        await applyVersion(at, '4.4.14');
        await at.world.clock.sleep(120_000);
        const outcome = await refused(at);
        await rescue(at.context, 'template-set-back');
        await at.world.clock.sleep(60_000);
        expect((await sizes(at)).sort()).toEqual([0, 3]);
        expect((await at.seen()).sessionsLost).toBe(0);
        return outcome;
      });
      const meanwhile = await onCluster({}, async (at) => {
        const outcome = await stopped(
          at,
          disturbed(at, ['evacuate', 1_500], () => setVersion(at, '4.4.14')),
        );
        await setVersion(at, '4.4.15');
        await runUpgrade(at.context, REQUEST);
        return `${outcome}; ${await survived(at)}`;
      });
      return `${before}; ${meanwhile}`;
    },
  });

  hazard('somebody goes back after the end', {
    alone: () =>
      onCluster({}, async (at) => {
        for (const version of ['4.4.15', '4.4.14']) {
          await applyVersion(at, version);
          await at.world.clock.sleep(300_000);
        }
        expect(await sizes(at)).toEqual([0, 0, 3]);
      }),
    withUs: () =>
      onCluster({}, async (at) => {
        const other = cluster('4.4.15', ({ spec }) => {
          spec.template!.spec!.emqxContainer!.env = [{ name: 'COLOUR', value: 'green' }];
        });
        await runUpgrade(at.context, REQUEST);
        await runUpgrade(at.context, { desired: other });
        await at.world.clock.sleep(30_000);
        const older = await refused(at, { desired: cluster('4.4.14') });
        await runUpgrade(at.context, REQUEST);
        expect(await sizes(at)).toEqual([0, 0, 0, 3]);
        return `${older}; ${await survived(at, { disconnects: 3 })}`;
      }),
  });

  hazard('replicas are lowered with an upgrade, or in the middle of one', {
    alone: () =>
      onCluster(AS_DESIGNED, async (at) => {
        await applyVersion(at, '4.4.15');
        await until(at, async () => (await operatorStatus(at))?.startedAt !== undefined);
        const { currentStatefulSet } = (await operatorStatus(at))!;
        await edit(at, { replicas: 2 });
        // It takes the new nodes for the old ones.
        await until(at, async () => (await operatorStatus(at))?.originStatefulSet === currentStatefulSet);
      }),
    withUs: async () => {
      const fewer = cluster('4.4.15', ({ spec }) => {
        spec.replicas = 2;
      });
      const before = await onCluster({}, (at) => refused(at, { desired: fewer }));
      const meanwhile = await onCluster({}, async (at) => {
        let removed = 0;
        const run = disturbed(at, ['evacuate', 1_500], () => {
          // The operator takes one of the new nodes away at once, whatever has come to it already.
          removed = nodesOf(at, '4.4.15').find(({ pod }) => pod.metadata.name.endsWith('-2'))!.node.sessions.channels;
          return edit(at, { replicas: 2 });
        });
        const outcome = await stopped(at, run, 10_000);
        await edit(at, { replicas: 3 });
        await runUpgrade(at.context, REQUEST);
        return `${outcome}; ${await survived(at, { crashed: removed })}`;
      });
      return `${before}; ${meanwhile}`;
    },
  });

  hazard('blueGreenUpdate is removed in the middle of an upgrade', {
    alone: () =>
      onCluster({}, async (at) => {
        await holdUpgrade(at);
        await edit(at, { blueGreenUpdate: null });
        await at.world.clock.sleep(300_000);
        expect(at.world.operator.panics.length).toBeGreaterThan(1);
      }),
    withUs: async () => {
      const without = cluster('4.4.15', ({ spec }) => {
        delete spec.blueGreenUpdate;
      });
      const before = await onCluster({}, (at) => refused(at, { desired: without }));
      const meanwhile = await onCluster({}, async (at) => {
        await disturbed(at, ['evacuate', 1_500], () => edit(at, { blueGreenUpdate: null })).catch(async (error) => {
          // The operator was quicker than the hold, and has made a third set.
          expect(error).toMatchObject({ code: 'UNEXPECTED_SETS' });
          const { sets, journal } = await view(at);
          const stranger = sets.find(({ name }) => ![journal?.from.set, journal?.to.set].includes(name));
          await scaleSet(at, stranger!.name, 0);
          await runUpgrade(at.context, REQUEST);
        });
        return survived(at);
      });
      return `${before}; ${meanwhile}`;
    },
  });

  const labelled = (version: string) =>
    cluster(version, ({ metadata }) => {
      metadata.labels = { team: 'iot' };
    });

  hazard('a label is added to the resource', {
    alone: () =>
      onCluster({}, async (at) => {
        await at.world.apply([labelled('4.4.14') as KubeObject]);
        await at.world.clock.sleep(300_000);
        expect(await sizes(at)).toEqual([3, 3]);
        expect((await view(at)).resource.status?.conditions?.[0]).toMatchObject({ type: 'Running', status: 'False' });
      }),
    withUs: () => onCluster({}, (at) => refused(at, { desired: labelled('4.4.15') })),
  });

  const annotated = (version: string) =>
    cluster(version, ({ metadata }) => {
      metadata.annotations = { note: 'x' };
    });

  hazard('an annotation is added to the resource', {
    alone: () =>
      onCluster({}, async (at) => {
        await at.world.apply([annotated('4.4.14') as KubeObject]);
        await at.world.clock.sleep(300_000);
        expect(await sizes(at)).toEqual([0, 3]);
        expect((await at.seen()).sessionsLost).toBeGreaterThan(0);
      }),
    withUs: () => onCluster({}, (at) => refused(at, { desired: annotated('4.4.15') })),
  });

  const LICENSE = { apiVersion: 'v1', kind: 'Secret', namespace: 'default', name: 'license' };
  const licensed = (version: string) =>
    cluster(version, ({ spec }) => {
      spec.license = { secretName: LICENSE.name };
    });
  const addKey = ({ world }: At, key: string) =>
    world.api.patch(LICENSE, { type: 'merge', body: { data: { [key]: 'eA==' } } });
  const withLicense = <T>(work: (at: At) => Promise<T>) =>
    onCluster({}, async (at) => {
      const secret = { ...LICENSE, metadata: { name: LICENSE.name }, data: { 'emqx.lic': 'eA==' } };
      await at.world.apply([secret as KubeObject, licensed('4.4.14') as KubeObject]);
      await until(at, async () => (await sizes(at)).join() === '0,3');
      await at.world.clock.sleep(60_000);
      return work(at);
    });

  hazard('the Secret of the license has more than one key', {
    alone: () =>
      withLicense(async (at) => {
        const { length } = await sizes(at);
        await addKey(at, 'old.lic');
        // Nobody has changed the resource.
        await until(at, async () => (await sizes(at)).length > length);
      }),
    withUs: () =>
      withLicense(async (at) => {
        const { length } = await sizes(at);
        await addKey(at, 'old.lic');
        await until(at, async () => (await sizes(at)).length > length);
        return refused(at, { desired: licensed('4.4.15') });
      }),
  });

  hazard('the cluster is an EmqxBroker', {
    withUs: async () => {
      const broker = { ...cluster('4.4.15'), kind: 'EmqxBroker' };
      const bound = /must be EmqxEnterprise: this kind describes the open-source EMQX 4\.4/;
      expect(() => readManifest(JSON.stringify(broker), 'broker.yaml')).toThrow(bound);
      return 'refused: not an EmqxEnterprise';
    },
  });
});
