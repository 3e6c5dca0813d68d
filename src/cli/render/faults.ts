import { FAULTS, type Plan } from '../../simulator/faults/plan';
import type { Canvas } from './style';
import { count, time, wrap } from './text';

/** What follows from a seed: the cluster, and the faults of the upgrade. */
export function renderFaults({ seed, size, faults }: Plan, { style, width }: Canvas): string {
  const { replicas, plain, persistent, away, sticking, gone, cap } = size;
  const clients = plain + persistent + sticking + gone;
  const cluster = `${replicas} nodes, ${count(clients)} clients, ${count(away)} offline devices, at most ${count(cap)} disconnects/s`;
  const lines = faults.flatMap(({ fault, phase, afterMs }) => {
    const { does, fromStart } = FAULTS[fault];
    const since = fromStart ? 'the process has begun' : `the run has reached ${phase}`;
    return [
      `  * ${style.bold(fault)}, ${time(afterMs)} after ${since}`,
      ...wrap(does, width - 4).map((line) => style.dim(`    ${line}`)),
    ];
  });
  return [`Seed ${seed}, in virtual time: ${cluster}`, ...lines].join('\n');
}
