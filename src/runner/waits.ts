import type { ClusterState } from '../upgrade';
import type { LeaveReason } from './decide';
import { keyOf } from './sighting';
import type { Told } from './told';

/** Why a cluster is not being upgraded although something may be expected: as it is left, or what has stopped its upgrade. */
export type WaitReason = LeaveReason | 'UpgradeBlocked' | 'UpgradeStopped';

export interface Wait {
  reason: WaitReason;
  /** One sentence, as in the Event. */
  text: string;
}

/** The states of a cluster in which a reason may still hold. One that is unsettled says nothing. A cluster that has a state is supported. */
const HOLDS_IN = {
  NotApproved: ['waiting', 'unsettled'],
  OtherApproved: ['waiting', 'unsettled'],
  AbortedBefore: ['waiting', 'unsettled'],
  OutsideWindow: ['waiting', 'unsettled'],
  AfterOthers: ['waiting', 'unsettled'],
  TooManyAtOnce: ['waiting', 'unsettled'],
  NotResumed: ['upgrading'],
  NotHeld: ['at-rest', 'unsettled'],
  OperatorUpgrades: ['native', 'unsettled'],
  NotSupported: [],
  UpgradeBlocked: ['waiting', 'upgrading', 'unsettled'],
  UpgradeStopped: ['waiting', 'upgrading', 'unsettled'],
} as const satisfies Record<WaitReason, readonly ClusterState[]>;

/** What clusters wait for now: follows from what is told. */
export class Waits {
  private readonly byKey = new Map<string, Wait>();

  /** All that wait, by their keys. */
  get all(): ReadonlyMap<string, Wait> {
    return this.byKey;
  }

  tell(told: Told): void {
    switch (told.kind) {
      case 'left':
        this.byKey.set(keyOf(told.cluster), { reason: told.reason, text: told.text });
        break;
      case 'stopped':
        if (told.code === 'LEASE_LOST') this.byKey.delete(keyOf(told.cluster));
        else this.byKey.set(keyOf(told.cluster), { reason: stopReason(told), text: told.text });
        break;
      case 'cluster':
        this.keepIn(told);
        break;
      case 'held':
      case 'start':
      case 'end':
      case 'gone':
        this.byKey.delete(keyOf(told.cluster));
        break;
      case 'leading':
        // Whoever leads now knows.
        if (!told.isLeading) this.byKey.clear();
        break;
      case 'error':
      case 'incident':
      case 'plan':
      case 'policy':
      case 'progress':
        break;
    }
  }

  private keepIn({ cluster, state, isHeld }: Extract<Told, { kind: 'cluster' }>): void {
    const key = keyOf(cluster);
    const wait = this.byKey.get(key);
    if (!wait) return;
    const states: readonly ClusterState[] = HOLDS_IN[wait.reason];
    if (!states.includes(state) || (wait.reason === 'NotHeld' && isHeld)) this.byKey.delete(key);
  }
}

/** As the Event names it. */
export function stopReason({ code }: Extract<Told, { kind: 'stopped' }>): 'UpgradeBlocked' | 'UpgradeStopped' {
  return code === 'BLOCKED' ? 'UpgradeBlocked' : 'UpgradeStopped';
}
