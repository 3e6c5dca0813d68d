import type { Journal, Phase } from '../../../upgrade';
import { PHASES } from '../../../upgrade/journal';
import { journalIn } from '../facts';
import type { Bench, Invariant } from '../invariant';

/** The phases of a run go forward only, apart from an abort that is repeated, and no run begins before the previous one has ended, unless it takes its place. */
export function forwardOnly({ fail }: Bench): Invariant {
  let last: Journal | undefined;
  return {
    stored({ object }) {
      if (object.kind !== 'ConfigMap') return;
      const next = journalIn(object);
      if (!next) return;
      const isFollowing = last?.run === next.run || next.supersedes === last?.run;
      if (last && !isFollowing && last.phase !== 'done') {
        fail('journal goes forward', `run ${next.run} begins while ${last.run} is in ${last.phase}`);
      }
      if (
        last?.run === next.run &&
        !isNextStage(last, next) &&
        !isAgain(last, next) &&
        !follows(last.phase, next.phase)
      ) {
        fail('journal goes forward', `from ${last.phase} to ${next.phase}`);
      }
      last = next;
    },
  };
}

/** Each role has its own evacuation: with the next one phases come again, once. */
function isNextStage(before: Journal, after: Journal): boolean {
  const isNext = (before.past?.length ?? 0) + 1 === (after.past?.length ?? 0);
  const again = after.aborted ? ['retire-green', 'return'] : ['retire', 'evacuate'];
  return isNext && before.phase === again[0] && after.phase === again[1];
}

/** An abort begins again with the old template, which somebody has replaced meanwhile. */
function isAgain(before: Journal, after: Journal): boolean {
  return after.phase === 'revert' && before.revertedAgainAt !== after.revertedAgainAt;
}

/** Blue may be gone at the very moment of the abort: then the run continues to its end. */
function follows(before: Phase, after: Phase): boolean {
  return PHASES.indexOf(after) >= PHASES.indexOf(before) || (before === 'revert' && after === 'retire');
}
