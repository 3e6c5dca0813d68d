import { parseDocument } from 'yaml';
import { nearest } from '../resource/nearest';
import type { DeviceShare } from '../simulator/clients/device-fleet';
import { DEVICE_NAMES, type DevicePresetName } from '../simulator/clients/device-presets';
import type { OptionReader } from './options';

const FLAG = '--devices';
const FIELDS = ['devices', 'percent', 'mqtt', 'persistent', 'will'];
/** The longest delay of a will, s. A year: what is published later belongs to no upgrade. */
export const MOST_WILL_SECONDS = 31_536_000;
/** Percentages with decimals add up to 100 only nearly. */
const ACCURACY = 1e-6;

/** One part of a fleet as it was given. */
interface Entry {
  path: string;
  devices: unknown;
  percent: unknown;
  mqtt?: unknown;
  persistent?: unknown;
  will?: unknown;
}

/**
 * The fleet of a simulation: `mqtt.js@5.15=60%,hivemq=40%`, or a file with a list of such parts in YAML or JSON. Reports everything that
 * is wrong with it.
 */
export function readDevices(reader: OptionReader, value: string): readonly DeviceShare[] {
  const entries = value.includes('=') ? entriesOf(value) : entriesIn(reader, value);
  if (!entries) return [];
  const shares = entries.map((entry) => readShare(reader, entry));
  checkDuplicates(reader, entries);
  checkSum(reader, entries, value);
  return shares;
}

function entriesOf(list: string): Entry[] {
  return list.split(',').map((part) => {
    const [devices = '', percent = ''] = part.split('=', 2).map((word) => word.trim());
    return { path: FLAG, devices, percent: /^\d+(\.\d+)?%?$/.test(percent) ? Number.parseFloat(percent) : percent };
  });
}

function entriesIn(reader: OptionReader, file: string): Entry[] | undefined {
  const text = reader.text(FLAG, file);
  if (text === undefined) return undefined;
  const document = parseDocument(text);
  const list = document.errors.length > 0 ? undefined : (document.toJS() as unknown);
  if (!Array.isArray(list) || list.length === 0 || !list.every(isObject)) {
    reader.problem({
      path: FLAG,
      value: file,
      bound: 'a file with a list of devices in YAML or JSON, or a list such as mqtt.js@5.15=60%,hivemq=40%',
      reason: document.errors[0]?.message.split('\n')[0] ?? 'each part of a fleet is an object in that list',
      fix: 'give it parts such as { devices: hivemq, percent: 40 }',
    });
    return undefined;
  }
  return list.map((part, index) => {
    const path = `${file}: [${index}]`;
    for (const field of Object.keys(part)) {
      if (FIELDS.includes(field)) continue;
      const similar = nearest(field, FIELDS);
      reader.problem({
        path: `${path}.${field}`,
        value: part[field],
        bound: `one of the fields ${FIELDS.join(', ')}`,
        reason: 'there are no others',
        fix: similar ? `did you mean '${similar}'?` : 'remove it',
      });
    }
    return {
      path,
      devices: part['devices'],
      percent: part['percent'],
      mqtt: part['mqtt'],
      persistent: part['persistent'],
      will: part['will'],
    };
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readShare(reader: OptionReader, { path, devices, percent, mqtt, persistent, will }: Entry): DeviceShare {
  if (!DEVICE_NAMES.some((name) => name === devices)) {
    const similar = similarTo(String(devices));
    reader.problem({
      path,
      value: devices,
      bound: 'the name of an MQTT library',
      reason: 'of no other what it does was measured; docs/devices.md has all of them',
      fix:
        similar.length > 0
          ? `did you mean ${similar.map((name) => `'${name}'`).join(' or ')}?`
          : `give one of ${DEVICE_NAMES.join(', ')}`,
    });
  }
  const name = typeof devices === 'string' && devices !== '' ? ` of ${devices}` : '';
  if (typeof percent !== 'number' || !(percent > 0 && percent <= 100)) {
    reader.problem({
      path: `${path}${name}`,
      value: percent,
      bound: 'a percentage above 0 and at most 100',
      reason: 'it is a part of all devices',
      fix: `give one, such as ${String(devices)}=25%`,
    });
  }
  if (mqtt !== undefined && mqtt !== 5 && String(mqtt) !== '3.1.1') {
    reader.problem({
      path: `${path}.mqtt`,
      value: mqtt,
      bound: '3.1.1 or 5',
      reason: 'devices of other protocols were not measured',
      fix: 'give one of them, or leave it out',
    });
  }
  if (persistent !== undefined && typeof persistent !== 'boolean') {
    reader.problem({
      path: `${path}.persistent`,
      value: persistent,
      bound: 'true or false',
      reason: 'a session outlives its connection, or does not',
      fix: 'give one of them, or leave it out',
    });
  }
  const isDelay = Number.isInteger(will) && Number(will) >= 0 && Number(will) <= MOST_WILL_SECONDS;
  if (will !== undefined && !isDelay) {
    reader.problem({
      path: `${path}.will`,
      value: will,
      bound: `a whole number of seconds from 0 to ${MOST_WILL_SECONDS}`,
      reason: 'it is the delay of a will; 0 publishes it at once',
      fix: 'give one, or leave it out: the devices have no will then',
    });
  }
  return {
    devices: devices as DevicePresetName,
    percent: Number(percent),
    ...(mqtt !== undefined && { protocolVersion: mqtt === 5 ? 5 : 4 }),
    ...(persistent === true && { persistent }),
    ...(will !== undefined && { willDelaySeconds: Number(will) }),
  };
}

/** Names of the same library first: a version may be missing, or another one. */
function similarTo(name: string): string[] {
  const [library = ''] = name.toLowerCase().split('@');
  const same = library === '' ? [] : DEVICE_NAMES.filter((known) => known.split('@')[0] === library);
  const one = nearest(name, DEVICE_NAMES);
  return same.length > 0 ? same : one ? [one] : [];
}

function checkDuplicates(reader: OptionReader, entries: readonly Entry[]): void {
  const seen = new Set<string>();
  for (const { path, devices, mqtt = 'any', persistent = false, will = 'none' } of entries) {
    const key = [devices, mqtt, persistent, will].join();
    if (seen.has(key)) {
      reader.problem({
        path,
        value: devices,
        bound: 'given once',
        reason: 'two parts of a fleet would be the same devices',
        fix: 'add their percentages',
      });
    }
    seen.add(key);
  }
}

function checkSum(reader: OptionReader, entries: readonly Entry[], value: string): void {
  const numbers = entries.map(({ percent }) => percent).filter((percent) => typeof percent === 'number');
  if (numbers.length < entries.length) return;
  const sum = numbers.reduce((total, percent) => total + percent, 0);
  if (Math.abs(sum - 100) < ACCURACY) return;
  reader.problem({
    path: FLAG,
    value,
    bound: 'percentages that add up to 100',
    reason: `these add up to ${Number(sum.toFixed(6))}`,
    fix: sum < 100 ? `add ${Number((100 - sum).toFixed(6))} % of other devices` : 'lower some of them',
  });
}
