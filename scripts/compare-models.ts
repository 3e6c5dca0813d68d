/**
 * Plays the same random scenarios in this simulator and in that of another work tree, and compares their reports to the last digit:
 *
 *     git worktree add ../baseline COMMIT && ln -s "$PWD/node_modules" ../baseline/node_modules
 *     npx tsx scripts/compare-models.ts ../baseline [SCENARIOS [FIRST SEED]]
 *
 * The engine is part of what is played: between two work trees whose engines differ, reports differ because of that.
 */
import path from 'node:path';
import { emqx5Upgrade } from '../bench/emqx5';
import { tutorialUpgrade } from '../bench/tutorial';
import { type ClientGroup, mixedFleet } from '../src/simulator/clients/client-group';
import { type DeviceShare, deviceFleet } from '../src/simulator/clients/device-fleet';
import { DEVICE_NAMES } from '../src/simulator/clients/device-presets';
import { Random } from '../src/simulator/random';
import type { Scenario } from '../src/simulator/scenario';

const MOST_CLIENTS = 2_000;

interface Model {
  play: typeof import('../src/simulator/scenario').play;
  playRolling: typeof import('../src/simulator/rolling').playRolling;
}

async function modelOf(folder: string): Promise<Model> {
  const load = (file: string) => import(path.resolve(folder, 'src/simulator', file));
  const [{ play }, { playRolling }] = await Promise.all([load('scenario.ts'), load('rolling.ts')]);
  return { play, playRolling };
}

/** What follows from a seed. Nothing of it is an object that a run changes. */
function scenarioOf(seed: number): Scenario & { way: 'upgrade' | 'rolling'; crashAt: number | undefined } {
  const random = new Random(seed);
  const isFive = random.next() < 0.5;
  const clients = 1 + random.below(MOST_CLIENTS);
  const nodes = 1 + random.below(isFive ? 8 : 6);
  const cap = Math.max(5, Math.ceil(clients / (5 + random.below(60))));
  const base = isFive
    ? emqx5Upgrade(cap, nodes)
    : { ...tutorialUpgrade(cap, random.below(10)), service: 'emqx-ee-mqtt' };
  if (!isFive) for (const resource of [base.cluster, base.desired]) Object.assign(resource.spec, { replicas: nodes });
  const alone = random.next() < 0.25;
  return {
    ...base,
    service: alone && !isFive ? 'emqx-ee' : base.service,
    seed,
    driver: alone ? 'operator' : 'pilot',
    operator: alone && !isFive && random.next() < 0.5 ? 'as-designed' : 'stock',
    fleet: fleetOf(random, clients),
    connectPerSecond: 50 + random.below(2_000),
    restMs: random.below(20_000),
    endpointLagMs: random.below(1_500),
    timings: { sessionMoveMs: random.below(5), listenMs: 1_000 + random.below(9_000) },
    ...(random.next() < 0.2 && { licensedConnections: Math.ceil(clients * (0.5 + random.next())) }),
    ...(isFive && random.next() < 0.3 && { durableSessions: () => ({}) }),
    way: random.next() < 0.2 ? 'rolling' : 'upgrade',
    crashAt: random.next() < 0.3 ? random.below(120) : undefined,
  };
}

function fleetOf(random: Random, clients: number): readonly ClientGroup[] {
  const offline = random.below(Math.ceil(clients / 5));
  if (random.next() < 0.3) return mixedFleet(clients, offline);
  const cuts = [0, 100, ...Array.from({ length: random.below(5) }, () => 1 + random.below(99))].sort((a, b) => a - b);
  const shares = cuts.slice(1).flatMap((cut, index): DeviceShare[] => {
    const percent = cut - cuts[index]!;
    const devices = random.pick(DEVICE_NAMES)!;
    const persistent = random.next() < 0.3;
    return percent === 0 ? [] : [{ devices, percent, persistent }];
  });
  const known = new Set<string>();
  const groups = deviceFleet(shares, clients, offline);
  return groups.filter(({ name }) => !known.has(name) && known.add(name));
}

/** The report as text; of a run that fails, why. */
async function reportOf(model: Model, seed: number): Promise<string> {
  const { way, crashAt, ...scenario } = scenarioOf(seed);
  let samples = 0;
  try {
    if (way === 'rolling') return JSON.stringify(await model.playRolling(scenario, scenario.stormCap ?? 0));
    const {
      ledger: _,
      plan: __,
      ...result
    } = await model.play({
      ...scenario,
      progress: (event, world) => {
        if (event.kind !== 'sample' || ++samples !== crashAt) return;
        const victim = world.pods.running.at(-1)?.pod.metadata;
        if (victim) world.pods.crash(victim.namespace ?? 'default', victim.name);
      },
    });
    return JSON.stringify(result);
  } catch (error) {
    return `fails: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function main(): Promise<void> {
  const [folder, count = '200', first = '1'] = process.argv.slice(2);
  if (folder === undefined) throw new Error('name the work tree to compare with');
  const [ours, theirs] = await Promise.all([modelOf('.'), modelOf(folder)]);
  const different: number[] = [];
  let failures = 0;
  let clients = 0;
  for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
    const [mine, other] = [await reportOf(ours, seed), await reportOf(theirs, seed)];
    clients += scenarioOf(seed).fleet.reduce((sum, group) => sum + group.count, 0);
    if (mine.startsWith('fails')) failures++;
    if (mine !== other) {
      different.push(seed);
      console.log(`seed ${seed}: ${firstDifference(mine, other)}`);
    }
    const played = seed - Number(first) + 1;
    if (played % 20 === 0) console.error(`${played - different.length} of ${played} so far`);
  }
  const equal = Number(count) - different.length;
  console.log(
    `${equal} of ${count} reports are identical (${clients} clients; ${failures} runs that fail, in both alike)`,
  );
  process.exitCode = different.length === 0 ? 0 : 1;
}

function firstDifference(a: string, b: string): string {
  const at = [...a].findIndex((char, index) => char !== b[index]);
  const around = (text: string) => text.slice(Math.max(0, at - 60), at + 60);
  return `\n  ${around(a)}\n  ${around(b)}`;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
