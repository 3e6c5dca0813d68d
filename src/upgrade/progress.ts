import type { Role } from '../resource';
import type { Phase } from './journal';
import type { KnownLoad } from './known-load';
import type { Obstacle } from './obstacle';

/** One observation of the cluster during a run. */
export interface Sample {
  at: number;
  /** `done` after the last run has ended, `null` where there never was a run. */
  phase: Phase | null;
  /** The role whose nodes are replaced, and of which `blue` and `green` are sets. @default - there are no replicants, or no run is open */
  role?: Role;
  /** Devices on old and new nodes of the other role, which is replaced before or after; `null` is unknown. @default - as of `role` */
  beside?: { role: Role; blue: number | null; green: number | null };
  blue: SetLoad;
  /** Absent until the green set exists. After a run the set that serves stays green until the next run begins. */
  green: SetLoad | undefined;
  /** The nodes that are evacuated: blue's, or green's in an abort. Without a run, those that serve. */
  nodes: readonly NodeProgress[];
  /** Devices that were connected to either set when the evacuation began; undefined outside of it. */
  devices: number | undefined;
  /** Devices that are offline at this moment, as far as counted; undefined outside of the evacuation. */
  away?: number | undefined;
  /**
   * Estimated ms until they are drained, in whole seconds, including the wait for takeovers and the sessions of offline devices;
   * undefined outside of the evacuation, in a pause, and where a node never reported its counts.
   */
  leftMs: number | undefined;
  /** The current cap, disconnects per second; undefined without a run, and where the operator upgrades alone. */
  capPerSecond: number | undefined;
  /**
   * The rate that a run with adaptive pacing has chosen, disconnects per second; 0 while it waits for devices to reconnect; absent outside
   * of its evacuation, and where the pacing is fixed.
   */
  ratePerSecond?: number;
  /** Whether the run is paused. */
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
  /** What prevents the request, where that is known. */
  obstacle?: Obstacle;
  evacuating: boolean;
  drained: boolean;
}

/** What a run reports while it runs. */
export type ProgressEvent =
  /** With the role whose nodes are replaced, in phases that come once for each role. */
  | { kind: 'phase'; at: number; phase: Phase; role?: Role; resumed: boolean }
  | { kind: 'action'; at: number; text: string }
  | { kind: 'waiting'; at: number; text: string }
  | { kind: 'warning'; at: number; text: string }
  | { kind: 'sample'; at: number; sample: Sample };
