import type { Journal } from './journal';
import type { UpgradeRequest } from './target';

/** What of a request has no effect on a run that was started earlier: it keeps its driver and cap. */
export function ignoredOptions({ driver = 'pilot', stormCap, pacing }: UpgradeRequest, journal: Journal): string[] {
  const { connectionCap, pacing: kept = 'fixed' } = journal;
  const isOtherCap = stormCap !== undefined && stormCap !== connectionCap;
  return [
    ...(driver === journal.driver ? [] : [`the run continues with the ${journal.driver} driver it started with`]),
    ...(isOtherCap ? [`the run continues with the cap of ${connectionCap}/s it started with`] : []),
    ...(pacing !== undefined && pacing !== kept ? [`the run continues with the ${kept} pacing it started with`] : []),
  ];
}
