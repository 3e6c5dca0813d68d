import type { NotSimulated, PlanSimulation } from '../plan-simulation';
import { renderReport } from './report';
import type { Canvas } from './style';
import { count, safe, wrap } from './text';

/** The simulation below the plan. */
export function renderPlanSimulation(simulation: PlanSimulation | NotSimulated, canvas: Canvas): string {
  const title = canvas.style.bold('Simulation');
  const text = 'notSimulated' in simulation ? `none: ${simulation.notSimulated}` : wordsOf(simulation);
  const lines = [title, ...wrap(safe(text), canvas.width - 2).map((line) => `  ${line}`)];
  return 'notSimulated' in simulation
    ? lines.join('\n')
    : `${lines.join('\n')}\n\n${renderReport(simulation.report, [], canvas)}`;
}

function wordsOf({ scale, isSampled, report }: PlanSimulation): string {
  const parts = [
    `this upgrade in virtual time: a model, of which docs/simulator.md says what was measured. Libraries are those of --devices, or of a mixed fleet: EMQX does not know them.`,
    isSampled
      ? 'MQTT 5 and sessions are as in the sample.'
      : 'What the devices asked for is not known: half of those that can speak MQTT 5, and have no session.',
    ...(scale > 1
      ? [
          `${count(report.clients)} devices stand for ${scale.toFixed(1)} times as many, at rates that are as much lower: multiply numbers of devices, sessions and of them per second.`,
        ]
      : []),
  ];
  return parts.join(' ');
}
