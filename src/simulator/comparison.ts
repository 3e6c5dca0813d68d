import { type EmqxResource, generationOf } from '../resource';
import { BlockedError, UpgradeError } from '../upgrade';
import { type RunReport, runReport } from './run-report';
import { play, type Scenario } from './scenario';

/** An upgrade that this driver cannot complete. */
export interface RefusedRun {
  outcome: 'cannot';
  driver: 'operator' | 'rolling';
  /** What prevents it. */
  reason: string;
}

/** The upgrade in another way, for comparison: by the operator alone, or as a rolling restart. */
export type Comparison = RunReport | RefusedRun;

/**
 * The Service through which devices connect while the operator upgrades alone. Of EMQX 4.4 it is the operator's own: its endpoints are
 * the ready pods of both sets, of which the operator chooses. Of EMQX 5 and 6 the operator makes the pods themselves ready or not, for
 * any Service that selects both.
 *
 * @param entry that of the devices in any other upgrade
 */
export function serviceAlone(cluster: EmqxResource, entry: string): string {
  const { sleepsWhileHeld, operatorServiceOf } = generationOf(cluster);
  return sleepsWhileHeld ? operatorServiceOf(cluster) : entry;
}

/**
 * The same upgrade by the operator alone, in virtual time. If the operator cannot do it, that is the result: the upgrade it is compared
 * with does not depend on it.
 *
 * @param scenario with the Service of that upgrade
 */
export async function playAlone(scenario: Omit<Scenario, 'driver'>): Promise<Comparison> {
  try {
    const service = serviceAlone(scenario.cluster, scenario.service);
    const result = await play({ ...scenario, driver: 'operator', service });
    return runReport(result.upgrade, result);
  } catch (error) {
    if (!(error instanceof UpgradeError)) throw error;
    return { outcome: 'cannot', driver: 'operator', reason: reasonOf(error) };
  }
}

function reasonOf(error: UpgradeError): string {
  return error instanceof BlockedError ? error.blockers.map(({ finding }) => finding).join('; ') : error.reason;
}
