import { changedProperties, hasUnknown, inputsOf, type Raw } from './inputs';
import { stateOf } from './state';

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
 */
export function diff(olds: Raw, news: Raw): DiffResult {
  const state = stateOf(olds);
  const changed = changedProperties(inputsOf(state as unknown as Raw), inputsOf(news));
  const isUnsettled = state.phase !== 'running' || (state.drift ?? []).length > 0;
  const replaces = changed.filter((name) => IDENTITY.includes(name) && !hasUnknown(news[name]));
  return { changes: isUnsettled || changed.length > 0, replaces };
}
