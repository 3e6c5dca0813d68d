import { type ClientGroup, mixedFleet } from '../src/simulator/clients/client-group';
import { playAlone } from '../src/simulator/comparison';
import { playRolling } from '../src/simulator/rolling';
import { runReport } from '../src/simulator/run-report';
import { play } from '../src/simulator/scenario';
import { emqx5Upgrade } from './emqx5';
import { tutorialUpgrade } from './tutorial';

const GENERATIONS = [4, 5] as const;
const NODES = [3, 5, 10, 20];

/** What is evacuated: how many clients, at which cap, and the bound of the ratio. */
const SIZES = [
  { clients: 3_000, cap: 100, nodes: [3], most: 1.05 },
  { clients: 10_000, cap: 100, nodes: NODES, most: 1.04 },
  { clients: 100_000, cap: 1_000, nodes: NODES, most: 1.04 },
  { clients: 1_000_000, cap: 5_000, nodes: NODES, most: 1.04 },
];

/** What is upgraded in each way, side by side. */
const SIDE_BY_SIDE = { clients: 10_000, cap: 100, nodes: 3 };

/** Every tenth device has a session that outlives its connection; or besides the devices, a tenth is offline. */
const FLEETS: Record<string, (clients: number) => readonly ClientGroup[]> = {
  'sessions taken along': (clients) => [
    { name: 'clean', count: clients * 0.9, protocolVersion: 5 },
    { name: 'kept', count: clients * 0.1, protocolVersion: 5, persistent: true },
  ],
  'sessions moved': (clients) => mixedFleet(clients, clients / 10),
};

/** How far the remaining time may be from the truth at half. */
const MOST_WRONG = 0.05;

/** A batch of moved sessions takes its time, which EMQX adds to its second: with large ones only the bound of what it does itself counts. */
const MOST_MOVED_AT_ONCE = 100;

/** An upgrade of so many nodes at a cap, with the seed 1. */
function upgradeOf(generation: 4 | 5, nodes: number, clients: number, cap: number, fleet: readonly ClientGroup[]) {
  const base = generation === 5 ? emqx5Upgrade(cap, nodes) : { ...tutorialUpgrade(cap, 5), service: 'emqx-ee-mqtt' };
  if (generation === 4)
    for (const resource of [base.cluster, base.desired]) Object.assign(resource.spec, { replicas: nodes });
  return { ...base, seed: 1, fleet, connectPerSecond: clients / 10 };
}

async function evacuated(
  generation: 4 | 5,
  nodes: number,
  clients: number,
  cap: number,
  fleet: readonly ClientGroup[],
) {
  const samples: { at: number; leftMs: number }[] = [];
  let began: number | undefined;
  const { upgrade, clients: seen } = await play({
    ...upgradeOf(generation, nodes, clients, cap, fleet),
    driver: 'pilot',
    progress: (event) => {
      if (event.kind === 'phase' && event.phase === 'evacuate') began ??= event.at;
      if (event.kind === 'sample' && event.sample.leftMs !== undefined)
        samples.push({ at: event.at, leftMs: event.sample.leftMs });
    },
  });
  const { evacuateMs, ratio } = upgrade;
  const end = (began ?? 0) + evacuateMs;
  const half = samples.find(({ at }) => at >= end - evacuateMs / 2);
  const estimate = half ? half.leftMs / (end - half.at) : Number.NaN;
  return { evacuateMs, ratio: ratio ?? Number.NaN, estimate, peak: seen.peakDisconnectsPerSecond };
}

/** How long evacuations take, as a ratio to their lower bound; and how well the remaining time is known at half. */
export async function evacuation(print: (line: string) => void): Promise<string[]> {
  const misses: string[] = [];
  print('\nEvacuations in virtual time (takeover wait 5 s, devices reconnect after 1 to 1.25 s)');
  print('  EMQX  nodes   clients    cap  fleet                   s      × bound  estimate at half  peak');
  for (const generation of GENERATIONS) {
    for (const { clients, cap, nodes: counts, most } of SIZES) {
      for (const nodes of counts) {
        for (const [name, fleet] of Object.entries(FLEETS)) {
          if (name === 'sessions moved' && cap > MOST_MOVED_AT_ONCE) continue;
          const { evacuateMs, ratio, estimate, peak } = await evacuated(
            generation,
            nodes,
            clients,
            cap,
            fleet(clients),
          );
          const cells = [
            String(generation).padStart(5),
            String(nodes).padStart(5),
            clients.toLocaleString('en').padStart(8),
            String(cap).padStart(5),
            name.padEnd(20),
            (evacuateMs / 1000).toFixed(1).padStart(6),
            ratio.toFixed(3).padStart(9),
            estimate.toFixed(3).padStart(16),
            String(peak).padStart(5),
          ];
          print(` ${cells.join('  ')}`);
          const what = `EMQX ${generation}, ${nodes} nodes, ${clients} clients at ${cap}/s, ${name}`;
          if (!(ratio <= most))
            misses.push(`${what}: the evacuation takes ${ratio.toFixed(3)} × its lower bound (at most ${most})`);
          if (!(Math.abs(estimate - 1) <= MOST_WRONG))
            misses.push(`${what}: at half the remaining time is ${estimate.toFixed(3)} × the true one`);
          if (peak > cap) misses.push(`${what}: ${peak} disconnects in a second`);
        }
      }
    }
  }
  for (const generation of GENERATIONS) await sideBySide(generation, print);
  return misses;
}

/** The same upgrade by the pilot, by the operator alone, and as a rolling restart. */
async function sideBySide(generation: 4 | 5, print: (line: string) => void): Promise<void> {
  const { clients, cap, nodes } = SIDE_BY_SIDE;
  const scenario = upgradeOf(generation, nodes, clients, cap, mixedFleet(clients, clients / 10));
  const piloted = await play({ ...scenario, driver: 'pilot' });
  const ways = {
    pilot: runReport(piloted.upgrade, piloted),
    'operator alone': await playAlone(scenario),
    'rolling restart': await playRolling(scenario, cap),
  };
  const size = `${nodes} nodes, ${clients.toLocaleString('en')} clients and ${clients / 10} sessions of offline ones`;
  print(`\nOne upgrade of EMQX ${generation} in each way: ${size}, cap ${cap}/s`);
  print('  way                whole upgrade   s  most in a second  disconnects a client  refused  sessions lost');
  for (const [way, run] of Object.entries(ways)) {
    if (run.outcome === 'cannot') print(`  ${way.padEnd(16)}  cannot: ${run.reason}`);
    else {
      const { durationMs, peakDisconnectsPerSecond, disconnectsPerClient, refusedConnects, sessionsLost } = run;
      const cells = [
        way.padEnd(16),
        (durationMs / 1_000).toFixed(1).padStart(18),
        String(peakDisconnectsPerSecond).padStart(16),
        disconnectsPerClient.mean.toFixed(3).padStart(20),
        String(refusedConnects).padStart(7),
        String(sessionsLost).padStart(13),
      ];
      print(`  ${cells.join('  ')}`);
    }
  }
}
