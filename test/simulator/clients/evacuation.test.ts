import { type ClientGroup, mixedFleet } from '../../../src/simulator/clients/client-group';
import { ClientLedger } from '../../../src/simulator/clients/client-ledger';
import { Population } from '../../../src/simulator/clients/population';
import { SimulatedClock } from '../../../src/simulator/clock';
import { EmqxCluster } from '../../../src/simulator/emqx/cluster';
import type { EmqxNode } from '../../../src/simulator/emqx/node';
import { Random } from '../../../src/simulator/random';
import { TrafficFront } from '../../../src/simulator/traffic-front';

const SEED = 20_261_122;

/** Blue and green nodes of one cluster, all up, the clients on blue, measuring begun. */
async function blueAndGreen(groups: ClientGroup[]) {
  const clock = new SimulatedClock();
  const random = new Random(SEED);
  const cluster = new EmqxCluster({ clock, random: random.fork('emqx') });
  const nodes = (colour: string) =>
    [0, 1, 2].map((i) => {
      const name = `emqx-ee@emqx-ee-${colour}-${i}.emqx-ee-headless.default.svc.cluster.local`;
      const node = cluster.addNode({ name, version: '4.4.14', credentials: () => true });
      node.boot();
      return node;
    });
  const blue = nodes('blue');
  const green = nodes('green');
  const pods = new Map<string, EmqxNode>([...blue, ...green].map((node) => [podOf(node), node]));
  const front = new TrafficFront({
    clock,
    random: random.fork('front'),
    destinationOf: (pod) => (pods.get(pod)?.isListening ? pods.get(pod) : undefined),
  });
  front.update(blue.map(podOf));
  const ledger = new ClientLedger(clock);
  const population = new Population({ clock, random: random.fork('clients'), front, ledger }, groups);
  await clock.advance(3000);
  await clock.run(() => population.connectAll());
  population.queueMessages(blue[0]!);
  ledger.begin();
  return { clock, blue, green, front, ledger, population };
}

function podOf(node: EmqxNode): string {
  return node.name.split('@')[1]!.split('.')[0]!;
}

function evacuate(node: EmqxNode, rate: number, to: EmqxNode[]): void {
  node.evacuation.start({
    connectionEvictionRate: rate,
    sessionEvictionRate: rate,
    waitTakeoverSeconds: 5,
    migrateTo: to.map(({ name }) => name),
  });
}

describe(`a fleet on simulated EMQX nodes (seed ${SEED})`, () => {
  it('sees one disconnect each, 100 in each second, when three nodes behind no Service are evacuated in parallel', async () => {
    const { clock, blue, green, front, ledger, population } = await blueAndGreen(mixedFleet());
    front.update(green.map(podOf));
    const startedAt = clock.now();
    [33, 33, 34].forEach((rate, i) => {
      clock.schedule((i * 1000) / 3, () => evacuate(blue[i]!, rate, green));
    });
    while (blue.some(({ evacuation }) => evacuation.state !== 'prohibiting')) await clock.advance(1000);
    const bursts = blue.map(({ evacuation }, i) => Math.floor(evacuation.stats.initialConnected / [33, 33, 34][i]!));
    for (const node of blue) node.shutdown();
    await clock.run(() => population.returnDevices());

    const report = ledger.report();
    expect(report).toMatchObject({
      clients: 3000,
      disconnects: 3000,
      disconnectsByCause: { evicted: 3000, 'taken-over': 0, shutdown: 0 },
      disconnectsPerClient: { mean: 1, max: 1, histogram: [0, 3000] },
      refusedConnects: 0,
      peakDisconnectsPerSecond: 100,
      slidingDisconnects: { in1s: 100, in100ms: 34 },
      sessionsKept: 300,
      sessionsLost: 0,
      messagesQueued: 300,
      messagesDelivered: 300,
      stillOffline: 0,
    });
    // A boundary of aligned seconds is half-way between two bursts.
    expect(report.secondsOrigin - startedAt).toBe(500);

    const seconds = ledger.disconnects.perBucket(1000, report.secondsOrigin - 1000 - ledger.begunAt);
    expect(seconds.reduce((a, b) => a + b)).toBe(3000);
    // The origin falls between the second and the third node's first burst; while all three still have clients, each
    // aligned second holds 33 + 33 + 34 of them.
    expect(seconds[0]).toBe(66);
    const full = seconds.slice(1, Math.min(...bursts));
    expect(full.length).toBeGreaterThan(25);
    expect(new Set(full)).toEqual(new Set([100]));

    expect(report.offlineMs.p50).toBeGreaterThan(1100);
    expect(report.offlineMs.p50).toBeLessThan(1150);
    expect(report.offlineMs.max).toBeLessThanOrEqual(1250);
    expect(report.peakReconnectsPerSecond).toBeLessThan(125);
    // Within 1250 ms, the longest anybody is away, fall at most four bursts.
    expect(report.leastConnected).toBeGreaterThanOrEqual(3000 - 33 - 33 - 34 - 34);
    expect([...population.connectionsByPod().keys()].sort()).toEqual(green.map(podOf).sort());
  });

  it('loses the sessions, and sees an avalanche, when the nodes are shut down undrained', async () => {
    const { clock, blue, green, front, ledger, population } = await blueAndGreen(mixedFleet());
    front.update(green.map(podOf));
    for (const node of blue) node.shutdown();
    await clock.advance(10_000);
    await clock.run(() => population.returnDevices());
    expect(ledger.report()).toMatchObject({
      disconnects: 3000,
      disconnectsByCause: { shutdown: 3000 },
      slidingDisconnects: { in1s: 3000, in100ms: 3000 },
      leastConnected: 0,
      sessionsKept: 0,
      sessionsLost: 300,
      messagesDelivered: 0,
    });
  });

  it('is refused, and bounced from node to node, when evacuated nodes stay behind the Service', async () => {
    const { clock, blue, green, front, ledger, population } = await blueAndGreen(mixedFleet(600, 0));
    front.update([...blue, ...green].map(podOf));
    for (const node of blue) {
      evacuate(node, 50, green);
      while (node.evacuation.state !== 'prohibiting') await clock.advance(1000);
    }
    await clock.advance(60_000);
    const report = ledger.report();
    expect(report.disconnectsPerClient.max).toBeGreaterThan(1);
    expect(report.refusedByReason.rc3).toBeGreaterThan(0);
    expect(report.refusedByReason['0x9C']).toBeGreaterThan(0);
    expect(report.refusedConnects).toBe(report.refusedByReason.rc3 + report.refusedByReason['0x9C']);
    expect(population.connected).toBe(600);
  });
});
