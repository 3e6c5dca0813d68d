import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { formatProblem, type Problem } from '../src/resource';
import type { Generation } from '../src/simulator/emqx/profiles';
import { CHOSEN_NAMES, chosenPlans } from '../src/simulator/faults/chosen-plans';
import { canonicalRuns, crashPoints, playCrash } from '../src/simulator/faults/crash-points';
import { FAULT_NAMES, FAULTS, faultsNamed, type Plan, planOf } from '../src/simulator/faults/plan';
import { type Played, playFaults } from '../src/simulator/faults/play';
import { type StageSize, shapeText } from '../src/simulator/faults/stage-objects';
import { bundled } from './bundled';
import { drivenByRunners, runnersRuns } from './driven-by-runners';

const USAGE = `npm run simulate:faults -- [--seeds A..B] [--fault NAME]… [--trace] [--list]

Runs the engine in a simulated world with faults; a seed decides which ones, and when.

  --seeds A..B    one seed or a range (default: 1..100)
  --generation N  of EMQX: 4 (4.4), or 5 (5 and 6) (default: each of them both ways)
  --durable       clusters of EMQX 5 keep their sessions in the durable storage (default: in memory)
  --operator 2.3  of EMQX 5, in place of 2.2
  --fault NAME    only faults of this name; may be given several times
  --crash-points  the process dies before and after each write of an upgrade and of an abort,
                  and each of their answers is lost once; the same with two runners
  --chosen        faults that were chosen by hand, because chance meets them too seldom
  --plan NAME     only those of this name
  --every N       only each Nth of the crash points (default: 1)
  --jobs N        processes that share the work (default: one for each processor; with --trace 1)
  --trace         print what happened
  --list          the names of the faults
  --first         stop at the first that fails`;

const OPTIONS = {
  seeds: { type: 'string' },
  generation: { type: 'string' },
  durable: { type: 'boolean' },
  operator: { type: 'string', default: '2.2' },
  'crash-points': { type: 'boolean' },
  chosen: { type: 'boolean' },
  plan: { type: 'string' },
  every: { type: 'string', default: '1' },
  jobs: { type: 'string' },
  fault: { type: 'string', multiple: true },
  trace: { type: 'boolean' },
  list: { type: 'boolean' },
  first: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

const GROUPS = ['crash points', 'chosen plans', 'seeds'] as const;

/** One run with faults. */
interface Play {
  group: (typeof GROUPS)[number];
  name: string;
  run(): Promise<Played>;
}

/** What came of one. */
interface Result {
  group: Play['group'];
  /** Lines to print; empty when all promises were kept. */
  failure: string;
}

/** Which share of the plays a process has: each `of`th, from the `index`th on. */
interface Share {
  index: number;
  of: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return console.log(USAGE);
  if (values.list) return console.log(FAULT_NAMES.map((name) => `${name.padEnd(28)}${FAULTS[name].does}`).join('\n'));
  const share = process.env['SIMULATE_FAULTS_SHARE'];
  if (share) return playShare(values, JSON.parse(share), (result) => void process.send?.(result));
  const began = performance.now();
  const results = await played(values);
  const counts = GROUPS.flatMap((group) => {
    const ofIt = results.filter((result) => result.group === group);
    return ofIt.length === 0 ? [] : `${ofIt.length} ${group}, ${ofIt.filter(({ failure }) => failure).length} failed`;
  });
  const seconds = (performance.now() - began) / 1_000;
  console.log(`${counts.join('; ')}, ${seconds.toFixed(1)} s, ${(results.length / seconds).toFixed(1)} a second`);
  if (results.some(({ failure }) => failure)) process.exitCode = 1;
}

/** Plays all of them, in as many processes as were asked for, and prints what fails as it comes. */
async function played(values: Values): Promise<Result[]> {
  const results: Result[] = [];
  const jobs = values.trace ? 1 : Number(values.jobs ?? availableParallelism());
  const over = new AbortController();
  const take = (result: Result) => {
    results.push(result);
    if (!result.failure) return;
    console.log(result.failure);
    if (values.first) over.abort();
  };
  if (jobs === 1) {
    await playShare(values, { index: 0, of: 1 }, take, over.signal);
    return results;
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'simulate-faults-'));
  try {
    const script = await bundled(__filename, folder);
    const shares = Array.from({ length: jobs }, (_, index) => ({ index, of: jobs }));
    await Promise.all(shares.map((share) => inProcess(script, share, take, over.signal)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return results;
}

/** A share of them, in a process of its own. @param script this file, bundled */
function inProcess(script: string, share: Share, take: (result: Result) => void, over: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, SIMULATE_FAULTS_SHARE: JSON.stringify(share) };
    const child = fork(script, process.argv.slice(2), { env, execArgv: [] });
    over.addEventListener('abort', () => child.kill());
    child.on('message', (result) => {
      if (!over.aborted) take(result as Result);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0 || over.aborted) resolve();
      else reject(new Error(`a process that played with faults ended with ${code}`));
    });
  });
}

