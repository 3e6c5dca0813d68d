import type { UpgradeReport } from '../upgrade';
import type { ClientReport } from './clients/client-report';
import type { LostDevices } from './clients/lost-devices';
import type { DeviceSeconds } from './device-seconds';

/** One upgrade as its operator and its devices saw it. */
export interface RunReport {
  outcome: UpgradeReport['outcome'];
  /** Who made the upgrade; `rolling` for a rolling restart. */
  driver: UpgradeReport['driver'] | 'rolling';
  /** From the claim to the end, ms. */
  durationMs: number;
  /** From the first order to evacuate until blue was drained, ms; 0 for the operator alone and for a rolling restart. */
  evacuateMs: number;
  lowerBoundMs: number;
  capPerSecond: number;
  /** The most disconnects and reconnects in an aligned second, see {@link ClientReport}. */
  peakDisconnectsPerSecond: number;
  peakReconnectsPerSecond: number;
  clients: number;
  disconnectsPerClient: ClientReport['disconnectsPerClient'];
  refusedConnects: number;
  /** Sessions of offline devices, moved by their node. */
  sessionsMoved: number;
  /** Wills of devices; absent where none has one. */
  wills?: Wills;
  /** Sessions a client or device came back for and found, and did not find. */
  sessionsKept: number;
  sessionsLost: number;
  /** How long devices were offline each time, ms. */
  offlineMs: ClientReport['offlineMs'];
  seconds: DeviceSeconds;
  /** Clients and devices that are connected without the subscription that they lost with their session. */
  deaf: number;
  /** Clients and devices that are not connected in the end, and how many of them never try again, by what they are and why. */
  stillOffline: number;
  lost: readonly LostDevices[];
}

/** What became of the wills of devices. */
export interface Wills {
  /** How many were published. */
  published: number;
  /** How many times a node ended with the will of a device that was connected, or just gone: whether EMQX publishes it was not measured. */
  unknown: number;
}

/** What the devices saw of an upgrade. */
export interface ClientOutcome {
  clients: ClientReport;
  /** Sessions of offline devices, moved by their node. */
  sessionsMoved: number;
  wills?: Wills;
  seconds: DeviceSeconds;
  /** Who never tries to connect again. */
  lost: readonly LostDevices[];
}

/** What is reported of an upgrade, beside what its devices saw. */
type Upgrade = Pick<RunReport, 'outcome' | 'driver' | 'durationMs' | 'evacuateMs' | 'lowerBoundMs' | 'capPerSecond'>;

/** Joins what is reported of an upgrade with what the devices saw. */
export function runReport(upgrade: Upgrade, seen: ClientOutcome): RunReport {
  const { clients, sessionsMoved, wills, seconds, lost } = seen;
  const { outcome, driver, durationMs, evacuateMs, lowerBoundMs, capPerSecond } = upgrade;
  return {
    outcome,
    driver,
    durationMs,
    evacuateMs,
    lowerBoundMs,
    capPerSecond,
    peakDisconnectsPerSecond: clients.peakDisconnectsPerSecond,
    peakReconnectsPerSecond: clients.peakReconnectsPerSecond,
    clients: clients.clients,
    disconnectsPerClient: clients.disconnectsPerClient,
    refusedConnects: clients.refusedConnects,
    sessionsMoved,
    ...(wills && { wills }),
    sessionsKept: clients.sessionsKept,
    sessionsLost: clients.sessionsLost,
    offlineMs: clients.offlineMs,
    seconds,
    deaf: clients.deaf,
    stillOffline: clients.stillOffline,
    lost,
  };
}
