import type { NodeShare } from './pacing';

/** Which way the upgrade goes: driven by this engine while the operator is held, or by the operator alone. */
export type Driver = 'pilot' | 'operator';

/**
 * The phases of an upgrade, in their order. A run only moves forward through them.
 *
 * The pilot goes through all but `native`; the operator driver through claim, apply, native and done.
 */
export const PHASES = [
  'claim',
  'pin',
  'apply',
  'green',
  'switch',
  'evacuate',
  'retire',
  'release',
  'native',
  'done',
] as const;
export type Phase = (typeof PHASES)[number];

/**
 * What must outlive the process that runs an upgrade, and cannot be read off the cluster. Kept in one ConfigMap beside
 * the cluster, so that whoever runs the same command next goes on. Holds no secret.
 */
export interface Journal {
  schema: 1;
  /** Identity of the run. */
  run: string;
  driver: Driver;
  phase: Phase;
  /** ms since the epoch at which each phase began. */
  began: Partial<Record<Phase, number>>;
  from: { version: string; set: string; revision: string };
  to: { version: string; set?: string; revision?: string };
  /** Digest of the wanted pod template: tells whether a later command wants the same. */
  target: string;
  /** What the user set as initial delay, and gets back at the end. */
  initialDelaySeconds: number;
  replicas: number;
  waitTakeoverSeconds: number;
  /** Cluster-wide caps: at most so many disconnects, and so many moved sessions, per second. */
  connectionCap: number;
  sessionCap: number;
  /** Counts on blue when the run was claimed. */
  baseline: { connections: number; sessions: number };
  /** How the caps are shared out among blue's nodes, fixed when the evacuation begins. */
  shares?: NodeShare[];
  /** When only green was seen behind every traffic Service. */
  switchedAt?: number;
  /** When the first evacuation was ordered, and when every blue node was seen drained. */
  evacuation?: { startedAt: number; drainedAt?: number; lowerBoundMs: number };
  finishedAt?: number;
}

/** Whether a run was begun and has not come to its end. */
export function isOpen(journal: Journal | undefined): journal is Journal {
  return journal !== undefined && journal.phase !== 'done';
}
