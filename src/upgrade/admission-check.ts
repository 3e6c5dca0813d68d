import { blocker, type Finding, warning } from './check';
import type { Refusal } from './ports';

const WRITES = {
  'select-traffic': 'switch the traffic Service',
  'patch-resource': 'change the resource',
  'scale-set': 'scale the old nodes',
} as const;

/**
 * What the API server does not take of what an upgrade writes, by its own sentence; nothing where it takes everything.
 *
 * @param refusals undefined where nothing was tried.
 */
export function admissionCheck(refusals: readonly Refusal[] | undefined): Finding {
  const listed = (of: readonly Refusal[]) => of.map(({ write, reason }) => `${WRITES[write]}: ${reason}`).join('; ');
  const certain = (refusals ?? []).filter(({ isCertain }) => isCertain);
  if (certain.length > 0) {
    return blocker(
      `the API server refuses what an upgrade does: ${listed(certain)}`,
      'let the policy or the webhook that says so make an exception, then ask again',
    );
  }
  if (refusals && refusals.length > 0) {
    return warning(
      `it is unknown whether the API server takes what an upgrade does: ${listed(refusals)}`,
      'the upgrade stops with the reason if it does not',
    );
  }
  return undefined;
}
