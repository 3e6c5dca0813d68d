import { generationOf } from '../resource';
import { BlockedError, UpgradeError } from '../upgrade';
import { type RunReport, runReport } from './run-report';
import { play, type Scenario } from './scenario';

/** An upgrade that this driver cannot complete. */
export interface RefusedRun {
  outcome: 'cannot';
  driver: 'operator';
  /** What prevents it. */
  reason: string;
}

/** The upgrade by the operator alone, for comparison with another one. */
export type Comparison = RunReport | RefusedRun;

/**
 * The same upgrade by the operator alone, in virtual time, through the operator's own Service: its endpoints are the ready pods of
 * both sets. If the operator cannot do it, that is the result: the upgrade it is compared with does not depend on it.
 */
export async function playAlone(scenario: Omit<Scenario, 'driver' | 'service'>): Promise<Comparison> {
  try {
    const service = generationOf(scenario.cluster).operatorServiceOf(scenario.cluster);
    const { upgrade, clients, sessionsMoved } = await play({ ...scenario, driver: 'operator', service });
    return runReport(upgrade, clients, sessionsMoved);
  } catch (error) {
    if (!(error instanceof UpgradeError)) throw error;
    return { outcome: 'cannot', driver: 'operator', reason: reasonOf(error) };
  }
}

function reasonOf(error: UpgradeError): string {
  return error instanceof BlockedError ? error.blockers.map(({ finding }) => finding).join('; ') : error.reason;
}
