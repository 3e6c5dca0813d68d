import { withoutApiServer } from './_api-server-process';
import { describeKube } from './_describe-kube';
import { expectMovedOnce } from './_moved-once';
import { AT_REST, remainsOf } from './_remains';
import { Site } from './_site';
import { until } from './_until';
import { SERVICE } from './_upgrade-cluster';

describeKube('an API server that is away for 10 s', () => {
  test('stops no upgrade, before or in the middle of its evacuation, and costs nobody a second disconnect', () =>
    Site.withAll(['upgrade-outage', 'upgrade-outage-early'], { clients: 300, rate: 20 }, async (late, early) => {
      const upgrades = [late!.upgrade()];
      await late!.reached('green');
      upgrades.push(early!.upgrade());
      await early!.reached('switch');
      await until('devices to be on their way', () => late!.fleet.disconnects > 0);
      await withoutApiServer(() => late!.world.clock.sleep(10_000));
      for (const upgrade of upgrades) {
        expect(await upgrade.ended).toEqual({ code: 0, output: expect.stringContaining('completed') });
      }
      for (const site of [late!, early!]) {
        await caughtUp(site);
        await expectMovedOnce(site);
        expect(await remainsOf(site)).toEqual(AT_REST);
      }
    }));
});

/**
 * Resolves when the Service leads to pods that are there. The controllers come back to a server that was away later than the
 * upgrade does, and until then may take pods for ready that are gone.
 */
async function caughtUp({ world }: Site): Promise<void> {
  const front = world.front(SERVICE);
  const isThere = (pod: string) => world.nodes.some((node) => node.pod.metadata.name === pod);
  await until('the controllers to have caught up', () => front.endpoints.every(isThere));
}
