import type { Journal, Phase } from './journal';
import type { Observation } from './observation';
import type { EvacuationOrder } from './ports';
import type { SeenReconnects } from './reconnect-meter';
import type { Target } from './target';

/** One action to take now. Each is idempotent. */
export type Action =
  | { do: 'select-traffic'; service: string; revision: string | undefined }
  | { do: 'route-to-unready'; service: string; wanted: boolean }
  | { do: 'lead-traffic'; service: string; revision: string }
  | { do: 'patch-resource'; spec: Record<string, unknown>; why: string; heartbeat: boolean }
  /** Restores what the resource asked for before the run, and holds the operator, in one patch. */
  | { do: 'revert-resource'; run: string; keepsIdle?: boolean }
  | { do: 'mark-serving'; pod: string; serving: boolean }
  | { do: 'start-evacuation'; pod: string; node: string; order: EvacuationOrder; afterMs: number }
  | { do: 'stop-evacuation'; pod: string; node: string; afterMs?: number }
  | { do: 'scale-set'; set: string; replicas: number }
  /** Removes a set without nodes, with the volume claims of its pods. */
  | { do: 'remove-set'; set: string }
  /** Begins to move the data of a storage to these sites; `pod` is asked to do so. */
  | { do: 'move-storage'; pod: string; storage: string; sites: readonly string[] }
  /** Makes the cluster forget a node that is gone; `pod` is asked to do so. */
  | { do: 'force-leave'; pod: string; node: string };

/** What to do about an observation. */
export type Step =
  /** The phase is complete; `note` is written to the journal together with the next phase. `warning` is reported. */
  | { kind: 'next'; phase: Phase; note?: Partial<Journal>; answers?: string; warning?: string }
  /**
   * `note` must be written before the phase continues. `answers` is the request that is removed in the same write,
   * `warning` is reported: for example why the request had no effect.
   */
  | { kind: 'note'; note: Partial<Journal>; answers?: string; warning?: string }
  /** Take these actions, then observe again after `pollMs`. */
  | {
      kind: 'wait';
      waitingFor: string;
      actions: Action[];
      pollMs: number;
      /** Whether that observation has to read from the API server. @default false: what watches have reported is enough */
      fresh?: boolean;
    }
  /** No further step is known to be safe. After the actions, if there are any, everything stays as it is. */
  | {
      kind: 'stop';
      code: StopCode;
      reason: string;
      fix: string;
      note?: Partial<Journal>;
      actions?: Action[];
      /** What was waited for without success. */
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
  /** When this process last triggered a pass of the operator; a forgotten time costs one more harmless pass. */
  heartbeatAt: number;
  /** When this process last stopped the evacuations of nodes that are to get more of the cap, by pod. */
  stoppedAt: ReadonlyMap<string, number>;
  /** Reconnects that this process has seen. */
  reconnects: SeenReconnects;
  /** For how long this process has seen no progress, in ms. */
  idleMs: number;
  /** What the API server has refused so often that waiting does not help, in its words. */
  refusal?: string | undefined;
}

/** Whether it disconnects devices, removes nodes, or begins an abort. */
export function isIrreversible(step: Step): boolean {
  if (step.kind === 'next') return step.phase === 'revert';
  return step.kind === 'wait' && step.actions.some((action) => ['start-evacuation', 'scale-set'].includes(action.do));
}
