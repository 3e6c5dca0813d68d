import { blocker, type Finding, warning } from './check';
import type { Refusal } from './ports';

const WRITES = {
  'select-traffic': 'switch the traffic Service',
  'patch-resource': 'change the resource',
  'scale-set': 'scale the old nodes',
} as const;

/**
 * The writes of an upgrade that the API server does not accept, with its message; undefined where it accepts all.
 *
 * @param refusals undefined where nothing was tested.
 */
export function admissionCheck(refusals: readonly Refusal[] | undefined): Finding {
  const listed = (of: readonly Refusal[]) => of.map(({ write, reason }) => `${WRITES[write]}: ${reason}`).join('; ');
  const certain = (refusals ?? []).filter(({ isCertain }) => isCertain);
  if (certain.length > 0) {
    return blocker(
      `the API server refuses writes of an upgrade: ${listed(certain)}`,
      'add an exception to the policy or webhook named there, then try again',
    );
  }
  if (refusals && refusals.length > 0) {
    return warning(
      `it is unknown whether the API server accepts the writes of an upgrade: ${listed(refusals)}`,
      'if it does not, the upgrade stops and reports the reason',
    );
  }
  return undefined;
}
