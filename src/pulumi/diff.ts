import { downgradeOf } from '../upgrade/downgrade';
import type { EmqxEnterpriseInputs } from './emqx-enterprise-inputs';
import { changedProperties, hasUnknown, inputsOf, type Raw } from './inputs';
import { type Seen, stateOf } from './state';

export interface DiffResult {
  changes: boolean;
  /** The properties whose change replaces the cluster. */
  replaces: string[];
}

/** These identify a cluster. */
const IDENTITY: readonly string[] = ['name', 'namespace'];

/**
 * What remains to be done, property by property.
 *
 * While a cluster is not seen at rest, as described, something remains to be done even without a changed property: a refresh makes
 * the engine forget that the last operation failed. The provider text and the progress row do not count as changes.
 *
 * @throws Error where an older version is requested and not accepted, so that a preview reports it
 */
export function diff(olds: Raw, news: Raw): DiffResult {
  const state = stateOf(olds);
  refuseDowngrade(state, inputsOf(news));
  const changed = changedProperties(inputsOf(state as unknown as Raw), inputsOf(news));
  const isUnsettled = state.phase !== 'running' || (state.drift ?? []).length > 0;
  const replaces = changed.filter((name) => IDENTITY.includes(name) && !hasUnknown(news[name]));
  return { changes: isUnsettled || changed.length > 0, replaces };
}

/** In the middle of an upgrade the old version means an abort, which is not a downgrade. */
function refuseDowngrade(
  state: EmqxEnterpriseInputs & Partial<Seen>,
  { version, upgrade }: EmqxEnterpriseInputs,
): void {
  if (state.phase === 'upgrading' || hasUnknown(version)) return;
  const downgrade = downgradeOf(state.version, version);
  if (!downgrade || (downgrade.isWithinLine && upgrade?.acceptDowngrade)) return;
  throw new Error(`${downgrade.finding}; ${downgrade.fix}`);
}
