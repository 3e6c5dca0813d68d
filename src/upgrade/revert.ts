import { HOLD_DELAY_SECONDS } from '../resource';
import { mergePatch } from './changes';
import { UpgradeError } from './errors';

type Spec = Record<string, unknown>;

/**
 * The patch of `spec` that restores it as it was before a run, with the operator held.
 *
 * @param kept the stored spec; undefined where it is gone
 * @throws UpgradeError `SPEC_LOST`
 */
export function revertPatch(live: Spec, kept: Spec | undefined): Spec {
  if (!kept) {
    const fix = 'set spec.template back to what the old nodes run, keeping the delay as it is, then try again';
    throw new UpgradeError('SPEC_LOST', 'what the resource asked for before the run is no longer stored', fix);
  }
  const blueGreenUpdate = { ...(kept['blueGreenUpdate'] as object), initialDelaySeconds: HOLD_DELAY_SECONDS };
  return mergePatch(live, { ...kept, blueGreenUpdate });
}
