import { parseArgs } from 'node:util';
import { formatProblem, type Problem } from '../src/resource';
import { CHOSEN_NAMES, chosenPlans } from '../src/simulator/faults/chosen-plans';
import { crashPoints, playCrash } from '../src/simulator/faults/crash-points';
import { FAULT_NAMES, FAULTS, faultsNamed, planOf } from '../src/simulator/faults/plan';
import { type Played, playFaults } from '../src/simulator/faults/play';

const USAGE = `npm run simulate:faults -- [--seeds A..B] [--fault NAME]… [--trace] [--list]

Runs the engine in a simulated world with faults; a seed decides which ones, and when.

  --seeds A..B    one seed or a range (default: 1..100)
  --fault NAME    only faults of this name; may be given several times
  --crash-points  the process dies before and after each write of an upgrade and of an abort,
                  and each of their answers is lost once
  --chosen        faults that were chosen by hand, because chance meets them too seldom
  --every N       only each Nth of these points (default: 1)
  --trace         print what happened
  --list          the names of the faults
  --first         stop at the first seed that fails`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      'crash-points': { type: 'boolean' },
      chosen: { type: 'boolean' },
      every: { type: 'string', default: '1' },
      fault: { type: 'string', multiple: true },
      trace: { type: 'boolean' },
      list: { type: 'boolean' },
      first: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(USAGE);
  if (values.list) return console.log(FAULT_NAMES.map((name) => `${name.padEnd(28)}${FAULTS[name].does}`).join('\n'));
  if (values['crash-points']) await everyCrash(Number(values.every), values.first ?? false);
  const goesOn = () => !(values.first && process.exitCode === 1);
  if (values.chosen && goesOn()) await everyChosen(values.first ?? false);
  const only = values['crash-points'] || values.chosen;
  if ((values.seeds !== undefined || !only) && goesOn()) await everySeed(values.seeds ?? '1..100', values);
}

interface SeedOptions {
  fault?: string[];
  trace?: boolean;
  first?: boolean;
}

async function everySeed(seeds: string, values: SeedOptions): Promise<void> {
  const only = values.fault && faultsNamed(values.fault, refuse);
  const [first, last] = range(seeds);
  const began = Date.now();
  let failed = 0;
  let played = 0;
  for (let seed = first; seed <= last; seed++) {
    const result = await playFaults(planOf(seed, only));
    played++;
    if (values.trace) console.log(result.trace.join('\n'));
    if (result.violations.length > 0) {
      failed++;
      console.log(told(result));
      if (values.first) break;
    }
  }
  const seconds = (Date.now() - began) / 1_000;
  console.log(`${played} seeds, ${failed} failed, ${(played / seconds).toFixed(1)} seeds/s`);
  if (failed > 0) process.exitCode = 1;
}

async function everyChosen(first: boolean): Promise<void> {
  let failed = 0;
  for (const name of CHOSEN_NAMES) {
    if (first && failed > 0) break;
    for (const plan of chosenPlans(name)) {
      const { violations } = await playFaults(plan);
      if (violations.length === 0) continue;
      failed++;
      console.log([`${name} (${plan.size.replicas} nodes)`, ...lines(violations)].join('\n'));
    }
  }
  console.log(`${CHOSEN_NAMES.length} chosen plans, ${failed} failures`);
  if (failed > 0) process.exitCode = 1;
}

async function everyCrash(every: number, first: boolean): Promise<void> {
  const began = Date.now();
  const points = [...(await crashPoints('upgrade')), ...(await crashPoints('abort'))].filter((_, i) => i % every === 0);
  let failed = 0;
  for (const point of points) {
    const { violations } = await playCrash(point);
    if (violations.length === 0) continue;
    failed++;
    console.log([`${point.run}, write ${point.write}, ${point.blow}`, ...lines(violations)].join('\n'));
    if (first) break;
  }
  console.log(`${points.length} crash points, ${failed} failed, ${((Date.now() - began) / 1_000).toFixed(1)} s`);
  if (failed > 0) process.exitCode = 1;
}

function told({ plan, violations }: Played): string {
  const faults = plan.faults.map(({ fault, phase, afterMs }) => `${fault} ${afterMs} ms into ${phase}`).join(', ');
  return [`seed ${plan.seed} (${faults})`, ...lines(violations)].join('\n');
}

function lines(violations: Played['violations']): string[] {
  return violations
    .slice(0, 4)
    .map(({ invariant, atSeconds, detail }) => `  ✗ ${invariant} at ${atSeconds} s: ${detail}`);
}

function refuse(problem: Problem): never {
  throw new Error(formatProblem(problem));
}

function range(text: string): [number, number] {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text);
  if (!match) throw new Error(`'--seeds' (${text}) must be a number, or two with '..' between them`);
  return [Number(match[1]), Number(match[2] ?? match[1])];
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
});
