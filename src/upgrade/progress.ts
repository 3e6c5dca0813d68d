import type { Phase } from './journal';

/** One look at the cluster during a run. */
export interface Sample {
  at: number;
  phase: Phase;
  blue: SetLoad;
  /** Absent until the green set exists. */
  green: SetLoad | undefined;
  /** The nodes that are emptied: blue's, or green's on the way back. */
  nodes: readonly NodeProgress[];
  /** Devices that are away in this moment, as far as counted; undefined outside of the evacuation. */
  away?: number | undefined;
  /** Estimated ms until they are drained; undefined outside of the evacuation, and in a pause. */
  leftMs: number | undefined;
  /** The cap in force, disconnects per second; undefined without a run, and where the operator upgrades alone. */
  capPerSecond: number | undefined;
  /** Whether somebody has paused the run. */
  paused: boolean;
}

export interface SetLoad {
  set: string;
  replicas: number;
  ready: number;
  connections: number;
  sessions: number;
}

export interface NodeProgress {
  pod: string;
  connections: number;
  sessions: number;
  evacuating: boolean;
  drained: boolean;
}

/** What a run tells while it goes. */
export type ProgressEvent =
  | { kind: 'phase'; at: number; phase: Phase; resumed: boolean }
  | { kind: 'action'; at: number; text: string }
  | { kind: 'waiting'; at: number; text: string }
  | { kind: 'warning'; at: number; text: string }
  | { kind: 'sample'; at: number; sample: Sample };
