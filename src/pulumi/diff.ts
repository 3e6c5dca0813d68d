import { downgradeOf } from '../upgrade/downgrade';
import type { EmqxEnterpriseInputs } from './emqx-enterprise-inputs';
import { changedProperties, hasUnknown, inputsOf, type Raw } from './inputs';
import { type Seen, stateOf } from './state';

export interface DiffResult {
  changes: boolean;
  /** The properties that make another cluster of it. */
  replaces: string[];
}

/** A cluster is known by these. */
const IDENTITY: readonly string[] = ['name', 'namespace'];

/**
 * What is left to do, property by property.
 *
 * While a cluster is not seen at rest, as described, there is something to do whatever the properties say: a refresh makes the
 * engine forget that the last operation failed. The text of the provider, and the row of the progress, are nothing that changes.
 *
 * @throws Error where an older version is asked for and that is not accepted, so that a preview says so
 */
export function diff(olds: Raw, news: Raw): DiffResult {
  const state = stateOf(olds);
  refuseDowngrade(state, inputsOf(news));
  const changed = changedProperties(inputsOf(state as unknown as Raw), inputsOf(news));
  const isUnsettled = state.phase !== 'running' || (state.drift ?? []).length > 0;
  const replaces = changed.filter((name) => IDENTITY.includes(name) && !hasUnknown(news[name]));
  return { changes: isUnsettled || changed.length > 0, replaces };
}

/** In the middle of an upgrade the old version means the way back, which is none. */
function refuseDowngrade(
  state: EmqxEnterpriseInputs & Partial<Seen>,
  { version, upgrade }: EmqxEnterpriseInputs,
): void {
  if (state.phase === 'upgrading' || hasUnknown(version)) return;
  const downgrade = downgradeOf(state.version, version);
  if (!downgrade || (downgrade.isWithinLine && upgrade?.acceptDowngrade)) return;
  throw new Error(`${downgrade.finding}; ${downgrade.fix}`);
}
