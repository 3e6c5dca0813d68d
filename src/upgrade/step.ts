import type { Journal, Phase } from './journal';
import type { Observation } from './observation';
import type { EvacuationOrder } from './ports';
import type { Target } from './target';

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
   * `warning` is reported: why it had no effect, for example.
   */
  | { kind: 'note'; note: Partial<Journal>; answers?: string; warning?: string }
  /** Do this, then look again after `pollMs`. */
  | { kind: 'wait'; waitingFor: string; actions: Action[]; pollMs: number }
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
