import type { Phase } from './journal';
import type { KnownLoad } from './known-load';
import type { Obstacle } from './obstacle';

/** One look at the cluster during a run. */
export interface Sample {
  at: number;
  /** `done` after the last run has ended, `null` where there never was one. */
  phase: Phase | null;
  blue: SetLoad;
  /** Absent until the green set exists. When a run is done, the set that serves stays green until another one begins. */
  green: SetLoad | undefined;
  /** The nodes that are emptied: blue's, or green's on the way back. Without a run, those that serve. */
  nodes: readonly NodeProgress[];
  /** Devices that were connected, wherever, when the emptying began; undefined outside of it. */
  devices: number | undefined;
  /** Devices that are away in this moment, as far as counted; undefined outside of the evacuation. */
  away?: number | undefined;
  /**
   * Estimated ms until they are drained, the wait for takeovers and the sessions of devices that are away included, in whole seconds;
   * undefined outside of the evacuation, in a pause, and where a node never said what it has.
   */
  leftMs: number | undefined;
  /** The cap in force, disconnects per second; undefined without a run, and where the operator upgrades alone. */
  capPerSecond: number | undefined;
  /** Whether somebody has paused the run. */
  paused: boolean;
}

export interface SetLoad extends KnownLoad {
  set: string;
  replicas: number;
  ready: number;
}

export interface NodeProgress extends KnownLoad {
  pod: string;
  /** Why it does not answer; `null` where it does. */
  unreachable: string | null;
  /** What stands between, where that is known. */
  obstacle?: Obstacle;
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
