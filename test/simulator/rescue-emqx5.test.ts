import { generationOf } from '../../src/resource';
import { contextOf } from '../../src/simulator/scenario';
import { checkUpgrade, lastRecord, planUpgrade, rescue, statusOf, troublesOf } from '../../src/upgrade';
import { activeSets } from '../../src/upgrade/observation';
import { emqx5AtRest, type Shape } from './_emqx5-at-rest';

const THIRD = '5.8.10';
const RESCUE = /^`emqx-blue-green rescue emqx -n default` moves all devices to the set that the operator wants now/;

const SHAPES: [string, Shape][] = [
  ['3 cores', { cores: 3 }],
  ['2 cores and 3 replicants', { cores: 2, replicants: 3 }],
];

describe('a third image in the middle of an upgrade of EMQX 5', () => {
  test.each(SHAPES)('%s: all devices are moved to the set that the operator wants', async (_, shape) => {
    const at = await emqx5AtRest(shape);
    const { context, world } = at;
    const clients = await world.clock.run(async () => {
      const stopped = await at.changedInTheMiddle(THIRD);
      expect(stopped).toMatchObject({
        code: 'TEMPLATE_CHANGED',
        reason: 'spec.image, spec.coreTemplate or spec.replicantTemplate was changed during the upgrade',
        fix: expect.stringMatching(RESCUE),
      });
      await world.clock.sleep(30_000);
      const { run, sample, beside } = await statusOf(context);
      expect(run).toMatchObject({ stopped: { code: 'TEMPLATE_CHANGED' }, advice: expect.stringMatching(RESCUE) });
      expect(sample.leftMs).toBeUndefined();
      const sets = [sample.blue, sample.green!, ...beside];
      expect(new Set(sets.map(({ set }) => set)).size).toBe(shape.replicants ? 6 : 3);
      expect(sets.reduce((sum, { connections }) => sum + connections!, 0)).toBe(275);

      const [trouble, ...others] = await troublesOf(context);
      expect(others).toEqual([]);
      expect(trouble).toMatchObject({ id: 'extra-sets', cure: expect.stringMatching(/at the cap of 100\/s/) });
      expect(trouble!.found).toMatch(/wants .*\(5\.8\.10, 0 devices\).*beside it there are .*\(5\.8\.8, \d+ devices\)/);

      await rescue(context, 'extra-sets');
      expect(await lastRecord(context)).toMatchObject({
        outcome: 'completed',
        to: { version: THIRD },
        sessionsLost: 0,
      });
      return at.report();
    });
    // Those that the first run had moved are moved again; the others once.
    expect(clients.disconnectsPerClient.max).toBe(2);
    expect(clients.disconnectsPerClient.histogram[0]).toBe(0);
    expect(clients.disconnectsPerClient.histogram[1]).toBeGreaterThan(50);
    expect(clients).toMatchObject({ sessionsLost: 0, refusedConnects: 0, stillOffline: 0 });
    const { sets, resource } = await world.clock.run(() => context.cluster.observe());
    const { setKinds } = generationOf(resource);
    const left = sets.filter(({ replicas }) => replicas > 0);
    expect(left.map(({ image }) => image)).toEqual(
      setKinds.slice(-left.length).map(() => `emqx/emqx-enterprise:${THIRD}`),
    );
    world.stop();
  });

  test.each(SHAPES)('%s: every check that says what to do says the same', async (_, shape) => {
    const at = await emqx5AtRest(shape);
    await at.world.clock.run(async () => {
      await at.changedInTheMiddle(THIRD);
      await at.world.clock.sleep(30_000);
      for (const request of [undefined, { desired: at.cluster(THIRD) }]) {
        const open = (await checkUpgrade(at.context, request)).filter(({ status }) => status !== 'ok');
        expect(open.map(({ id, fix }) => ({ id, fix }))).toEqual([
          { id: 'open-run', fix: expect.stringMatching(RESCUE) },
        ]);
      }
    });
    at.world.stop();
  });

  test('without the Secret of the API key the sets are shown, and their devices as unknown, with the cure', async () => {
    const at = await emqx5AtRest({ cores: 3 });
    const { world } = at;
    await world.clock.run(async () => {
      world.kubernetes.store.delete(
        { apiVersion: 'v1', kind: 'Secret', namespace: 'default', name: 'emqx-bootstrap-api-key' },
        0,
      );
      const fresh = contextOf(world, 'default', 'emqx', () => undefined, undefined, 'EMQX');
      const { sample } = await statusOf(fresh);
      expect(sample.blue).toMatchObject({ replicas: 3, connections: null, sessions: null });
      expect(sample.nodes.map(({ obstacle }) => obstacle)).toEqual(Array(3).fill('no-credentials'));
      const nodes = (await checkUpgrade(fresh, undefined)).find(({ id }) => id === 'nodes');
      expect(nodes).toMatchObject({ status: 'blocker', fix: expect.stringMatching(/restore the Secret/) });
      expect(await planUpgrade(fresh, { desired: at.cluster(THIRD) })).toMatchObject({ connections: null });
    });
    world.stop();
  });

  test('a third image that cannot be pulled, and a fourth: its set has nothing to move, and goes', async () => {
    const at = await emqx5AtRest({ cores: 3 });
    const { world, context } = at;
    await world.clock.run(async () => {
      await at.changedInTheMiddle('no-such-tag');
      await world.clock.sleep(30_000);
      await at.edit({ image: `emqx/emqx-enterprise:${THIRD}` });
      await world.clock.sleep(30_000);
      expect((await troublesOf(context)).map(({ id }) => id)).toEqual(['extra-sets']);
      await rescue(context, 'extra-sets');
      const left = activeSets(await context.cluster.observe());
      expect(left.map(({ image }) => image)).toEqual([`emqx/emqx-enterprise:${THIRD}`]);
      expect(await at.report()).toMatchObject({ sessionsLost: 0, stillOffline: 0 });
    });
    world.stop();
  });

  test('an image that is set back is a third one to the operator, whose set takes all devices', async () => {
    const at = await emqx5AtRest({ cores: 3 });
    await at.world.clock.run(async () => {
      await at.changedInTheMiddle('5.8.8');
      await at.world.clock.sleep(30_000);
      expect((await troublesOf(at.context)).map(({ id }) => id)).toEqual(['extra-sets']);
      await rescue(at.context, 'extra-sets');
      expect(activeSets(await at.context.cluster.observe())).toHaveLength(1);
      expect(await at.report()).toMatchObject({ sessionsLost: 0, stillOffline: 0 });
    });
    at.world.stop();
  });
});
