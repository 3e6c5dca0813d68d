import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readDevices } from '../../src/cli/devices-option';
import { InputError } from '../../src/cli/errors';
import { OptionReader } from '../../src/cli/options';
import { run } from './_shell';

const folder = mkdtempSync(path.join(tmpdir(), 'devices-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const name = path.join(folder, 'devices.yaml');
  writeFileSync(name, text);
  return name;
}

function read(value: string) {
  const reader = new OptionReader();
  const shares = readDevices(reader, value);
  reader.done();
  return shares;
}

function problems(value: string): string[] {
  try {
    read(value);
  } catch (error) {
    if (error instanceof InputError)
      return error.problems.map(({ message, fix }) => `${message.replaceAll(`${folder}/`, '')} → ${fix}`);
    throw error;
  }
  return [];
}

test.each([
  [
    'mqtt.js@5.15=50%,paho-python=25%, hivemq = 12.5% ,paho-go=12.5',
    [
      { devices: 'mqtt.js@5.15', percent: 50 },
      { devices: 'paho-python', percent: 25 },
      { devices: 'hivemq', percent: 12.5 },
      { devices: 'paho-go', percent: 12.5 },
    ],
  ],
  ['no-reconnect=100%', [{ devices: 'no-reconnect', percent: 100 }]],
  ['hivemq=33.3%,paho-go=33.3%,autopaho=33.4%', [expect.anything(), expect.anything(), expect.anything()]],
])('%s is a fleet', (value, shares) => {
  expect(read(value)).toEqual(shares);
});

test('a file has more choices, in YAML or JSON', () => {
  const shares = [
    { devices: 'hivemq', percent: 40, protocolVersion: 5, persistent: true, willDelaySeconds: 30 },
    { devices: 'hivemq', percent: 60, protocolVersion: 4 },
  ];
  const yaml =
    '- { devices: hivemq, percent: 40, mqtt: 5, persistent: true, will: 30 }\n- { devices: hivemq, percent: 60, mqtt: 3.1.1 }\n';
  expect(read(file(yaml))).toEqual(shares);
  const json = [
    { devices: 'hivemq', percent: 40, mqtt: 5, persistent: true, will: 30 },
    { devices: 'hivemq', percent: 60, mqtt: '3.1.1' },
  ];
  expect(read(file(JSON.stringify(json)))).toEqual(shares);
});

test('a demo counts no wills, and says so', async () => {
  const name = file('- { devices: hivemq, percent: 100, will: 0 }\n');
  const { code, err } = await run(['demo', '--devices', name]);
  expect(code).toBe(2);
  expect(err).toMatch(/^'--devices' \("will"\) must be devices without will: a demo does not count wills/);
});

test('everything that is wrong is said at once, with what was probably meant', () => {
  expect(problems('mqtt.js=50%,hivmq=20%,paho-go=x,hivemq=0,hivemq=5')).toEqual([
    `'--devices' ("mqtt.js") must be the name of an MQTT library: of no other what it does was measured; docs/devices.md has all of them → did you mean 'mqtt.js@5.15' or 'mqtt.js@5.16'?`,
    expect.stringMatching(/"hivmq".* → did you mean 'hivemq'\?$/),
    expect.stringMatching(/^'--devices of paho-go' \("x"\) must be a percentage above 0 and at most 100: /),
    expect.stringMatching(/^'--devices of hivemq' \(0\) must be a percentage above 0/),
    expect.stringMatching(/^'--devices' \("hivemq"\) must be given once: .* → add their percentages$/),
  ]);
});

test.each([
  ['hivemq=50%,paho-go=40%', /must be percentages that add up to 100: these add up to 90 → add 10 % of other devices$/],
  ['hivemq=80%,paho-go=40%', /these add up to 120 → lower some of them$/],
  ['zzz=100%', /→ give one of mqtt\.js@5\.15, mqtt\.js@5\.16, .*, no-reconnect$/],
  ['/nowhere/devices.yaml', /'--devices' \("\/nowhere\/devices\.yaml"\) must be a file that can be read/],
])('%s is refused', (value, message) => {
  expect(problems(value)).toEqual([expect.stringMatching(message)]);
});

test.each([
  ['hivemq: 100', /must be a file with a list of devices in YAML or JSON/],
  ['[hivemq]', /each part of a fleet is an object/],
  ['- [', /must be a file with a list of devices/],
  ['[]', /must be a file with a list of devices/],
  ['- { devices: hivemq, precent: 100 }', /precent' \(100\) must be one of the fields .* → did you mean 'percent'\?$/],
  ['- { devices: hivemq, percent: 100, mqtt: 4 }', /mqtt' \(4\) must be 3\.1\.1 or 5/],
  ['- { devices: hivemq, percent: 100, will: -1 }', /will' \(-1\) must be a whole number of seconds from 0 to/],
  ['- { devices: hivemq, percent: 100, persistent: "no" }', /persistent' \("no"\) must be true or false/],
  ['- { percent: 100 }', /must be the name of an MQTT library/],
])('a file with %s is refused', (text, message) => {
  expect(problems(file(text))[0]).toMatch(message);
});
