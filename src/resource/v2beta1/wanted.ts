import { isHold } from '../hold';
import type { Role } from './constants';
import { withEmqxDefaults } from './defaults';
import type { Emqx } from './emqx';

/**
 * Whether the operator is kept from evacuating and removing anything: it builds the new nodes, and waits. The delay of a
 * hold is the same in both generations, `HOLD_DELAY_SECONDS`.
 *
 * Unlike that of an EmqxEnterprise this hold needs no heartbeats, and freezes nothing else: status and readiness stay current.
 *
 * @see EMQX Operator 2.2.29, `checkInitialDelaySecondsReady`
 */
export function isEmqxHeld(resource: Emqx): boolean {
  return isHold(resource.spec.updateStrategy?.initialDelaySeconds ?? 0);
}

/** The same resource, complete, with another initial delay: `HOLD_DELAY_SECONDS` holds it, any that has passed releases it at once. */
export function withEmqxDelay(resource: Emqx, delaySeconds: number): Emqx {
  const next = withEmqxDefaults(resource);
  next.spec.updateStrategy!.initialDelaySeconds = delaySeconds;
  return next;
}

/** How an EMQX wants its nodes to be evacuated. */
export interface EmqxPace {
  /** Between "all new nodes serve" and the first evacuation; a hold where it is one. */
  readonly initialDelaySeconds: number;
  /** Of one node; undefined where the strategy has no rates, with which the operator cannot evacuate. */
  readonly connectionsPerSecond: number | undefined;
  readonly sessionsPerSecond: number | undefined;
  /** How long a client may take to come back; undefined where the operator leaves it to EMQX, which waits for 60 s. */
  readonly waitTakeoverSeconds: number | undefined;
}

/** The pace that a resource asks for, defaults included. */
export function emqxPaceOf(resource: Emqx): EmqxPace {
  const { initialDelaySeconds = 0, evacuationStrategy } = withEmqxDefaults(resource).spec.updateStrategy!;
  return {
    initialDelaySeconds,
    connectionsPerSecond: evacuationStrategy?.connEvictRate,
    sessionsPerSecond: evacuationStrategy?.sessEvictRate,
    waitTakeoverSeconds: evacuationStrategy?.waitTakeover || undefined,
  };
}

/** The numbers of nodes that a resource asks for, defaults included. */
export function emqxReplicasOf(resource: Emqx): Readonly<Record<Role, number>> {
  const { coreTemplate, replicantTemplate } = withEmqxDefaults(resource).spec;
  return { core: coreTemplate!.spec!.replicas!, replicant: replicantTemplate?.spec?.replicas ?? 0 };
}
