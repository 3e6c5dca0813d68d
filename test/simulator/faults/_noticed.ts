import type { Played } from '../../../src/simulator/faults/play';
import { shapeText } from '../../../src/simulator/faults/stage-objects';

/** What a test prints of a run that broke a promise: enough to replay it. */
export function noticed({ plan, violations }: Played): string[] {
  const faults = plan.faults.map(({ fault, phase, afterMs }) => `${fault} ${afterMs} ms into ${phase}`).join(', ');
  return violations.map(
    ({ invariant, atSeconds, detail }) =>
      `seed ${plan.seed}, ${shapeText(plan.size)} (${faults}): ${invariant} at ${atSeconds} s: ${detail}`,
  );
}
