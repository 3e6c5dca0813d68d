import { performance } from 'node:perf_hooks';
import { faultsNamed, type Plan, planOf } from '../simulator/faults/plan';
import { type Played, playFaults } from '../simulator/faults/play';
import { CLUSTER, NAMESPACE } from '../simulator/faults/stage-objects';
import { EXIT, type ExitCode } from './exit';
import { OptionReader } from './options';
import { renderChart } from './render/chart';
import { renderFaults } from './render/faults';
import { logLine, pointsOf } from './render/live';
import { advance, emptyView } from './render/run-view';
import { json, time } from './render/text';
import { renderVerdict } from './render/verdict';
import { canvasOf } from './run-reporter';
import type { Shell } from './shell';

/** The options of `simulate --fault` as they stand on the command line. */
export interface ReplayFlags {
  faults: readonly string[];
  seed: string;
  output: 'text' | 'json';
}

const CHART_LINES = 16;

/**
 * Plays an upgrade with faults that follow from a seed: the engine as shipped, in virtual time, checked against its promises.
 * That takes too little time to be watched: so the log has all of it, and the chart is printed at the end.
 */
export async function runReplay(flags: ReplayFlags, shell: Shell): Promise<ExitCode> {
  const reader = new OptionReader();
  const faults = faultsNamed(flags.faults, (problem) => reader.problem(problem));
  const seed = reader.seed('--seed', flags.seed);
  reader.done();
  const plan = planOf(seed, faults);
  const { violations } = flags.output === 'json' ? await asJson(plan, shell) : await asText(plan, shell);
  return violations.length > 0 ? EXIT.failed : EXIT.done;
}

async function asJson(plan: Plan, { out }: Shell): Promise<Played> {
  const played = await playFaults(plan);
  out.write(`${json(played, 2)}\n`);
  return played;
}

async function asText(plan: Plan, shell: Shell): Promise<Played> {
  const canvas = canvasOf(shell);
  const { out } = shell;
  out.write(`${renderFaults(plan, canvas)}\n\n`);
  const began = performance.now();
  let view = emptyView(`${NAMESPACE}/${CLUSTER}`);
  const played = await playFaults(plan, (event) => {
    const line = logLine(event, view);
    view = advance(view, event);
    if (line !== undefined) out.write(`${line}\n`);
  });
  const blocks = [
    renderChart(pointsOf(view), { ...canvas, height: CHART_LINES }).join('\n'),
    renderVerdict(played, canvas),
    `${time(played.simulatedSeconds * 1_000)} were simulated in ${time(performance.now() - began)}.`,
  ];
  out.write(`\n${blocks.join('\n\n')}\n`);
  return played;
}
