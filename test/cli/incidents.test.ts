import type { UpgradeReport } from '../../src/upgrade';
import type { Ended } from './_shell';
import { SimulatedCluster } from './_simulated';

const UPGRADE = 'upgrade --set-version 4.4.15 --rate 20 --yes';

let cluster: SimulatedCluster;
beforeEach(async () => {
  cluster = await SimulatedCluster.atRest(300);
});
afterEach(() => cluster.world.stop());

/** Upgrades, and does something once it has evacuated for a while. */
function beside(work: () => Promise<unknown>): Promise<Ended> {
  return cluster.world.clock.run(async () => {
    let evacuates = false;
    const upgrade = cluster.started(UPGRADE, {
      written: (text) => {
        evacuates ||= text.includes('phase evacuate');
      },
    });
    while (!evacuates) await cluster.world.clock.sleep(100);
    await cluster.world.clock.sleep(5_000);
    await work();
    return upgrade;
  });
}

const report = async () => JSON.parse((await cluster.run('report -o json')).out) as UpgradeReport;

/** What happened, and not what follows from it for devices. */
const isItself = ({ kind }: UpgradeReport['incidents'][number]) => kind !== 'devices-away';

/** The first pod that an upgrade empties. */
const blue = () => cluster.world.pods.running.map(({ pod }) => pod.metadata.name).sort((a, b) => a.localeCompare(b));

test('an upgrade of which nothing went wrong has lost nothing, and kept its cap as far as it was seen', async () => {
  const { code, out } = await beside(async () => undefined);
  expect(code).toBe(0);
  expect(out).toMatch(/^default\/emqx-ee: 4\.4\.14 → 4\.4\.15, completed$/m);
  const { peakDisconnectsPerSecond: peak, ...rest } = await report();
  expect(rest).toMatchObject({
    connections: 300,
    sessions: 330,
    after: { connections: 300, sessions: 330 },
    sessionsLost: 0,
    hasLosses: false,
    incidents: [],
  });
  expect(rest.after!.subscriptions).toBe(rest.subscriptions);
  const seen = cluster.ledger.report();
  expect(peak).toBeGreaterThanOrEqual(18);
  expect(peak).toBeLessThanOrEqual(seen.peakDisconnectsPerSecond);
});

test('a broker that restarts is reported with what it cost, and the exit code is another one', async () => {
  const first = blue()[0]!;
  const { code, out } = await beside(async () => cluster.world.pods.crash('default', first));
  expect(code).toBe(6);
  expect(out).toMatch(/^default\/emqx-ee: 4\.4\.14 → 4\.4\.15, completed with losses$/m);
  const { hasLosses, sessionsLost, ...rest } = await report();
  const incidents = rest.incidents.filter(isItself);
  expect(hasLosses).toBe(true);
  expect(incidents).toEqual([
    expect.objectContaining({ kind: 'node-restarted', subjects: [first], what: expect.stringContaining(first) }),
  ]);
  expect(incidents[0]!.sessionsLost).toBeGreaterThan(0);
  expect(sessionsLost).toBeGreaterThanOrEqual(incidents[0]!.sessionsLost!);
});

test('a pod that is deleted, and a hold that is reset, are reported', async () => {
  const first = blue()[0]!;
  await beside(async () => {
    const { api } = cluster.world;
    await api.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: first });
    await cluster.world.clock.sleep(6_000);
    const ref = { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', namespace: 'default', name: 'emqx-ee' };
    await api.patch(ref, { type: 'merge', body: { spec: { blueGreenUpdate: { initialDelaySeconds: 60 } } } });
  });
  const incidents = (await report()).incidents.filter(isItself);
  expect(incidents.map(({ kind }) => kind)).toEqual(['pod-lost', 'hold-reset']);
  expect(incidents[1]).toMatchObject({ endedAt: expect.any(Number) });
});

test('another rate and a pause are followed: the ratio is that of what was possible', async () => {
  await beside(async () => {
    await cluster.started('pause');
    await cluster.world.clock.sleep(15_000);
    await cluster.started('resume');
    await cluster.started('rate 10');
  });
  const { caps, ratio, lowerBoundMs, pausedMs } = await report();
  expect(caps.map(({ perSecond }) => perSecond)).toEqual([20, 10]);
  expect(pausedMs).toBeGreaterThan(14_000);
  // 300 at 10 to 20 a second.
  expect(lowerBoundMs).toBeGreaterThan(20_000);
  expect(ratio).toBeGreaterThan(0.95);
  expect(ratio).toBeLessThan(1.35);
});
