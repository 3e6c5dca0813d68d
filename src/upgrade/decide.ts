import { generationOf, isHeld } from '../resource';
import { HELD_PHASES, type Phase } from './journal';
import { stayingCount } from './node-counts';
import { activeSets, replicasOf } from './observation';
import { templateAdvice } from './open-run';
import { retireGreen, revertAgain, revertTemplate, switchBack } from './phases/abort';
import { holdPatch, stopEvacuations } from './phases/common';
import { handleRequest, stayPaused } from './phases/control';
import { keepOldNodes } from './phases/cover';
import { evacuate, returnDevices } from './phases/evacuate';
import { applyTemplate, claimOperator, releaseHold, retireBlue } from './phases/hold';
import { watchOperator } from './phases/native';
import { stopIfStalled } from './phases/stalled';
import { surplusStep } from './phases/surplus';
import { pinTraffic, switchTraffic, waitForGreen } from './phases/traffic';
import type { Situation, Step } from './step';
import { wantedDigest } from './target';

/**
 * What success means, phase by phase (pilot). A phase ends only when its condition was observed to be true.
 *
 * 1. `claim`: this process has the lease and the journal; an operator that upgraded on its own is held, and evacuates nothing.
 * 2. `pin`: only blue pods are behind every traffic Service.
 * 3. `apply`: the resource has the wanted template, and the hold.
 * 4. `green`: as many green pods as replicas are ready and have joined, and the operator has begun its delay.
 * 5. `switch`: only green pods, and all of them, are behind every traffic Service; then the user's delay has passed.
 * 6. `evacuate`: every blue node is drained.
 * 7. `retire`: blue has no pods; the operator reports rest with green nodes only.
 * 8. In an abort instead of the rest of 2 to 7: `revert`: the resource has the old template, and the hold.
 *    `switch-back`: only blue pods, and all of them, are behind every traffic Service. `return`: every green node is drained, or has
 *    no devices. `retire-green`: green has no pods; the operator reports rest with blue nodes only.
 * 9. `release`: the resource has the user's delay, and the Services select the whole cluster again.
 *
 * Pure: equal situations give equal steps. A run that was interrupted anywhere resumes from the observation.
 */
export function decide(situation: Situation): Step {
  const { journal } = situation;
  const asked = handleRequest(situation);
  if (asked) return asked;
  if (journal.driver === 'operator') return stopIfStalled(situation, watchOperator(situation));
  const guarded = checkHeld(situation);
  if (guarded) return guarded;
  if (journal.paused) return stayPaused(situation);
  return stopIfStalled(situation, PHASE_STEPS[journal.phase](situation));
}

const PHASE_STEPS: Record<Phase, (situation: Situation) => Step> = {
  claim: claimOperator,
  pin: pinTraffic,
  apply: applyTemplate,
  green: waitForGreen,
  switch: switchTraffic,
  evacuate,
  retire: retireBlue,
  revert: revertTemplate,
  'switch-back': switchBack,
  return: returnDevices,
  'retire-green': retireGreen,
  release: releaseHold,
  native: () => ({ kind: 'next', phase: 'done' }),
  done: () => ({ kind: 'next', phase: 'done' }),
};

/** What must hold in every phase between the patch and the release. */
function checkHeld(situation: Situation): Step | undefined {
  const {
    observation: { cluster },
    journal,
    target,
  } = situation;
  const { resource } = cluster;
  const { replicasPath, templateFields } = generationOf(resource);
  // In an abort the hold may never have been written.
  const reverts = journal.phase === 'revert' && activeSets(cluster).length > 1;
  // Once the user's delay is restored, later changes are upgraded by the operator alone.
  const releases = journal.phase === 'release' && isHeld(resource);
  if (!HELD_PHASES.includes(journal.phase) && !reverts && !releases) return undefined;
  if (!isHeld(resource)) {
    // A released operator removes one blue pod per pass: nothing is more urgent.
    return {
      kind: 'wait',
      waitingFor: 'the operator to be held again',
      actions: [
        {
          do: 'patch-resource',
          spec: holdPatch(resource),
          why: 'hold the operator again: the delay was reset',
          heartbeat: true,
        },
      ],
      pollMs: 500,
    };
  }
  if (reverts) return undefined;
  if (target.liveDigest !== wantedDigest(journal)) {
    const again = revertAgain(situation);
    if (again) return again;
    const kept = keepOldNodes(situation);
    if (kept) return stopIfStalled(situation, kept);
    return {
      kind: 'stop',
      code: 'TEMPLATE_CHANGED',
      reason: `${templateFields} was changed during the upgrade`,
      fix: templateAdvice(cluster, journal, 'run the same command again'),
      actions: stopEvacuations(situation),
    };
  }
  const [replicas, asked] = [replicasOf(cluster), stayingCount(journal, journal)];
  if (replicas !== 0 && replicas !== asked) {
    const path = replicasPath(journal.role ?? 'core');
    return {
      kind: 'stop',
      code: 'REPLICAS_CHANGED',
      reason: `${path} was changed from ${asked} to ${replicas} during the upgrade`,
      fix: `set ${path} back to ${asked}, then run the same command again; change it after the run`,
      actions: stopEvacuations(situation),
    };
  }
  return surplusStep(situation);
}
