import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { App, Chart, Duration } from 'cdk8s';
import type { Construct } from 'constructs';
import { plainCluster } from './plain-cluster';

// The package as it is shipped (`npm run build`): run from its sources, every call of another file costs extra.
const { EmqxEnterpriseCluster, MqttService } = require('../dist') as typeof import('../src');

const CLUSTERS = 1_000;
const WARM_UP = 4;
/** Of each in a round, of which the fastest counts: what else the machine does only ever adds. */
const RUNS = 3;
/** How much more than the plain objects the constructs may cost: they look at every property, and for names that are taken. */
const BOUND = 1.15;

type Describe = (scope: Construct, id: string, name: string) => void;
type Render = (app: App, chart: Chart) => void;

function constructCluster(scope: Construct, id: string, name: string): void {
  new EmqxEnterpriseCluster(scope, id, {
    name,
    version: '4.4.14',
    service: MqttService.nodePort({ mqtt: 'auto' }),
    blueGreenUpdate: {
      initialDelay: Duration.seconds(5),
      evacuationStrategy: {
        connectionEvictionRate: 10,
        sessionEvictionRate: 10,
        waitTakeover: Duration.seconds(5),
      },
    },
  });
}

function describeAll(describe: Describe, outdir?: string): { app: App; chart: Chart } {
  const app = new App({ outdir });
  const chart = new Chart(app, 'emqx');
  for (let index = 0; index < CLUSTERS; index++) describe(chart, `Cluster${index}`, `emqx-${index}`);
  return { app, chart };
}

/** Milliseconds to describe, validate and render all clusters. */
function timed(describe: Describe, render: Render, outdir?: string): number {
  collectGarbage({ type: 'minor' }); // that of the other is not to be paid for here
  const start = performance.now();
  const { app, chart } = describeAll(describe, outdir);
  render(app, chart);
  return performance.now() - start;
}

/** Rounds of both, interleaved, each first by turns: the median time of ours, and of its ratio to the plain objects. */
function compare(rounds: number, render: Render, outdir?: string): { ms: number; ratio: number } {
  const results = Array.from({ length: WARM_UP + rounds }, () => {
    let ours = Number.POSITIVE_INFINITY;
    let plain = Number.POSITIVE_INFINITY;
    for (let run = 0; run < RUNS; run++) {
      if (run % 2 === 0) ours = Math.min(ours, timed(constructCluster, render, outdir));
      plain = Math.min(plain, timed(plainCluster, render, outdir));
      if (run % 2 === 1) ours = Math.min(ours, timed(constructCluster, render, outdir));
    }
    return { ours, plain };
  }).slice(WARM_UP);
  return { ms: median(results.map(({ ours }) => ours)), ratio: median(results.map(({ ours, plain }) => ours / plain)) };
}

/** Synthesis of 1,000 clusters against the same objects as plain `ApiObject`s, in one run. */
export function synth(print: (line: string) => void): string[] {
  assert.deepEqual(describeAll(constructCluster).chart.toJson(), describeAll(plainCluster).chart.toJson());
  const json = compare(25, (_, chart) => chart.toJson());
  const outdir = mkdtempSync(path.join(tmpdir(), 'synth-'));
  const written = compare(3, (app) => app.synth(), outdir);
  rmSync(outdir, { recursive: true });
  print(`\nSynthesis of ${CLUSTERS} clusters against the same objects as plain ApiObjects`);
  print(`as JSON: ${json.ms.toFixed(0)} ms, ${json.ratio.toFixed(2)} × (at most ${BOUND})`);
  print(`as YAML on the disk: ${written.ms.toFixed(0)} ms, ${written.ratio.toFixed(2)} × (at most ${BOUND})`);
  return Object.entries({ JSON: json, YAML: written })
    .filter(([, { ratio }]) => ratio > BOUND)
    .map(
      ([form, { ratio }]) =>
        `the synthesis of ${CLUSTERS} clusters as ${form} takes ${ratio.toFixed(3)} × that of plain objects`,
    );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

setFlagsFromString('--expose-gc');
/** Of the youngest objects only: a whole collection throws away compiled code with the shapes it was compiled for. */
const collectGarbage = runInNewContext('gc') as (options: { type: 'minor' }) => void;
