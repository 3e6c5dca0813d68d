import type { ClientGroup } from '../../../src/simulator/clients/client-group';
import { ClientLedger } from '../../../src/simulator/clients/client-ledger';
import type { ClientReport } from '../../../src/simulator/clients/client-report';
import { deviceFleet } from '../../../src/simulator/clients/device-fleet';
import { DEVICE_NAMES } from '../../../src/simulator/clients/device-presets';
import type { LostDevices } from '../../../src/simulator/clients/lost-devices';
import { Population } from '../../../src/simulator/clients/population';
import { SimulatedClock } from '../../../src/simulator/clock';
import { EmqxCluster } from '../../../src/simulator/emqx/cluster';
import type { EmqxNode } from '../../../src/simulator/emqx/node';
import { Random } from '../../../src/simulator/random';
import { type Listener, TrafficFront } from '../../../src/simulator/traffic-front';

/** What is seen in the end. */
export interface Played {
  clients: ClientReport;
  lost: readonly LostDevices[];
  byPod: Record<string, number>;
  /** What the nodes have counted. */
  nodes: object[];
}

const VERSIONS = ['4.4.14', '4.4.25', '5.8.9', '6.2.0'];
const NODES = 3;

/**
 * Up to 600 devices of several libraries on a cluster without an engine: its blue nodes are evacuated, some of their processes end, one of
 * the green ones freezes or ends. All of it follows from the seed.
 *
 * @param through what the devices connect to in place of a node. @default - the node
 */
export function played(seed: number, through: (node: EmqxNode) => Listener = (node) => node): Promise<Played> {
  const clock = new SimulatedClock();
  return clock.run(() => play(clock, seed, through));
}

async function play(clock: SimulatedClock, seed: number, through: (node: EmqxNode) => Listener): Promise<Played> {
  const random = new Random(seed);
  const version = random.pick(VERSIONS)!;
  const licensed = random.next() < 0.2 ? { licensedConnections: 100 + random.below(500) } : {};
  const cluster = new EmqxCluster({ clock, random: random.fork('emqx'), ...licensed });
  const names = Array.from({ length: 2 * NODES }, (_, index) => `emqx@node-${index}`);
  const nodes = names.map((name) => cluster.addNode({ name, version, credentials: () => true }));
  for (const node of nodes) node.boot();
  await clock.sleep(5_000);
  const front = new TrafficFront({
    clock,
    random: random.fork('front'),
    destinationOf: (name) => {
      const node = cluster.node(name);
      return node?.isListening ? through(node) : undefined;
    },
    lagMs: random.below(500),
  });
  const [blue, green] = [names.slice(0, NODES), names.slice(NODES)];
  front.update(blue);
  await clock.sleep(1_000);
  const ledger = new ClientLedger(clock);
  const clients = 20 + random.below(580);
  const connectPerSecond = 20 + random.below(2_000);
  const options = { clock, random: random.fork('clients'), front, ledger, connectPerSecond };
  const population = new Population(options, fleetOf(random, clients));
  await Promise.race([population.connectAll(), clock.sleep(60_000)]);
  population.queueMessages(nodes[0]!);
  ledger.begin();
  front.update(random.next() < 0.7 ? green : names);
  const rate = 5 + random.below(100);
  for (const name of blue) {
    const delay = random.below(1_000);
    clock.schedule(delay, () => {
      cluster.node(name)!.evacuation.start({
        connectionEvictionRate: rate,
        sessionEvictionRate: rate,
        waitTakeoverSeconds: 2,
      });
    });
  }
  const at = (name: string, does: (node: EmqxNode) => void) =>
    clock.schedule(random.below(20_000), () => does(cluster.node(name)!));
  if (random.next() < 0.5) at(blue[0]!, (node) => node.shutdown());
  if (random.next() < 0.3) at(green[0]!, (node) => node.kill());
  if (random.next() < 0.3) at(green[1]!, (node) => node.responsiveness.freeze(5_000));
  if (random.next() < 0.3) at(green[2]!, (node) => node.responsiveness.slow(300, 5_000));
  if (random.next() < 0.3) at(blue[1]!, (node) => void node.evacuation.stop());
  await clock.sleep(90_000);
  await Promise.race([population.returnDevices(), clock.sleep(30_000)]);
  await clock.sleep(10_000);
  return {
    clients: ledger.report(),
    lost: population.lost,
    byPod: Object.fromEntries([...population.connectionsByPod()].sort(([a], [b]) => (a < b ? -1 : 1))),
    nodes: nodes.map(({ sessions }) => ({
      channels: sessions.channels,
      live: sessions.live.size,
      evictable: sessions.evictable.size,
      metrics: sessions.metrics,
      shutdowns: [...sessions.shutdowns],
    })),
  };
}

function fleetOf(random: Random, clients: number): readonly ClientGroup[] {
  const names = [...DEVICE_NAMES].filter(() => random.next() < 0.25);
  if (names.length === 0) return deviceFleet([{ devices: 'hivemq', percent: 100 }], clients, 10);
  const percent = 100 / names.length;
  const shares = names.map((devices) => ({ devices, percent, persistent: random.next() < 0.2 }));
  return deviceFleet(shares, clients, random.below(60));
}
