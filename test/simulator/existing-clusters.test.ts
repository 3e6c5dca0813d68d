import type { KubeObject } from '../../src/kubernetes';
import type { EmqxEnterprise } from '../../src/resource';
import { asEnterprise } from '../../src/resource';
import { checkUpgrade, type ProgressEvent, runUpgrade, troublesOf } from '../../src/upgrade';
import { atRest, CAP, cluster, SEED } from './_cluster-at-rest';

const REQUEST = { desired: cluster('4.4.15') };

describe(`a cluster that nobody prepared (seed ${SEED})`, () => {
  test('devices that enter by the operator’s own Service are moved once, and keep their sessions', async () => {
    const events: ProgressEvent[] = [];
    const { world, context, report } = await atRest({ service: 'emqx-ee', events });
    const upgrade = await world.clock.run(() => runUpgrade(context, REQUEST));
    expect(upgrade).toMatchObject({ outcome: 'completed', to: { version: '4.4.15' } });
    const seen = await report();
    expect(seen.disconnectsPerClient.histogram).toEqual([0, 300]);
    expect(seen).toMatchObject({ sessionsKept: 30, sessionsLost: 0, refusedConnects: 0, stillOffline: 0 });
    expect(seen.peakDisconnectsPerSecond).toBeLessThanOrEqual(CAP);
    expect(events.filter(({ kind }) => kind === 'action').map((event) => 'text' in event && event.text)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^Endpoints emqx-ee → emqx-ee-/)]),
    );
    world.stop();
  });

  test('the operator leads its own Service again as soon as it is released', async () => {
    const { world, context } = await atRest({ service: 'emqx-ee' });
    await world.clock.run(async () => {
      await runUpgrade(context, REQUEST);
      await world.clock.sleep(60_000);
      const { traffic, pods } = await context.cluster.observe();
      expect(traffic).toMatchObject([{ service: 'emqx-ee', byOperator: true }]);
      expect(traffic[0]!.pods.sort()).toEqual(pods.map(({ name }) => name).sort());
      expect(pods).toHaveLength(3);
    });
    world.stop();
  });

  /** As the construct renders it with `exposure: 'operator'`: held, with its own delay where the operator's Service is described. */
  const held = (version: string) =>
    cluster(version, ({ spec }) => {
      spec.blueGreenUpdate!.initialDelaySeconds = 2_000_000_000;
      spec.serviceTemplate = { metadata: { annotations: { 'emqx-blue-green/initial-delay-seconds': '5' } } };
    });

  test('behind the operator’s own Service a held cluster waits with the new nodes, and is picked up there', async () => {
    const { world, context, report } = await atRest({ service: 'emqx-ee', resource: held('4.4.14') });
    await world.clock.run(async () => {
      expect(await troublesOf(context)).toEqual([]);
      await world.apply([held('4.4.15') as KubeObject]);
      await world.clock.sleep(600_000);
      const upgrade = await runUpgrade(context, { desired: held('4.4.15') });
      expect(upgrade).toMatchObject({ outcome: 'completed', to: { version: '4.4.15' } });
      const { resource, traffic, pods } = await context.cluster.observe();
      expect(asEnterprise(resource).spec.blueGreenUpdate?.initialDelaySeconds).toBe(2_000_000_000);
      // Held at rest the operator still looks after its Service.
      await world.clock.sleep(60_000);
      expect(traffic[0]!.pods.sort()).toEqual(pods.map(({ name }) => name).sort());
    });
    const seen = await report();
    expect(seen.disconnectsPerClient.histogram).toEqual([0, 300]);
    expect(seen).toMatchObject({ sessionsKept: 30, sessionsLost: 0, stillOffline: 0 });
    world.stop();
  });

  test('a held one can be left to the operator alone: it waits as long as its owner says, and is held again', async () => {
    const { world, context } = await atRest({ resource: held('4.4.14') });
    await world.clock.run(async () => {
      const request = { desired: held('4.4.15'), driver: 'operator' as const, acceptLoss: true };
      expect(await runUpgrade(context, request)).toMatchObject({ to: { version: '4.4.15' } });
      const { resource } = await context.cluster.observe();
      expect(asEnterprise(resource).spec.blueGreenUpdate?.initialDelaySeconds).toBe(2_000_000_000);
    });
    world.stop();
  });

  // 8 s: green boots. 30 s: green is ready, and the operator is in its last looks before it removes a pod.
  test.each([1_000, 8_000, 30_000])(
    'an upgrade that the operator began on its own %i ms ago is taken over, and nobody is disconnected twice',
    async (ms) => {
      const { world, context, report } = await atRest();
      await world.clock.run(async () => {
        await world.apply([cluster('4.4.15') as KubeObject]);
        await world.clock.sleep(ms);
        const upgrade = await runUpgrade(context, REQUEST);
        expect(upgrade).toMatchObject({ from: { version: '4.4.14' }, to: { version: '4.4.15' } });
        const { resource } = await context.cluster.observe();
        expect(asEnterprise(resource).spec.blueGreenUpdate?.initialDelaySeconds).toBe(5);
      });
      const seen = await report();
      expect(seen.disconnectsPerClient.max).toBe(1);
      expect(seen).toMatchObject({ sessionsKept: 30, sessionsLost: 0, stillOffline: 0 });
      world.stop();
    },
  );

  /** As Argo CD does when its way of tracking is changed, or kubectl set env. */
  test.each<[string, (resource: EmqxEnterprise) => void]>([
    [
      'an annotation',
      ({ metadata }) => Object.assign(metadata, { annotations: { 'argocd.argoproj.io/tracking-id': 'x' } }),
    ],
    [
      'an environment variable',
      ({ spec }) => Object.assign(spec.template!.spec!.emqxContainer!, { env: [{ name: 'TZ', value: 'UTC' }] }),
    ],
  ])('one that the operator began because of %s, with no new image, is taken over as well', async (_, change) => {
    const { world, context, report } = await atRest();
    const desired = cluster('4.4.14', change);
    await world.clock.run(async () => {
      await world.apply([desired as KubeObject]);
      await world.clock.sleep(15_000);
      expect((await checkUpgrade(context, { desired })).filter(({ status }) => status === 'blocker')).toEqual([]);
      expect(await troublesOf(context)).toEqual([]);
      expect(await runUpgrade(context, { desired })).toMatchObject({ outcome: 'completed' });
    });
    const seen = await report();
    expect(seen.disconnectsPerClient.max).toBe(1);
    expect(seen).toMatchObject({ sessionsKept: 30, sessionsLost: 0, stillOffline: 0 });
    world.stop();
  });

  test('one with no new image that was set back in the middle is not taken for one that goes on', async () => {
    const { world, context } = await atRest();
    const changed = cluster('4.4.14', ({ metadata }) => Object.assign(metadata, { annotations: { note: 'x' } }));
    const before = cluster('4.4.14');
    await world.clock.run(async () => {
      await world.apply([changed as KubeObject]);
      await world.clock.sleep(15_000);
      await world.apply([before as KubeObject]);
      await world.clock.sleep(1_000);
      expect(await troublesOf(context)).toMatchObject([{ id: 'template-set-back', cure: expect.any(String) }]);
      await expect(runUpgrade(context, { desired: before })).rejects.toThrow(
        /status: spec.template \(version 4.4.14\) does not match the new nodes/,
      );
    });
    world.stop();
  });

  test('an evacuation that the operator has ordered is stopped, and its node gets its share of the cap', async () => {
    const { world, context, report } = await atRest({ operator: 'as-designed' });
    await world.clock.run(async () => {
      await world.apply([cluster('4.4.15') as KubeObject]);
      await untilOneEvacuates(world, context);
      await runUpgrade(context, REQUEST);
    });
    const seen = await report();
    expect(seen.disconnectsPerClient.max).toBeLessThanOrEqual(2); // some met another old node
    expect(seen).toMatchObject({ sessionsKept: 30, sessionsLost: 0 });
    world.stop();
  });

  test('an upgrade past the point of return is left alone, until it is held as the reason says', async () => {
    const { world, context } = await atRest();
    await world.clock.run(async () => {
      await world.apply([cluster('4.4.15') as KubeObject]);
      for (;;) {
        const { sets } = await context.cluster.observe();
        if (sets.some(({ replicas }) => replicas < 3)) break;
        await world.clock.sleep(1_000);
      }
      const before = (await context.cluster.observe()).resourceVersion;
      await expect(runUpgrade(context, REQUEST)).rejects.toThrow(
        /status: the operator upgrades on its own and has removed 1 of 3 old pods.*set spec.blueGreenUpdate.initialDelaySeconds to 2000000000; then the same command/,
      );
      expect((await context.cluster.observe()).resourceVersion).toBe(before);
      const spec = { blueGreenUpdate: { initialDelaySeconds: 2_000_000_000 } };
      await context.cluster.patchResource({ spec, ifVersion: before });
      expect(await runUpgrade(context, REQUEST)).toMatchObject({ outcome: 'completed' });
      const sets = (await context.cluster.observe()).sets.filter(({ replicas }) => replicas > 0);
      expect(sets).toEqual([expect.objectContaining({ replicas: 3, image: 'emqx/emqx-ee:4.4.15' })]);
    });
    world.stop();
  });
});

async function untilOneEvacuates(
  world: Awaited<ReturnType<typeof atRest>>['world'],
  { cluster, emqx }: Awaited<ReturnType<typeof atRest>>['context'],
): Promise<void> {
  for (;;) {
    const { pods } = await cluster.observe();
    const views = await Promise.all(pods.filter((pod) => pod.ready).map((pod) => emqx.observe(pod.name, pod.name)));
    if (views.some(({ evacuating }) => evacuating)) return;
    await world.clock.sleep(500);
  }
}
