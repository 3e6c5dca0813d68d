import type { Journal } from './journal';
import { devicesNow } from './known-load';
import type { Observation } from './observation';

/** Devices that are offline at this moment, of those that were connected when none was. */
export function devicesAway({ observation, journal }: { observation: Observation; journal: Journal }): number {
  const { fleet, evacuation } = journal;
  const devices = fleet?.devices ?? evacuation?.connections;
  return devices === undefined ? 0 : Math.max(0, devices - devicesNow(observation));
}
