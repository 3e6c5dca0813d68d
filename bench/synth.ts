import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { App, Chart, Duration } from 'cdk8s';
import type { Construct } from 'constructs';
import { plainCluster } from './plain-cluster';

// The package as it is shipped (`npm run build`): run from its sources, every call of another file costs extra.
const { EmqxEnterpriseCluster, MqttService } = require('../dist') as typeof import('../src');

const CLUSTERS = 1_000;
const WARM_UP = 5;
const ROUNDS = 15;
/** Of each in a round, of which the fastest counts: what else the machine does only ever adds. */
const RUNS = 3;
/** How much more than the plain objects the constructs may cost. */
const BOUND = 1.15;

type Describe = (scope: Construct, id: string, name: string) => void;

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

/** Objects described, validated and rendered. */
function synthesize(describe: Describe): object[] {
  const chart = new Chart(new App(), 'emqx');
  for (let index = 0; index < CLUSTERS; index++) describe(chart, `Cluster${index}`, `emqx-${index}`);
  return chart.toJson();
}

/** In milliseconds. */
function timed(describe: Describe): number {
  collectGarbage({ type: 'minor' }); // that of the other is not to be paid for here
  const start = performance.now();
  synthesize(describe);
  return performance.now() - start;
}

/** The fastest of some runs of both, each first by turns. */
function round(): { ours: number; plain: number } {
  let ours = Number.POSITIVE_INFINITY;
  let plain = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    if (run % 2 === 0) ours = Math.min(ours, timed(constructCluster));
    plain = Math.min(plain, timed(plainCluster));
    if (run % 2 === 1) ours = Math.min(ours, timed(constructCluster));
  }
  return { ours, plain };
}

/** Synthesis of 1,000 clusters against the same objects as plain `ApiObject`s, interleaved in one run. */
export function synth(print: (line: string) => void): string[] {
  assert.deepEqual(synthesize(constructCluster), synthesize(plainCluster));
  const rounds = Array.from({ length: WARM_UP + ROUNDS }, round).slice(WARM_UP);
  const ratio = median(rounds.map(({ ours, plain }) => ours / plain));
  print(
    `\nSynthesis of ${CLUSTERS} clusters: ${median(rounds.map(({ ours }) => ours)).toFixed(0)} ms, ` +
      `${ratio.toFixed(2)} × the same objects as plain ApiObjects (median of ${ROUNDS} rounds, at most ${BOUND})`,
  );
  return ratio <= BOUND
    ? []
    : [`the synthesis of ${CLUSTERS} clusters takes ${ratio.toFixed(2)} × that of plain objects`];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

setFlagsFromString('--expose-gc');
/** Of the youngest objects only: a whole collection throws away compiled code with the shapes it was compiled for. */
const collectGarbage = runInNewContext('gc') as (options: { type: 'minor' }) => void;
