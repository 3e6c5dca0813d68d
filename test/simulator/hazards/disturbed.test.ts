import { asEnterprise } from '../../../src/resource';
import { type Phase, type ProgressEvent, runUpgrade } from '../../../src/upgrade';
import { CAP, SEED } from '../_cluster-at-rest';
import { applyVersion, crash, deletePod, disturbed, nodesOf, onCluster, REQUEST, view } from './_play';

const texts = (events: readonly ProgressEvent[], kind: 'action' | 'warning') =>
  events.flatMap((event) => (event.kind === kind ? event.text : []));

describe(`somebody resets the delay while the upgrade is under way (seed ${SEED})`, () => {
  test.each<[Phase, number]>([
    ['green', 4_000],
    ['switch', 500],
    ['evacuate', 1_500],
    ['evacuate', 4_000],
  ])('in "%s" after %i ms: the operator is held again at once', (phase, ms) =>
    onCluster({}, async (at) => {
      let resetAt = 0;
      const upgrade = await disturbed(at, [phase, ms], () => {
        resetAt = at.world.clock.now();
        return applyVersion(at, '4.4.15'); // with the delay of 5 s
      });
      const held = at.events.find((event) => event.kind === 'action' && /hold the operator again/.test(event.text));
      expect(held!.at - resetAt).toBeLessThanOrEqual(500);
      expect(upgrade.outcome).toBe('completed');
      const lost = texts(at.events, 'warning').filter((text) => /has removed/.test(text)).length;
      const seen = await at.seen();
      expect(seen.stillOffline).toBe(0);
      // What the operator did in the meantime is its own; a pod that it removed is reported.
      if (lost === 0) expect(seen).toMatchObject({ sessionsLost: 0, refusedConnects: 0 });
      expect(seen.disconnectsPerClient.max).toBeLessThanOrEqual(1 + lost);
      expect(asEnterprise((await view(at)).resource).spec.blueGreenUpdate?.initialDelaySeconds).toBe(5);
    }),
  );
});

describe(`a green node goes away while blue is emptied (seed ${SEED})`, () => {
  test('nobody is evicted until all green nodes are there again, and the run goes on', () =>
    onCluster({}, async (at) => {
      const upgrade = await disturbed(at, ['evacuate', 1_500], () =>
        deletePod(at, nodesOf(at, '4.4.15')[0]!.pod.metadata.name),
      );
      expect(upgrade.outcome).toBe('completed');
      expect(texts(at.events, 'action')).toContainEqual(expect.stringMatching(/^stop the evacuation of /));
      const seen = await at.seen();
      // Those it had taken already are disconnected once more.
      expect(seen.disconnectsPerClient.max).toBeLessThanOrEqual(2);
      expect(seen).toMatchObject({ stillOffline: 0 });
      expect(seen.peakDisconnectsPerSecond).toBeLessThanOrEqual(CAP + 60);
    }));
});

describe(`devices that take long to come back (seed ${SEED})`, () => {
  test('no more are sent away than may be away at a time', () =>
    onCluster({}, async (at) => {
      const upgrade = await runUpgrade(at.context, { ...REQUEST, limits: { offlineBudget: 40 } });
      expect(upgrade.outcome).toBe('completed');
      expect(at.events).toContainEqual(
        expect.objectContaining({ kind: 'waiting', text: 'devices to reconnect: more than 40 are offline' }),
      );
      const seen = await at.seen();
      expect(seen.disconnectsPerClient.histogram).toEqual([0, 300]);
      expect(seen).toMatchObject({ sessionsKept: 30, sessionsLost: 0, refusedConnects: 0 });
    }));
});

describe(`the cap is used (seed ${SEED})`, () => {
  test('at 5/s on three nodes, which whole numbers do not divide evenly', () =>
    onCluster({}, async (at) => {
      const upgrade = await runUpgrade(at.context, { ...REQUEST, stormCap: 5 });
      expect(upgrade.evacuateMs / upgrade.lowerBoundMs).toBeLessThan(1.2);
      // Those that finish first, and have nothing of the cap any more, are in the report with what they had.
      expect(upgrade.shares.map(({ pod }) => pod.slice(-1)).sort()).toEqual(['0', '1', '2']);
      expect(Math.min(...upgrade.shares.map(({ connectionsPerSecond }) => connectionsPerSecond))).toBeGreaterThan(0);
      const seen = await at.seen();
      expect(seen.peakDisconnectsPerSecond).toBeLessThanOrEqual(5);
      expect(seen.disconnectsPerClient.histogram).toEqual([0, 300]);
    }));

  test('by the others when a node is lost', () =>
    onCluster({ clients: 3_000 }, async (at) => {
      await disturbed(at, ['evacuate', 5_000], () => void crash(at, nodesOf(at, '4.4.14')[0]!));
      const orders = texts(at.events, 'action').flatMap((text) => /^evacuate \S+ at (\d+)\/s/.exec(text)?.[1] ?? []);
      const [first, ...again] = [orders.slice(0, 3), ...[orders.slice(3)]].map((rates) => rates.map(Number));
      expect(first!.reduce((sum, rate) => sum + rate)).toBe(CAP);
      // The one that is expected back keeps the least share, which the slower of the others gets when it has come back empty.
      expect(again[0]).toEqual([50, 49, 50]);
      expect((await at.seen()).stillOffline).toBe(0);
    }));
});