async function playShare(
  values: Values,
  { index, of }: Share,
  take: (result: Result) => void,
  over?: AbortSignal,
): Promise<void> {
  let next = 0;
  for await (const { group, name, run } of playsOf(values)) {
    if (over?.aborted) return;
    if (next++ % of !== index) continue;
    const { violations, trace } = await run();
    if (values.trace) console.log(trace.join('\n'));
    take({ group, failure: violations.length > 0 ? [name, ...lines(violations)].join('\n') : '' });
  }
}

async function* playsOf(values: Values): AsyncGenerator<Play> {
  const only = values['crash-points'] || values.chosen;
  const generations = generationsNamed(values.generation);
  if (values['crash-points']) yield* everyCrash(Number(values.every), generations);
  if (values.chosen) yield* everyChosen(values.plan, generations);
  if (values.seeds !== undefined || !only) yield* everySeed(values, generations);
}

/** The points of a run are known once it was played without any fault. */
async function* everyCrash(every: number, generations: readonly Generation[]): AsyncGenerator<Play> {
  const kinds = [
    { runs: generations.flatMap(canonicalRuns), drive: undefined, by: '' },
    { runs: generations.flatMap(runnersRuns), drive: drivenByRunners, by: ' by runners' },
  ];
  let next = 0;
  for (const { runs, drive, by } of kinds) {
    for (const run of runs) {
      for (const point of await crashPoints(run, drive)) {
        if (next++ % every !== 0) continue;
        const name = `${point.run.outcome} of ${shapeText(point.run.size)}${by}, write ${point.write}, ${point.blow}`;
        yield { group: 'crash points', name, run: () => playCrash(point, drive) };
      }
    }
  }
}

function everyChosen(only: string | undefined, generations: readonly Generation[]): Play[] {
  const names = CHOSEN_NAMES.filter((name) => only === undefined || name === only);
  if (names.length === 0) throw new Error(`'--plan' (${only}) must be one of:\n  ${CHOSEN_NAMES.join('\n  ')}`);
  return names.flatMap((name) =>
    generations
      .flatMap((generation) => chosenPlans(name, generation))
      .map((plan) => ({
        group: 'chosen plans',
        name: `${name} (${shapeText(plan.size)})`,
        run: () => playFaults(plan),
      })),
  );
}

function everySeed(
  { seeds = '1..100', fault, durable = false, operator }: Values,
  generations: readonly Generation[],
): Play[] {
  const only = fault && faultsNamed(fault, refuse);
  const [first, last] = range(seeds);
  const all = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const ofEmqx5 = { durable, operator: lineNamed(operator) };
  const plans = all
    .flatMap((seed) => generations.map((generation) => planOf(seed, only, generation)))
    .map((plan) => (plan.size.generation === 5 ? { ...plan, size: { ...plan.size, ...ofEmqx5 } } : plan));
  return plans.map((plan) => ({ group: 'seeds', name: describe(plan), run: () => playFaults(plan) }));
}

function describe({ seed, size, faults }: Plan): string {
  const each = faults.map(({ fault, phase, afterMs }) => `${fault} ${afterMs} ms into ${phase}`).join(', ');
  return `seed ${seed}, ${shapeText(size)} (${each})`;
}

function lines(violations: Played['violations']): string[] {
  return violations
    .slice(0, 4)
    .map(({ invariant, atSeconds, detail }) => `  ✗ ${invariant} at ${atSeconds} s: ${detail}`);
}

function generationsNamed(text: string | undefined): Generation[] {
  if (text === undefined) return [4, 5];
  if (text === '4' || text === '5') return [text === '4' ? 4 : 5];
  throw new Error(`'--generation' (${text}) must be 4 or 5`);
}

function lineNamed(text: string): StageSize['operator'] {
  if (text === '2.2' || text === '2.3') return text;
  throw new Error(`'--operator' (${text}) must be 2.2 or 2.3`);
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
