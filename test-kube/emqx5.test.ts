import { EXIT } from '../src/cli/exit';
import { type Emqx, isHeld, versionOf } from '../src/resource';
import { type Phase, runUpgrade } from '../src/upgrade';
import { nodesWanted, operatorReportOf } from '../src/upgrade/observation';
import { describeKube } from './_describe-kube';
import { emqx5 } from './_emqx5-cluster';
import { measured } from './_lab';
import { expectMovedOnce, tell } from './_moved-once';
import { counted, refusedTo, requestsFrom } from './_requests';
import { Site } from './_site';
import { until } from './_until';

const CORES = emqx5({ cores: 3 });
const WITH_REPLICANTS = emqx5({ cores: 2, replicants: 3 });

// They wait for most of their time, and so they wait together: each in a namespace of its own.
describeKube('on a real API server, an upgrade of EMQX 5', () => {
  test.concurrent.each([
    ['cores', CORES, 3],
    ['cores and replicants', WITH_REPLICANTS, 5],
  ])('with %s moves each of 1,000 clients once, with the rights of UpgradeAccess', (what, target, nodes) =>
    Site.with(`emqx5-${what.replaceAll(' ', '-')}`, { target, clients: 1_000, rate: 100 }, async (site) => {
      const run = runUpgrade(await site.engine(), { desired: site.desired<Emqx>() }, site.patience);
      const { outcome, hasLosses, durationMs, evacuateMs, lowerBoundMs } = await run;
      const requests = requestsFrom(site.namespace);
      measured(`${site.namespace}: ${durationMs} ms, evacuation ${evacuateMs} ms (lower bound ${lowerBoundMs} ms)`);
      measured(`${site.namespace}: ${requests.length} requests to the API server, ${counted(requests)}`);
      expect({ outcome, hasLosses }).toEqual({ outcome: 'completed', hasLosses: false });
      await expectAtRest(site, { version: target.to, nodes });
      await expectMovedOnce(site);
      expect(refusedTo(site.namespace)).toEqual([]);
    }),
  );

  const killed: [Phase, string, typeof CORES, number][] = [
    ['evacuate', 'cores', CORES, 3],
    ['evacuate', 'replicants', WITH_REPLICANTS, 5],
  ];
  test.concurrent.each(killed)(
    'whose process is killed in phase %s goes on by the same command (%s)',
    (phase, what, target, nodes) =>
      Site.with(`emqx5-killed-in-${phase}-${what}`, { target, clients: 300, rate: 20 }, async (site) => {
        const first = site.upgrade();
        await site.reached(phase);
        if (phase === 'evacuate') await until('devices to be on their way', () => site.fleet.disconnects > 0);
        first.kill();
        expect((await first.ended).code).toBeNull();
        await site.free();
        expect(await site.upgrade().ended).toEqual({ code: EXIT.done, output: expect.stringContaining('(resumed)') });
        await expectAtRest(site, { version: target.to, nodes });
        await expectMovedOnce(site);
        expect(refusedTo(site.namespace)).toEqual([]);
      }),
  );

  test.concurrent.each([
    ['cores', CORES, 3],
    ['replicants', WITH_REPLICANTS, 5],
  ])('that is aborted while it evacuates goes back, without loss (%s)', (what, target, nodes) =>
    Site.with(`emqx5-aborted-${what}`, { target, clients: 300, rate: 20 }, async (site) => {
      const upgrade = site.upgrade();
      await site.reached('evacuate');
      await until('devices to be on their way', () => site.fleet.disconnects > 0);
      const abort = await site.command('abort').ended;
      expect(abort).toMatchObject({ code: EXIT.done });
      expect(await upgrade.ended).toEqual({ code: EXIT.stopped, output: expect.stringContaining('aborted') });
      const seen = await site.fleet.report();
      tell(site.namespace, seen);
      expect(seen).toMatchObject({ sessionsLost: 0, messagesDelivered: site.fleet.devices, stillOffline: 0 });
      expect(seen.disconnectsPerClient.max).toBeLessThanOrEqual(2);
      await expectAtRest(site, { version: target.from, nodes });
      // With the same names a later try can be aborted, too.
      await site.look(async ({ cluster }) => {
        const { sets } = await cluster.observe();
        expect(sets).toHaveLength(target === CORES ? 1 : 2);
      });
      expect(refusedTo(site.namespace)).toEqual([]);
    }),
  );
});

/** The nodes of one version alone, the operator content and held again, and everybody out of its way. */
async function expectAtRest(site: Site, { version, nodes }: { version: string; nodes: number }): Promise<void> {
  const since = performance.now();
  await site.look(async ({ cluster }) => {
    await until('the operator to be at rest', async () => {
      const view = await cluster.observe();
      const { isRunning, readyNodes } = operatorReportOf(view);
      return isRunning && readyNodes === nodesWanted(view.resource) && view.pods.every(({ ready }) => ready);
    });
    // Where it could not read the nodes while the old ones went, it closes the gates of all new ones until its next pass, 30 s later.
    const emptyMs = Math.round(performance.now() - since);
    if (emptyMs > 10_000) measured(`${site.namespace}: new nodes were not ready for ${emptyMs} ms after the upgrade`);
    const { resource, sets, pods, traffic, lease, journal } = await cluster.observe();
    expect({
      version: versionOf(resource),
      isHeld: isHeld(resource),
      replicas: sets.reduce((sum, { replicas }) => sum + replicas, 0),
      ready: pods.filter(({ ready }) => ready).length,
      pods: pods.length,
      trafficIsPinned: traffic.some(({ revision }) => revision !== undefined),
      lease: lease?.holder,
      phase: journal?.phase,
    }).toEqual({
      version,
      isHeld: true,
      replicas: nodes,
      ready: nodes,
      pods: nodes,
      trafficIsPinned: false,
      lease: undefined,
      phase: 'done',
    });
  });
}
