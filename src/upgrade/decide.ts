import { isHeld } from '../resource';
import type { Journal, Phase } from './journal';
import { activeSets, type Observation } from './observation';
import { back, clear, revert } from './phases/abort';
import { HOLD, standStill } from './phases/common';
import { stand, takeUp } from './phases/control';
import { comeBack, evacuate } from './phases/evacuate';
import { apply, claim, release, retire } from './phases/hold';
import { native } from './phases/native';
import { orStop } from './phases/stall';
import { green, pin, switchTraffic } from './phases/traffic';
import type { EvacuationOrder } from './ports';
import { digestOf, type Target } from './target';

/** One thing to do now. Each is safe to do twice. */
export type Action =
  | { do: 'select-traffic'; service: string; revision: string | undefined }
  | { do: 'lead-traffic'; service: string; revision: string }
  | { do: 'patch-resource'; spec: Record<string, unknown>; why: string; heartbeat: boolean }
  /** Gives the resource back what it asked for before the run, and holds the operator, in one patch. */
  | { do: 'revert-resource'; run: string }
  | { do: 'mark-serving'; pod: string }
  | { do: 'start-evacuation'; pod: string; node: string; order: EvacuationOrder; afterMs: number }
  | { do: 'stop-evacuation'; pod: string; node: string }
  | { do: 'scale-set'; set: string; replicas: number };

/** Whether it disconnects devices or removes nodes. */
export function isDangerous(action: Action): boolean {
  return action.do === 'start-evacuation' || action.do === 'scale-set';
}

/** What follows from what is seen. */
export type Step =
  /** The phase has reached its end; `note` is written to the journal together with the next phase. */
  | { kind: 'next'; phase: Phase; note?: Partial<Journal>; answers?: string }
  /**
   * Something must outlive the process before the phase goes on. `answers` is the request that is removed in the same write,
   * `say` why it had no effect.
   */
  | { kind: 'note'; note: Partial<Journal>; answers?: string; say?: string }
  /** Do this, then look again after `pollMs`. */
  | { kind: 'stay'; waitingFor: string; actions: Action[]; pollMs: number }
  /** Nothing can be done that is known to be safe. After the actions, if there are any, all stays as it is. */
  | {
      kind: 'stop';
      code: StopCode;
      reason: string;
      fix: string;
      note?: Partial<Journal>;
      actions?: Action[];
      /** What was waited for in vain. */
      waitedFor?: string;
    };

export type StopCode =
  | 'TEMPLATE_CHANGED'
  | 'REPLICAS_CHANGED'
  | 'UNEXPECTED_SETS'
  | 'BLUE_GONE'
  | 'SPEC_LOST'
  | 'GREEN_NOT_READY'
  | 'STALLED'
  | 'WRITE_REFUSED'
  | 'PODS_LOST';

export interface Situation {
  observation: Observation;
  journal: Journal;
  target: Target;
  /** When this process last made the operator look; a forgotten time costs one harmless look more. */
  heartbeatAt: number;
  /** For how long this process has seen nothing move, in ms. */
  idleMs: number;
  /** What the API server has refused this process so often that waiting does not help, in its words. */
  refusal?: string | undefined;
}

/**
 * What success means, phase by phase (pilot). Each leaves only when its sentence was observed to be true.
 *
 * 1. `claim`: lease and journal are ours; an operator that upgraded on its own is held, and evacuates nothing.
 * 2. `pin`: only blue pods are behind every traffic Service.
 * 3. `apply`: the resource has the wanted template, and the hold.
 * 4. `green`: as many green pods as replicas are ready and have joined, and the operator has begun its delay.
 * 5. `switch`: only green pods, and all of them, are behind every traffic Service; then the user's delay has passed.
 * 6. `evacuate`: every blue node is drained.
 * 7. `retire`: blue has no pod left; the operator reports rest with green nodes only.
 * 8. On the way back instead of 7, and of what was left of 2 to 6: `revert`: the resource has the old template, and the hold.
 *    `back`: only blue pods, and all of them, are behind every traffic Service. `return`: every green node is drained, or has
 *    nobody. `clear`: green has no pod left; the operator reports rest with blue nodes only.
 * 9. `release`: the resource has the user's delay, and the Services select the whole cluster again.
 *
 * Pure: equal situations give equal steps. A run that was interrupted anywhere goes on from the observation.
 */
export function decide(situation: Situation): Step {
  const { journal } = situation;
  const asked = takeUp(situation);
  if (asked) return asked;
  if (journal.driver === 'operator') return orStop(situation, native(situation));
  const guarded = guard(situation);
  if (guarded) return guarded;
  if (journal.paused) return stand(situation);
  return orStop(situation, PILOT[journal.phase](situation));
}

const PILOT: Record<Phase, (situation: Situation) => Step> = {
  claim,
  pin,
  apply,
  green,
  switch: switchTraffic,
  evacuate,
  retire,
  revert,
  back,
  return: comeBack,
  clear,
  release,
  native: () => ({ kind: 'next', phase: 'done' }),
  done: () => ({ kind: 'next', phase: 'done' }),
};

/** Phases in which the operator must be held. */
export const HELD_PHASES: readonly Phase[] = ['green', 'switch', 'evacuate', 'retire', 'back', 'return', 'clear'];

/** What must hold in every phase between the patch and the release. */
function guard(situation: Situation): Step | undefined {
  const { observation, journal, target } = situation;
  const { resource, sets } = observation.cluster;
  // On the way back the hold may never have come to be.
  const reverts = journal.phase === 'revert' && activeSets(observation.cluster).length > 1;
  // Once the user's delay is back, what changes is for the operator alone to upgrade.
  const releases = journal.phase === 'release' && isHeld(resource);
  if (!HELD_PHASES.includes(journal.phase) && !reverts && !releases) return undefined;
  if (!isHeld(resource)) {
    // A released operator scales a blue pod away per pass: nothing is more urgent.
    return {
      kind: 'stay',
      waitingFor: 'the operator to be held again',
      actions: [
        { do: 'patch-resource', spec: HOLD, why: 'hold the operator again: the delay was reset', heartbeat: true },
      ],
      pollMs: 500,
    };
  }
  if (reverts) return undefined;
  if (digestOf(target.live) !== (journal.aborted ? journal.from.digest : journal.target)) {
    return {
      kind: 'stop',
      code: 'TEMPLATE_CHANGED',
      reason: 'somebody changed spec.template while the upgrade was under way',
      fix: `set the template back to version ${journal.aborted ? journal.from.version : journal.to.version}, then run the same command again`,
      actions: standStill(situation),
    };
  }
  const { replicas } = resource.spec;
  if (replicas !== undefined && replicas !== journal.replicas) {
    return {
      kind: 'stop',
      code: 'REPLICAS_CHANGED',
      reason: `somebody changed spec.replicas from ${journal.replicas} to ${replicas} while the upgrade was under way`,
      fix: `set spec.replicas back to ${journal.replicas}, then run the same command again; change it when the run is over`,
      actions: standStill(situation),
    };
  }
  const strangers = sets.filter(
    (set) => set.replicas > 0 && set.name !== journal.from.set && journal.to.set && set.name !== journal.to.set,
  );
  if (strangers.length > 0) {
    return {
      kind: 'stop',
      code: 'UNEXPECTED_SETS',
      reason: `a third stateful set has replicas: ${strangers.map((set) => set.name).join(', ')}`,
      fix: 'find out who made it; scale it to 0 once nobody is connected there, then run the same command again',
      actions: standStill(situation),
    };
  }
  return undefined;
}
