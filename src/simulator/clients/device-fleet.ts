import type { ClientGroup } from './client-group';
import { type DevicePresetName, presetOf } from './device-presets';

/** A part of a fleet. */
export interface DeviceShare {
  devices: DevicePresetName;
  /** Of all devices; those of a fleet add up to 100. */
  percent: number;
  /**
   * What they speak: 4 is MQTT 3.1.1.
   *
   * @default - what the library speaks; of two, half of them each
   */
  protocolVersion?: 4 | 5;
  /**
   * Whether those that are connected have a session that outlives the connection, and subscribe once.
   *
   * @default false
   */
  persistent?: boolean;
  /** Each that is connected has a will, which is published so long after its connection is lost, s. @default - no will */
  willDelaySeconds?: number;
}

/**
 * A fleet that shows what matters: most with the libraries that are met most, of which some spread their reconnects, some come back at
 * once, some do not subscribe again, and some never return once a node has refused them. There is none that an eviction ends: the
 * engine stops an upgrade when more devices do not come back than it allows, and with many clients at a low rate they would be more.
 */
export const DEFAULT_SHARES: readonly DeviceShare[] = [
  { devices: 'mqtt.js@5.15', percent: 45 },
  { devices: 'paho-python', percent: 25 },
  { devices: 'hivemq', percent: 10 },
  { devices: 'paho-go', percent: 10 },
  { devices: 'paho-java', percent: 5 },
  { devices: 'mqtt.js@5.16', percent: 5 },
];

/**
 * A fleet of these shares.
 *
 * @param connected how many devices are connected
 * @param offline how many more are offline and have only their session, in the same shares
 */
export function deviceFleet(shares: readonly DeviceShare[], connected: number, offline: number): ClientGroup[] {
  const groups = (total: number, isOffline: boolean) => {
    const counts = split(
      total,
      shares.map(({ percent }) => percent),
    );
    return shares.flatMap((share, index) => groupsOf(share, counts[index]!, isOffline));
  };
  return [...groups(connected, false), ...groups(offline, true)].filter(({ count }) => count > 0);
}

function groupsOf(share: DeviceShare, count: number, offline: boolean): ClientGroup[] {
  const { devices, protocolVersion, persistent = false, willDelaySeconds } = share;
  const will = willDelaySeconds !== undefined && !offline;
  const { protocols, reconnect } = presetOf(devices);
  const levels = protocolVersion ? [protocolVersion] : protocols;
  return levels.map((level, index) => ({
    name: `${devices}${level === 4 ? '-v3' : '-v5'}${persistent ? '-session' : ''}${will ? `-will${willDelaySeconds}` : ''}${offline ? '-offline' : ''}`,
    devices,
    count: Math.floor(count / levels.length) + (index < count % levels.length ? 1 : 0),
    protocolVersion: level,
    persistent: persistent || offline,
    offline,
    ...(will && { willDelaySeconds }),
    reconnect,
  }));
}

/** A whole number in parts of these percentages, by the largest remainder. */
function split(total: number, percentages: readonly number[]): number[] {
  const exact = percentages.map((percent) => (total * percent) / 100);
  const parts = exact.map(Math.floor);
  const byRemainder = exact
    .map((value, index) => ({ index, rest: value - parts[index]! }))
    .sort((a, b) => b.rest - a.rest || a.index - b.index);
  const missing = total - parts.reduce((sum, part) => sum + part, 0);
  for (const { index } of byRemainder.slice(0, missing)) parts[index]!++;
  return parts;
}
