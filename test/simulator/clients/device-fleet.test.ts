import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_SHARES, type DeviceShare, deviceFleet } from '../../../src/simulator/clients/device-fleet';
import { DEVICE_NAMES, presetOf } from '../../../src/simulator/clients/device-presets';

const counts = (shares: readonly DeviceShare[], connected: number, offline: number) =>
  deviceFleet(shares, connected, offline).map(({ name, count }) => [name, count]);

describe('a fleet of presets', () => {
  test('has each library with all protocols it speaks, connected and offline', () => {
    const shares = [
      { devices: 'mqtt.js@5.15', percent: 60 },
      { devices: 'autopaho', percent: 40 },
    ] as const;
    expect(counts(shares, 100, 10)).toEqual([
      ['mqtt.js@5.15-v3', 30],
      ['mqtt.js@5.15-v5', 30],
      ['autopaho-v5', 40],
      ['mqtt.js@5.15-v3-offline', 3],
      ['mqtt.js@5.15-v5-offline', 3],
      ['autopaho-v5-offline', 4],
    ]);
    expect(deviceFleet(shares, 100, 10)[0]).toEqual({
      name: 'mqtt.js@5.15-v3',
      devices: 'mqtt.js@5.15',
      count: 30,
      protocolVersion: 4,
      persistent: false,
      offline: false,
      reconnect: presetOf('mqtt.js@5.15').reconnect,
    });
  });

  test('has as many devices as asked for, whatever the percentages', () => {
    const third = { devices: 'hivemq', percent: 100 / 3 } as const;
    expect(
      counts([third, { ...third, protocolVersion: 5 }, { ...third, persistent: true, protocolVersion: 4 }], 100, 0),
    ).toEqual([
      ['hivemq-v3', 17],
      ['hivemq-v5', 17],
      ['hivemq-v5', 33],
      ['hivemq-v3-session', 33],
    ]);
  });

  test('leaves out groups of nobody', () => {
    expect(counts([{ devices: 'hivemq', percent: 100 }], 1, 0)).toEqual([['hivemq-v3', 1]]);
  });
});

describe('the default fleet', () => {
  test('is whole, and none of its devices ends at an eviction', () => {
    expect(DEFAULT_SHARES.reduce((sum, { percent }) => sum + percent, 0)).toBe(100);
    const ends = DEFAULT_SHARES.map(({ devices }) => presetOf(devices).reconnect.ends);
    expect(ends.filter((each) => each?.atDisconnect || each?.atClose)).toEqual([]);
  });

  test('is the one that docs/devices.md states', () => {
    const text = readFileSync(path.resolve(__dirname, '../../../docs/devices.md'), 'utf8');
    const list = DEFAULT_SHARES.map(({ devices, percent }) => `${devices}=${percent}%`).join(',');
    expect(text).toContain(`The default is \`${list}\``);
  });

  test('each of its names is in docs/devices.md, as those of all presets', () => {
    const text = readFileSync(path.resolve(__dirname, '../../../docs/devices.md'), 'utf8');
    expect(DEVICE_NAMES.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});
