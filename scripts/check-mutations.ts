import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bundled } from './bundled';
import { MUTATIONS, type Mutation } from './mutations';
import { MUTATIONS_EMQX5 } from './mutations-emqx5';

const ROOT = path.resolve(__dirname, '..');
/** What each of them is held against, at most. */
const SEEDS = '1..120';
const EACH_NTH_CRASH_POINT = '11';

const ALL = ['--jobs', '1', '--crash-points', '--every', EACH_NTH_CRASH_POINT, '--chosen', '--seeds', SEEDS, '--first'];
/** Of the fault under which it shows first. */
const OWN_SEEDS = '1..60';

/** A deliberate fault, with the generation of EMQX that it is held against. */
type Tried = Mutation & { generation: 4 | 5 };

const EVERY: readonly Tried[] = [
  ...MUTATIONS.map((one) => ({ ...one, generation: 4 as const })),
  ...MUTATIONS_EMQX5.map((one) => ({ ...one, generation: 5 as const })),
];

type Fate = 'caught' | 'survived' | 'broken';

/** Tries each deliberate fault on a private copy, as many at a time as there are processors, and says which nobody noticed. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, verbose: { type: 'boolean' }, sound: { type: 'boolean' } },
  });
  const chosen = EVERY.filter(({ name }) => !values.only || name.includes(values.only));
  const work = mkdtempSync(path.join(tmpdir(), 'mutations-'));
  const began = Date.now();
  try {
    const copies = Array.from({ length: Math.min(availableParallelism(), chosen.length) }, (_, i) => copied(work, i));
    if (!values.sound && !(await isSound(copies[0]!))) {
      process.exitCode = 1;
      return;
    }
    const left = [...chosen];
    let caught = 0;
    const worker = async (copy: string) => {
      for (let next = left.shift(); next; next = left.shift()) {
        if ((await tried(next, copy, values.verbose ?? false)) === 'caught') caught++;
      }
    };
    await Promise.all(copies.map(worker));
    console.log(
      `${caught} of ${chosen.length} deliberate faults caught, ${Math.round((Date.now() - began) / 1_000)} s`,
    );
    process.exitCode = caught === chosen.length ? 0 : 1;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Whether the engine itself passes; not asked again (`--sound`) by whoever has just seen it pass more than that. */
async function isSound(copy: string): Promise<boolean> {
  const { status, stdout } = await simulated(await bundledFaults(copy));
  if (status === 0) return true;
  console.log(`${stdout}the engine itself fails: nothing can be said of its deliberate faults before that is mended`);
  return false;
}

function copied(work: string, index: number): string {
  const copy = path.join(work, String(index));
  for (const part of ['src', 'scripts', 'package.json', 'tsconfig.json']) {
    cpSync(path.join(ROOT, part), path.join(copy, part), { recursive: true });
  }
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  return copy;
}

async function tried(
  { name, file, from, to, generation, fault, plan }: Tried,
  copy: string,
  verbose: boolean,
): Promise<Fate> {
  const target = path.join(copy, 'src', file);
  const text = readFileSync(target, 'utf8');
  if (text.split(from).length !== 2) return told(name, 'broken', `its text is not there once in src/${file}`);
  writeFileSync(
    target,
    text.replace(from, () => to),
  );
  try {
    const began = Date.now();
    const script = await bundledFaults(copy);
    const of = ['--generation', String(generation)];
    const own = fault ? ['--fault', fault, '--seeds', OWN_SEEDS] : plan ? ['--chosen', '--plan', plan] : undefined;
    const first = own && (await simulated(script, [...of, '--jobs', '1', ...own, '--first']));
    const run = first && first.status !== 0 ? first : await simulated(script, [...of, ...ALL]);
    const seconds = `${((Date.now() - began) / 1_000).toFixed(1)} s`;
    const [play, noticed] = run.stdout.split('\n').map((line) => line.trim());
    if (run.status === null) return told(name, 'caught', `${seconds}; it never ends`);
    if (run.status === 1) return told(name, 'caught', verbose ? `${seconds}; ${play}: ${noticed}` : seconds);
    return told(name, run.status === 0 ? 'survived' : 'broken', run.status === 0 ? seconds : run.stderr.slice(-500));
  } finally {
    writeFileSync(target, text);
  }
}

/** The faults with the engine as it is on the copy now. */
function bundledFaults(copy: string): Promise<string> {
  return bundled(path.join(copy, 'scripts/simulate-faults.ts'), copy);
}

/** A run of the faults, up to the first that is noticed; the status is null when it took too long. @param script `bundledFaults` */
function simulated(script: string, options = ALL): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [script, ...options],
      { timeout: 480_000, maxBuffer: Number.POSITIVE_INFINITY },
      (_, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
    );
  });
}

function told(name: string, fate: Fate, detail: string): Fate {
  console.log(`${fate === 'caught' ? '✓' : '✗'} ${fate}: ${name} (${detail})`);
  return fate;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
