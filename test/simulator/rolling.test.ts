import { type EmqxResource, withVersion } from '../../src/resource';
import { quickstart, quickstartOfEmqx } from '../../src/sandbox/quickstart';
import { stageOf } from '../../src/sandbox/stage';
import { deviceFleet } from '../../src/simulator/clients/device-fleet';
import { playRolling } from '../../src/simulator/rolling';

const CAP = 50;

/** What is rolled: a quickstart, whose devices are none that a closed connection ends. */
function scenario(generation: 4 | 5, change: (cluster: EmqxResource) => EmqxResource = (cluster) => cluster) {
  const { cluster, objects, entry } = stageOf(generation === 4 ? quickstart(CAP) : quickstartOfEmqx(CAP));
  const changed = change(cluster);
  const fleet = deviceFleet(
    [
      { devices: 'mqtt.js@5.15', percent: 50 },
      { devices: 'mosquitto-mqtt5', percent: 50 },
    ],
    300,
    30,
  );
  const desired = withVersion(changed, generation === 4 ? '4.4.15' : '5.8.9');
  return { seed: 1, cluster: changed, objects, service: entry, desired, fleet };
}

test.each([4, 5] as const)(
  'a rolling restart of EMQX %s cuts devices off several times, in bursts, and loses every session',
  async (generation) => {
    const report = await playRolling(scenario(generation), CAP);
    expect(report).toMatchObject({
      outcome: 'completed',
      driver: 'rolling',
      evacuateMs: 0,
      capPerSecond: CAP,
      clients: 300,
      sessionsMoved: 0,
      sessionsKept: 0,
      sessionsLost: 30,
      // A closed connection is no DISCONNECT: none of these libraries ends.
      lost: [],
      stillOffline: 0,
      // Those whose library does not subscribe again.
      deaf: 15,
    });
    if (report.outcome === 'cannot') return;
    // One of three nodes at a time: a device is cut off once, or goes to one that is next.
    expect(report.disconnectsPerClient.max).toBeGreaterThan(1);
    expect(report.disconnectsPerClient.max).toBeLessThanOrEqual(3);
    expect(report.disconnectsPerClient.mean).toBeGreaterThan(1.3);
    expect(report.peakDisconnectsPerSecond).toBeGreaterThan(100);
  },
);

test('there is none with replicants, and it says why', async () => {
  const withReplicants = (cluster: EmqxResource) =>
    cluster.kind === 'EMQX'
      ? { ...cluster, spec: { ...cluster.spec, replicantTemplate: { spec: { replicas: 2 } } } }
      : cluster;
  expect(await playRolling(scenario(5, withReplicants), CAP)).toEqual({
    outcome: 'cannot',
    driver: 'rolling',
    reason: 'replicants are in a ReplicaSet, which does not replace its pods when its template changes',
  });
});
