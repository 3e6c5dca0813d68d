import { type EmqxResource, generationOf, HOLD_DELAY_SECONDS } from '../resource';
import { mergePatch } from './changes';
import { UpgradeError } from './errors';

type Spec = Record<string, unknown>;

/**
 * The patch of `spec` that restores it as it was before a run, with the operator held.
 *
 * @param kept the stored spec; undefined where it is gone
 * @param keepsIdle whether idle nodes stay
 * @throws UpgradeError `SPEC_LOST`
 */
export function revertPatch(live: EmqxResource, kept: Spec | undefined, keepsIdle = false): Spec {
  if (!kept) {
    const { templateFields } = generationOf(live);
    const fix = `set ${templateFields} back to what the old nodes run, keeping the delay as it is, then try again`;
    throw new UpgradeError('SPEC_LOST', 'what the resource asked for before the run is no longer stored', fix);
  }
  const { idle, withDelay } = generationOf(live);
  const spec = withDelay(kept, HOLD_DELAY_SECONDS);
  return mergePatch(live.spec as Spec, idle && keepsIdle ? idle.addedTo(spec) : spec);
}
