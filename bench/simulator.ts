import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { SEED, type Size, type Took } from './simulate-once';

const OURS = path.resolve(__dirname, '..');
/** A work tree to compare with, whose `node_modules` are there: `BASELINE=../baseline npm run bench -- simulator`. */
const BASELINE = process.env['BASELINE'];
/** Of each size and simulator, in turn, unless it says otherwise; the least CPU counts: what else the machine does only ever adds. */
const RUNS = 2;
/** What the ledger of the clients takes of each. */
const LEDGER_BYTES = 16;

interface Bounds {
  /** Virtual time per CPU time. */
  leastSpeed?: number;
  mostBytes?: number;
  mostMegabytes?: number;
}

const SIZES: readonly (Size & Bounds & { runs?: number })[] = [
  { generation: 4, clients: 100_000, cap: 1_000, leastSpeed: 100, mostBytes: 96 },
  { generation: 5, clients: 100_000, cap: 1_000, leastSpeed: 50, mostBytes: 112 },
  { generation: 4, clients: 1_000_000, cap: 1_000, leastSpeed: 200, mostBytes: 64 },
  { generation: 4, clients: 1_000_000, cap: 5_000, leastSpeed: 50, mostBytes: 64, runs: 1 },
  { generation: 5, clients: 1_000_000, cap: 5_000, leastSpeed: 30, mostBytes: 64, runs: 1 },
  // With the offline devices 10,000,000: the license of a simulated cluster is for no more.
  { generation: 4, clients: 9_990_000, cap: 50_000, mostBytes: 64, mostMegabytes: 2_000, runs: 1 },
];

/** Packs the simulator of a work tree into one file, so that no loader of TypeScript is measured. */
function packed(tree: string, folder: string): string {
  const outfile = path.join(folder, `${path.basename(tree)}-${tree === OURS ? 'ours' : 'baseline'}.cjs`);
  const file = (of: string, name: string) => JSON.stringify(path.join(of, name));
  const contents = `
    import { play } from ${file(tree, 'src/simulator/scenario.ts')};
    import { mixedFleet } from ${file(tree, 'src/simulator/clients/client-group.ts')};
    import { simulateOnce } from ${file(OURS, 'bench/simulate-once.ts')};
    simulateOnce({ play, mixedFleet }, JSON.parse(process.argv[2])).then((took) => console.log(JSON.stringify(took)));`;
  buildSync({
    stdin: { contents, resolveDir: OURS, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  return outfile;
}

function measured(script: string, size: Size): Took {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--max-old-space-size=8192', script, JSON.stringify(size)],
    { encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  if (status !== 0) throw new Error(`a simulation of ${size.clients} clients ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Took;
}

function least(runs: readonly Took[]): Took {
  return runs.reduce((best, run) => (run.cpuMs < best.cpuMs ? run : best));
}

/** Upgrades in virtual time: how much of it passes per second of CPU, and what a client costs; beside a baseline, if one is given. */
export async function simulator(print: (line: string) => void): Promise<string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  const misses: string[] = [];
  print(`Upgrades by the pilot of five nodes in virtual time, seed ${SEED}; each size in a process of its own`);
  print('client-s/s: clients × simulated seconds per second of CPU');
  print(
    BASELINE === undefined
      ? 'There is no baseline: BASELINE=FOLDER names the work tree of one'
      : 'The baseline runs in turn with it; × is the ratio of CPU times, of the same virtual time',
  );
  print(
    '  EMQX     clients     cap  simulated  CPU     × real time  client-s/s  bytes/client  peak   baseline: CPU     ×  client-s/s  bytes/client',
  );
  try {
    const ours = packed(OURS, folder);
    const baseline = BASELINE === undefined ? undefined : packed(path.resolve(BASELINE), folder);
    for (const { runs = RUNS, leastSpeed, mostBytes, mostMegabytes, ...size } of SIZES) {
      const [mine, theirs]: [Took[], Took[]] = [[], []];
      for (let run = 0; run < runs; run++) {
        mine.push(measured(ours, size));
        if (baseline && size.clients <= 1_000_000) theirs.push(measured(baseline, size));
      }
      const took = least(mine);
      const speed = took.simulatedMs / took.cpuMs;
      const throughput = (of: Took) => `${((size.clients * of.simulatedMs) / of.cpuMs / 1e6).toFixed(0)} M`;
      const bytes = took.bytesPerClient - LEDGER_BYTES;
      const other = theirs.length > 0 ? least(theirs) : undefined;
      print(
        [
          String(size.generation).padStart(6),
          size.clients.toLocaleString('en').padStart(10),
          size.cap.toLocaleString('en').padStart(6),
          `${(took.simulatedMs / 1_000).toFixed(0)} s`.padStart(9),
          `${(took.cpuMs / 1_000).toFixed(2)} s`.padStart(7),
          `${speed.toFixed(0)} ×`.padStart(10),
          throughput(took).padStart(10),
          bytes.toFixed(0).padStart(12),
          `${took.peakMegabytes.toFixed(0)} MB`.padStart(9),
          ...(other
            ? [
                `${(other.cpuMs / 1_000).toFixed(2)} s`.padStart(12),
                `${(other.cpuMs / took.cpuMs).toFixed(1)} ×`.padStart(7),
                throughput(other).padStart(10),
                (other.bytesPerClient - LEDGER_BYTES).toFixed(0).padStart(10),
              ]
            : []),
        ].join('  '),
      );
      const what = `${size.clients.toLocaleString('en')} clients of EMQX ${size.generation} at ${size.cap}/s`;
      const bound = took.evacuateMs / took.lowerBoundMs;
      if (leastSpeed && speed < leastSpeed)
        misses.push(`${what}: ${speed.toFixed(0)} × real time, less than ${leastSpeed} ×`);
      if (mostBytes && bytes > mostBytes)
        misses.push(`${what}: ${bytes.toFixed(0)} bytes a client, more than ${mostBytes}`);
      if (mostMegabytes && took.peakMegabytes > mostMegabytes)
        misses.push(`${what}: ${took.peakMegabytes.toFixed(0)} MB, more than ${mostMegabytes}`);
      if (size.clients <= 1_000_000 && bound > 1.1)
        misses.push(`${what}: the evacuation takes ${bound.toFixed(3)} × its lower bound`);
      if (took.peakDisconnects > 1.05 * size.cap) misses.push(`${what}: the peak is above 1.05 × the cap`);
      if (took.disconnectsPerClient.max > 1) misses.push(`${what}: a client was disconnected more than once`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return misses;
}
