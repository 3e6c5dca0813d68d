import { UpgradeError, type UpgradePlan } from '../upgrade';
import { type RunReport, runReport } from './run-report';
import { play, type Scenario } from './scenario';
import { UnfitManifestError } from './unfit-manifest-error';

/** An upgrade by the pilot with one cap, as far as it helps to choose one. */
export interface CapRun {
  capPerSecond: number;
  report: RunReport;
  /** The most devices that were offline at one moment. */
  mostDevicesAway: number;
  /** The time that all devices together were offline, in seconds. */
  offlineDeviceSeconds: number;
  /** What the plan warns of that the model does not have: a limit of the listeners. @default - nothing */
  notModelled?: string;
}

/** A cap with which the upgrade cannot be made, or takes too long to be simulated. */
export interface UnfitCap {
  capPerSecond: number;
  reason: string;
}

/** Plays an upgrade with one cap in virtual time: the model of any other simulated upgrade, with the same seed for each cap. */
export async function playCap(
  scenario: Omit<Scenario, 'driver' | 'stormCap'>,
  capPerSecond: number,
): Promise<CapRun | UnfitCap> {
  try {
    const result = await play({ ...scenario, driver: 'pilot', stormCap: capPerSecond });
    const notModelled = notModelledIn(result.plan);
    const { clients, leastConnected, offlineClientSeconds } = result.clients;
    return {
      capPerSecond,
      report: runReport(result.upgrade, result),
      mostDevicesAway: clients - leastConnected,
      offlineDeviceSeconds: offlineClientSeconds,
      ...(notModelled !== undefined && { notModelled }),
    };
  } catch (error) {
    if (!(error instanceof UpgradeError || error instanceof UnfitManifestError)) throw error;
    return { capPerSecond, reason: error.message };
  }
}

/** What a plan warns of, and the model does not have: its nodes accept any number of connections per second. See docs/simulator.md. */
export function notModelledIn({ checks }: UpgradePlan): string | undefined {
  return checks.find(({ id, status }) => id === 'accept-rate' && status === 'warning')?.finding;
}
