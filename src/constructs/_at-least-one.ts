import type { Violation } from '../resource/problem';
import type { Rule } from '../resource/rules';

/** A whole number of at least 1; why, and what to write instead, the caller knows. */
export function atLeastOne(violation: Pick<Violation, 'reason' | 'fix'>, bound = 'a whole number of at least 1'): Rule {
  return (value) => (Number.isInteger(value) && Number(value) >= 1 ? undefined : { bound, ...violation });
}
