import { isHold } from '../hold';
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
