import type { KubeObject } from '../../src/kubernetes';
import { type ProgressEvent, runUpgrade } from '../../src/upgrade';
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
        expect(resource.spec.blueGreenUpdate?.initialDelaySeconds).toBe(5);
      });
      const seen = await report();
      expect(seen.disconnectsPerClient.max).toBe(1);
      expect(seen).toMatchObject({ sessionsKept: 30, sessionsLost: 0, stillOffline: 0 });
      world.stop();
    },
  );

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

  test('an upgrade past the point of return is left alone, with the reason, and nothing is written', async () => {
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
        /status: the operator upgrades on its own and has removed 1 of 3 old pods; it cannot be taken over any more/,
      );
      expect((await context.cluster.observe()).resourceVersion).toBe(before);
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
