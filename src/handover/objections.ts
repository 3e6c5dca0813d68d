import { formatProblem } from '../resource';
import type { PolicyReading } from '../resource/runner-policy';
import { isOpenAt, windowText } from '../resource/runner-window';

/** Why a run cannot be handed over, and what to do. */
export interface Objection {
  finding: string;
  fix: string;
}

/** A run that is to begin. */
export interface RunToCome {
  /** At most this many disconnects per second in the whole cluster. */
  capPerSecond: number;
}

const INSTEAD = 'or upgrade from here, without handing the run over';

/**
 * Everything in the policy of a runner for which it would not drive a run, or for which the run may not begin. Order, approval and number
 * of runs at a time are no objections: whoever hands over a run has decided that this cluster is upgraded now.
 *
 * @param reading of the policy
 * @param run undefined where it has begun: nothing but its driver is to be decided then
 * @param now ms since the epoch
 */
export function objectionsTo(reading: PolicyReading, run: RunToCome | undefined, now: number): Objection[] {
  if ('problems' in reading) {
    return reading.problems.map((problem) => ({
      finding: `the runner upgrades nothing, because its policy is wrong: ${formatProblem(problem)}`,
      fix: `correct the policy, ${INSTEAD}`,
    }));
  }
  const { resume, window, rateCap } = reading.policy;
  const objections: Objection[] = [];
  if (!resume) {
    const finding = 'the policy of the runner has resume: false: it drives no run that it has not begun itself';
    objections.push({ finding, fix: `set resume: true there, ${INSTEAD}` });
  }
  if (run && window && !isOpenAt(window, now)) {
    const finding = `the policy of the runner lets upgrades begin only in its window: ${windowText(window)}`;
    objections.push({ finding, fix: `wait for it, ${INSTEAD}` });
  }
  if (run && rateCap !== undefined && run.capPerSecond > rateCap) {
    const finding = `the policy of the runner allows ${rateCap} disconnects/s in a whole cluster, and this run would have ${run.capPerSecond}/s`;
    objections.push({ finding, fix: `limit the run to ${rateCap}/s, ${INSTEAD}` });
  }
  return objections;
}
