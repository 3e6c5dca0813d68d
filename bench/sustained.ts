import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { bundled } from '../scripts/bundled';
import { SEED } from './at-rest';
import { COST_BOUNDS } from './cost';
import type { Asked } from './counted';
import type { Answers, Sample, Subject } from './sustained-once';

/** Upgrades in one process: those of EMQX 5 take three times as long to simulate. */
const UPGRADES = { 4: 1_000, 5: 300 } as const;
/** In 24 hours the steps in which lists are cut down would be most of what is measured. */
const HOURS = 72;
const NODES = 200;
const FOREIGN_PODS = 5_000;

const BOUNDS = {
  /** Bytes per upgrade, and per hour of a pause. */
  growth: 1_024,
  /** Requests a minute to the API server. */
  api: COST_BOUNDS.writes + COST_BOUNDS.reads[4],
  evacuationApi: COST_BOUNDS.writes + COST_BOUNDS.reads[5],
  /** CPU of one look, ms a node. */
  lookMs: 1,
  /** Time of an evacuation as a multiple of its lower bound: shares of a cap are whole numbers, here of five or six. */
  evacuation: 1.05,
  /** Requests to a node of one look. */
  look: 3,
  /** What pods of others may add to requests, bytes and CPU. */
  foreign: 1.1,
};

type Print = (line: string) => void;

/** What goes on for long: memory. */
export async function sustained(print: Print): Promise<string[]> {
  const { bounded, misses } = report(print);
  print(
    `In virtual time, seed ${SEED}; each in a process of its own, without V8's optimizing compiler, whose code is on the heap`,
  );
  print('\nHeap, garbage collected: growth over the last half, by linear regression, in bytes');
  // Heaps do not disturb each other, as measures of CPU would.
  const [v4, v5, { samples, rate }] = await withMeasure((measured) =>
    Promise.all([
      measured({ subject: 'upgrades', generation: 4, count: UPGRADES[4] }),
      measured({ subject: 'upgrades', generation: 5, count: UPGRADES[5] }),
      measured({ subject: 'paused', generation: 4, hours: HOURS }),
    ]),
  );
  for (const [generation, upgrades] of [
    [4, v4],
    [5, v5],
  ] as const) {
    const what = `EMQX ${generation}, ${UPGRADES[generation]} upgrades by a runner, ${range(upgrades.samples)}: each`;
    bounded(what, growth(upgrades.samples), BOUNDS.growth);
  }
  bounded(`EMQX 4, paused for ${HOURS} hours, ${range(samples)}: an hour`, growth(samples), BOUNDS.growth);
  bounded('  requests a minute to the API server', rate.reads + rate.writes, BOUNDS.api, 1);
  bounded('  requests a minute to the busiest node', rate.busiestNode, COST_BOUNDS.perNode[4], 1);
  return misses;
}

/** What is large: requests and CPU of a look at a cluster. */
export async function large(print: Print): Promise<string[]> {
  const { bounded, figure, misses } = report(print);
  await withMeasure(async (measured) => {
    print(`In virtual time, seed ${SEED}; each in a process of its own`);
    const many = await measured({ subject: 'nodes', nodes: NODES, foreignPods: 0 });
    print(`\nOne cluster of EMQX 5 with ${NODES} nodes`);
    bounded('a look: CPU, ms a node', many.lookMs / NODES, BOUNDS.lookMs, 2);
    figure('  requests to the API server', api(many.look));
    bounded('  requests a node', many.look.nodes / NODES, BOUNDS.look, 2);
    figure('a plan: requests to the API server', api(many.plan));
    figure('  requests a node', many.plan.nodes / NODES, 2);
    bounded('a runner at rest: requests a minute to the API server', api(many.rest), BOUNDS.api, 1);
    bounded('  requests to nodes', many.rest.nodes, 0);
    const evacuation = await measured({ subject: 'evacuation', nodes: NODES });
    bounded('an evacuation: × its lower bound', evacuation.ratio, BOUNDS.evacuation, 3);
    bounded('  most disconnects in a second', evacuation.peakDisconnects, evacuation.cap);
    bounded('  most disconnects of a device', evacuation.disconnectsPerClient, 1);
    bounded('  requests a minute to the API server', api(evacuation.rate), BOUNDS.evacuationApi, 1);
    bounded('  requests a minute to the busiest node', evacuation.rate.busiestNode, COST_BOUNDS.perNode[5], 1);
    figure('  CPU, ms a second, with all that is simulated', evacuation.cpuMs);

    const alone = await measured({ subject: 'nodes', nodes: 3, foreignPods: 0 });
    const crowded = await measured({ subject: 'nodes', nodes: 3, foreignPods: FOREIGN_PODS });
    print(`\nOne of 3 nodes, and ${FOREIGN_PODS} pods of others in the namespace: × without them`);
    const compared: [what: string, of: (answer: Answers['nodes']) => number][] = [
      ['a look: CPU', ({ lookMs }) => lookMs],
      ['  requests to the API server', ({ look }) => api(look)],
      ['  bytes of the answers', ({ look }) => look.bytes],
      ['a plan: requests to the API server', ({ plan }) => api(plan)],
      ['  bytes of the answers', ({ plan }) => plan.bytes],
      ['a runner at rest: requests to the API server', ({ rest }) => api(rest)],
      ['  bytes of the answers', ({ rest }) => rest.bytes],
    ];
    for (const [what, of] of compared) bounded(what, of(crowded) / of(alone), BOUNDS.foreign, 2);
  });
  return misses;
}

function report(print: Print) {
  const misses: string[] = [];
  const figure = (what: string, value: number, digits = 0) => {
    print(`  ${what.padEnd(58)} ${value.toFixed(digits).padStart(8)}`);
  };
  const bounded = (what: string, value: number, bound: number, digits = 0) => {
    const text = value.toFixed(digits);
    print(`  ${what.padEnd(58)} ${text.padStart(8)}  (at most ${bound})`);
    if (!(value <= bound)) misses.push(`${what.trim()}: ${text}`);
  };
  return { misses, figure, bounded };
}

function api({ writes, reads }: Asked): number {
  return writes + reads;
}

/** Bytes per step, of the last half. */
function growth(samples: readonly Sample[]): number {
  const last = samples.slice(Math.floor(samples.length / 2));
  const mean = (of: (sample: Sample) => number) => last.reduce((sum, sample) => sum + of(sample), 0) / last.length;
  const [at, bytes] = [mean(([x]) => x), mean(([, y]) => y)];
  const covariance = mean(([x, y]) => (x - at) * (y - bytes));
  return covariance / mean(([x]) => (x - at) ** 2);
}

function range(samples: readonly Sample[]): string {
  const megabytes = (sample: Sample | undefined) => ((sample?.[1] ?? 0) / 1e6).toFixed(1);
  return `${megabytes(samples[0])} to ${megabytes(samples.at(-1))} MB`;
}

type Measure = <S extends Subject>(subject: S) => Promise<Answers[S['subject']]>;

/** What each process answers that measures one subject. */
async function withMeasure<T>(work: (measured: Measure) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  try {
    const script = await bundled(path.join(__dirname, 'sustained-once.ts'), folder);
    return await work(async (subject) => {
      const flags = subject.subject === 'nodes' ? [] : ['--no-opt'];
      const words = [...flags, script, JSON.stringify(subject)];
      const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 2 ** 26 });
      return JSON.parse(stdout);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
