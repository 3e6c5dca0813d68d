import { asEnterprise } from '../../src/resource';
import { runUpgrade } from '../../src/upgrade';
import { activeSets } from '../../src/upgrade/observation';
import { atRest, CAP, cluster } from './_cluster-at-rest';
import { emqx5AtRest } from './_emqx5-at-rest';
import { emqx, NEW, OLD } from './_emqx5-upgrade';

/** Another number of nodes together with the version, by one command. */
test('EMQX 4.4: 3 nodes become 5, and each device moves once', async () => {
  const { world, context, report } = await atRest();
  const desired = cluster('4.4.15', (resource) => {
    asEnterprise(resource).spec.replicas = 5;
  });
  const sets = await world.clock.run(async () => {
    expect(await runUpgrade(context, { desired })).toMatchObject({ outcome: 'completed', incidents: [] });
    return activeSets(await context.cluster.observe());
  });
  expect(sets).toMatchObject([{ replicas: 5, readyReplicas: 5, image: 'emqx/emqx-ee:4.4.15' }]);
  const seen = await report();
  expect(seen).toMatchObject({ disconnectsPerClient: { max: 1 }, disconnects: 300, sessionsLost: 0, stillOffline: 0 });
  expect(seen.peakDisconnectsPerSecond).toBeLessThanOrEqual(CAP);
  world.stop();
});

test.each([
  [3, 2],
  [2, 5],
])('EMQX 5: 2 cores and 3 replicants become %i and %i', async (cores, replicants) => {
  const { world, context, report } = await emqx5AtRest({ cores: 2, replicants: 3 });
  const desired = emqx(NEW, cores, replicants, 'apps.emqx.io/v2beta1');
  const seen = await world.clock.run(async () => {
    expect(await runUpgrade(context, { desired })).toMatchObject({ outcome: 'completed', incidents: [] });
    const view = await context.cluster.observe();
    expect(activeSets(view, 'core')).toMatchObject([{ replicas: cores, readyReplicas: cores }]);
    expect(activeSets(view, 'replicant')).toMatchObject([{ replicas: replicants, readyReplicas: replicants }]);
    return report();
  });
  expect(seen).toMatchObject({ disconnectsPerClient: { max: 1 }, sessionsLost: 0, stillOffline: 0 });
  world.stop();
});

test('EMQX 5: replicants are not added, or removed, together with the version', async () => {
  const { world, context } = await emqx5AtRest({ cores: 2, replicants: 3 });
  const desired = emqx(NEW, 2, 0, 'apps.emqx.io/v2beta1');
  await world.clock.run(async () => {
    await expect(runUpgrade(context, { desired })).rejects.toThrow(
      /replicas: replicant replicas change from 3 to 0 in the same step: .*; leave spec.replicantTemplate.spec.replicas at 3, and change that when the upgrade has ended/,
    );
    expect((await context.cluster.observe()).resource.spec).toMatchObject({ image: `emqx/emqx-enterprise:${OLD}` });
  });
  world.stop();
});
