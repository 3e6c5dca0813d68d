import { HOLD_DELAY_SECONDS } from '../resource';
import { mergePatch } from './changes';
import { UpgradeError } from './errors';

type Spec = Record<string, unknown>;

/**
 * The patch of `spec` that makes it what it was before a run, with the operator held.
 *
 * @param kept what was kept of it; undefined where it is gone
 * @throws UpgradeError `SPEC_LOST`
 */
export function revertPatch(live: Spec, kept: Spec | undefined): Spec {
  if (!kept) {
    const fix = 'set spec.template back to what the old nodes run, keeping the delay as it is, then ask again';
    throw new UpgradeError('SPEC_LOST', 'what the resource asked for before the run is not kept any more', fix);
  }
  const blueGreenUpdate = { ...(kept['blueGreenUpdate'] as object), initialDelaySeconds: HOLD_DELAY_SECONDS };
  return mergePatch(live, { ...kept, blueGreenUpdate });
}
