import type { Violation } from '../resource/problem';
import type { Rule } from '../resource/rules';

/** A whole number of at least 1; the caller gives the reason and the fix. */
export function atLeastOne(violation: Pick<Violation, 'reason' | 'fix'>, bound = 'a whole number of at least 1'): Rule {
  return (value) => (Number.isInteger(value) && Number(value) >= 1 ? undefined : { bound, ...violation });
}
