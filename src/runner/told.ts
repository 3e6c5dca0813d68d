import type { ClusterState, Incident, Phase, ProgressEvent, UpgradePlan, UpgradeReport } from '../upgrade';
import type { LeaveReason } from './decide';
import type { ClusterRef } from './sighting';

/** Something that the runner has done or found. The log, Events, metrics and notifications are all made of these, and of nothing else. */
export type Told = { at: number } & (
  | { kind: 'leading'; isLeading: boolean }
  /** A policy was read; with problems nothing is taken up. */
  | { kind: 'policy'; problems: readonly string[]; uid: string | undefined }
  | ({ kind: 'cluster'; state: ClusterState; phase: Phase | undefined; isHeld: boolean } & Of)
  /** It was deleted, or is no longer followed. */
  | ({ kind: 'gone' } & Of)
  | ({ kind: 'left'; reason: LeaveReason; text: string } & Of)
  | ({ kind: 'held'; text: string } & Of)
  | ({ kind: 'plan'; plan: PlanSummary } & Of)
  | ({ kind: 'start'; run: string | undefined; from: string; to: string; isResumed: boolean } & Of)
  | ({ kind: 'progress'; event: ProgressEvent } & Of)
  | ({ kind: 'incident'; run: string; incident: Incident } & Of)
  | ({ kind: 'end'; report: UpgradeReport } & Of)
  /** It stopped before its end, or could not begin. */
  | ({ kind: 'stopped'; code: string; text: string; retryAt: number | undefined } & Repeatable & Of)
  /** Something of the runner itself failed, and is tried again. */
  | ({ kind: 'error'; text: string; cluster: ClusterRef | undefined } & Repeatable)
);

interface Repeatable {
  /** It is the same as last time: metrics count it, and nobody is told again. */
  isRepeated?: true;
}

/** Which cluster it is about. */
interface Of {
  cluster: ClusterRef;
  /** Of its custom resource. */
  uid: string | undefined;
}

/** What a plan says, without the lists of its nodes, changes and checks. */
export type PlanSummary = Pick<
  UpgradePlan,
  'from' | 'to' | 'connections' | 'sessions' | 'capPerSecond' | 'estimateMs' | 'devicesAway'
>;

/** Receives what is told. Must not throw, and must not wait. */
export type Tell = (told: Told) => void;
