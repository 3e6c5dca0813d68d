import type { UpgradeReport } from '../../../src/upgrade';
import { runUpgrade } from '../../../src/upgrade';
import { SEED } from '../_cluster-at-rest';
import { type At, disturbed, nodesOf, onCluster, REQUEST } from './_play';

/** What the plan says at 100/s: the cap of 1.5 s, and ten more. */
const PLANNED_AWAY = 160;

const incidentsOf = async (at: At) => (await at.context.cluster.observe()).journal?.incidents ?? [];

/** Devices that are away, as the run shows them beside those that are. */
const worstError = (at: At, truth: Map<number, number>): number =>
  Math.max(
    ...at.events.flatMap((event) => {
      if (event.kind !== 'sample' || event.sample.away === undefined) return [];
      const nearest = [...truth].filter(([time]) => Math.abs(time - event.at) <= 50).map(([, away]) => away);
      return nearest.length === 0 ? [] : Math.min(...nearest.map((away) => Math.abs(event.sample.away! - away)));
    }),
  );

/** Notes each 10 ms how many are away. */
function watched(at: At): Map<number, number> {
  const truth = new Map<number, number>();
  const look = () => {
    truth.set(at.world.clock.now(), 3_000 - at.connected());
    at.world.clock.schedule(10, look);
  };
  look();
  return truth;
}

const withinBound = (upgrade: UpgradeReport) => upgrade.evacuateMs / upgrade.lowerBoundMs;

describe(`3,000 devices are moved at 100/s (seed ${SEED})`, () => {
  test('and the number of those that are away, which is shown, is that of the moment', () =>
    onCluster({ clients: 3_000 }, async (at) => {
      const truth = watched(at);
      const upgrade = await runUpgrade(at.context, REQUEST);
      const seen = await at.seen();
      expect(3_000 - seen.leastConnected).toBeLessThanOrEqual(PLANNED_AWAY);
      // An evacuation takes effect in bursts of 34, which fall between two readings.
      expect(worstError(at, truth)).toBeLessThanOrEqual(34);
      expect(await incidentsOf(at)).toEqual([]);
      expect(withinBound(upgrade)).toBeLessThan(1.1);
    }));

  test('a green node is frozen for 15 s: nobody else is sent away, and it is one incident', () =>
    onCluster({ clients: 3_000 }, async (at) => {
      let frozenAt = 0;
      const upgrade = await disturbed(at, ['evacuate', 8_000], () => {
        frozenAt = at.world.clock.now();
        nodesOf(at, '4.4.15')[1]!.node.responsiveness.freeze(15_000);
      });
      const seen = await at.seen();
      expect(3_000 - seen.leastConnected).toBeLessThanOrEqual(1.3 * PLANNED_AWAY);
      expect(seen).toMatchObject({ sessionsKept: 300, sessionsLost: 0, refusedConnects: 0, stillOffline: 0 });
      expect(seen.disconnectsPerClient.histogram).toEqual([0, 3_000]);
      // Those that were away come back together; nobody is sent after them into that second.
      expect(seen.peakReconnectsPerSecond).toBeLessThanOrEqual(PLANNED_AWAY);
      expect(upgrade.outcome).toBe('completed');
      const [incident, ...others] = await incidentsOf(at);
      expect(others).toEqual([]);
      expect(incident).toMatchObject({
        kind: 'node-silent',
        subjects: [nodesOf(at, '4.4.15')[1]!.pod.metadata.name],
        what: expect.stringMatching(/^emqx-ee-\w+-1 does not answer as a broker \(no answer within 3 s\)$/),
      });
      expect(incident!.at - frozenAt).toBeLessThanOrEqual(3_000);
      expect(incident!.endedAt! - frozenAt).toBeGreaterThanOrEqual(15_000);
      expect(incident!.endedAt! - frozenAt).toBeLessThanOrEqual(18_000);
      expect(incident!.devicesAway).toBeGreaterThanOrEqual(3_000 - seen.leastConnected - 34);
    }));

  test('a green node answers 5 s late for 20 s: nobody is sent there meanwhile', () =>
    onCluster({ clients: 3_000 }, async (at) => {
      await disturbed(at, ['evacuate', 8_000], () => nodesOf(at, '4.4.15')[1]!.node.responsiveness.slow(5_000, 20_000));
      const seen = await at.seen();
      expect(3_000 - seen.leastConnected).toBeLessThanOrEqual(1.3 * PLANNED_AWAY);
      expect(seen).toMatchObject({ sessionsKept: 300, sessionsLost: 0, stillOffline: 0 });
      expect(await incidentsOf(at)).toMatchObject([{ kind: 'node-silent', endedAt: expect.any(Number) }]);
    }));

  test('a green node that is frozen from the switch on gets nobody', () =>
    onCluster({ clients: 3_000 }, async (at) => {
      const before = at.ledger.report().disconnects;
      let sentAway = 0;
      const run = disturbed(at, ['switch', 1_000], () => {
        nodesOf(at, '4.4.15')[2]!.node.responsiveness.freeze(30_000);
        at.world.clock.schedule(29_000, () => {
          sentAway = at.ledger.report().disconnects - before;
        });
      });
      expect((await run).outcome).toBe('completed');
      expect(sentAway).toBe(0);
    }));
});
