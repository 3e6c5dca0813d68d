import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Comparison } from '../../src/simulator/comparison';
import type { RunReport } from '../../src/simulator/run-report';
import type { UpgradePlan } from '../../src/upgrade';
import { run } from './_shell';

const folder = mkdtempSync(path.join(tmpdir(), 'simulate-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The tutorial's manifest with one change, as a file. */
function manifest(before: string | RegExp, after: string): string {
  const text = readFileSync(path.resolve(__dirname, '../../examples/tutorial/emqx-ee.yaml'), 'utf8');
  const file = path.join(folder, `${readdirSync(folder).length}.yaml`);
  writeFileSync(file, before === '$' ? `${text}${after}` : text.replace(before, after));
  return file;
}

const simulated = (words: string) => run(`simulate --clients 120 ${words}`.split(' '));

async function asJson(words: string) {
  const { code, out } = await simulated(`${words} -o json`);
  expect(code).toBe(0);
  return JSON.parse(out) as { plan: UpgradePlan; report: RunReport; native?: Comparison; rolling?: Comparison };
}

describe('a simulated upgrade', () => {
  test('says that it is a model, and shows plan, chart and report beside the operator’s own', async () => {
    const { code, out, err } = await simulated('--rate 60');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const blocks = out.trimEnd().split('\n\n');
    expect(blocks[0]).toMatch(/^This is a model in virtual time: no cluster was touched\..*$/); // and no word more
    expect(blocks[1]).toBe('default/emqx-ee: 4.4.14 → 4.4.15, driven by the pilot, with the operator held');
    expect(blocks).toContainEqual(expect.stringMatching(/^connections: blue 0, green 120\n/));
    expect(blocks.at(-3)).toMatch(/pilot +operator alone\noutcome +completed +completed\n/);
    expect(blocks.at(-2)).toMatch(/^operator alone: 5 of the connected devices receive nothing, /);
    expect(blocks.at(-1)).toMatch(/^\d+ min \d\d s were simulated in /);
  });

  test('disconnects each client once, and the stock operator loses every session', async () => {
    const { plan, report, native } = await asJson('--rate 60');
    expect(plan).toMatchObject({ capPerSecond: 60, connections: 120, offlineSessions: 12 });
    expect(report).toMatchObject({ driver: 'pilot', disconnectsPerClient: { mean: 1, max: 1 }, sessionsLost: 0 });
    expect(native).toMatchObject({ driver: 'operator', sessionsKept: 0, sessionsLost: 12 });
  });

  test('at a rate that listeners of real nodes would not accept says that the model has no such limit', async () => {
    expect((await simulated('--rate 4000')).out).toMatch(/\n\nNodes of the model accept any number of connections /);
    expect((await simulated('--rate 60')).out).not.toContain('Nodes of the model');
  });

  test('of an operator without its defect loses none', async () => {
    const { native } = await asJson('--operator as-designed');
    expect(native).toMatchObject({ sessionsLost: 0 });
  });

  const FRAGILE = 'mqtt.js@5.15=60%,paho-python=10%,mqtt.js@5.16=20%,mosquitto-mqtt5=10%';

  test('keeps fragile devices that the operator’s way loses, except those that no way can keep', async () => {
    const { report, native } = await asJson(`--operator as-designed --rate 60 --devices ${FRAGILE}`);
    const unkeepable = { devices: 'mosquitto-mqtt5', ending: 'disconnect', count: 12 };
    expect(report).toMatchObject({ refusedConnects: 0, sessionsLost: 0, stillOffline: 12, lost: [unkeepable] });
    const refused = { devices: 'mqtt.js@5.16', ending: 'refusal', count: expect.any(Number) as number };
    expect(native).toMatchObject({ lost: expect.arrayContaining([refused, unkeepable]) as unknown });
  });

  test.each([
    ['by all devices whose sessions end with their connections', '--will 30', 120],
    ['by all devices that ask for no delay', '--will 0 --devices FILE', 120],
    ['by none with MQTT 5 and a session that are back before the delay is over', '--will 30 --devices FILE', 60],
  ])('counts wills that are published: %s', async (_, words, published) => {
    const file = path.join(folder, 'sessions.yaml');
    const levels = ['3.1.1', '5'].map(
      (mqtt) => `- { devices: hivemq, percent: 50, mqtt: ${mqtt}, persistent: true }\n`,
    );
    writeFileSync(file, levels.join(''));
    const { report, native } = await asJson(`--rate 60 ${words.replace('FILE', file)}`);
    expect(report.wills).toEqual({ published, unknown: 0 });
    const { wills } = native as RunReport;
    expect(wills!.unknown).toBeGreaterThan(0);
    expect(wills!.published).toBeLessThanOrEqual(published);
  });

  test('says of how many wills it is not known whether they are published', async () => {
    const { out } = await simulated('--rate 60 --will 0 --compare operator,rolling');
    expect(out).toMatch(/\nwills published +120 +\d+, or more +unknown\n/);
    expect(out).toMatch(/\nrolling restart: \d+ times a node ended with the connection of a device that has a will/);
    expect((await simulated('--rate 60')).out).not.toContain('wills');
  });

  test('stops at the offline budget when too many devices do not come back, unless that is lifted', async () => {
    const half = '--rate 60 --devices mosquitto-mqtt5=50%,paho-python=50%';
    const stopped = await simulated(`${half} --offline-budget 20`);
    expect(stopped).toMatchObject({ code: 4, out: expect.stringContaining('at most 20 at once') });
    expect(stopped.err).toMatch(/^the simulated upgrade stopped: .*more than 20 are offline/m);
    expect(stopped.err).toMatch(/→ .*--offline-budget none moves the others all the same\n$/);
    const { report } = await asJson(`${half} --offline-budget none`);
    expect(report).toMatchObject({ outcome: 'completed', stillOffline: 60, disconnectsPerClient: { max: 1 } });
  });

  test('says in words which devices never come back, why, and what to set', async () => {
    const { out } = await simulated(`--operator as-designed --rate 60 --devices ${FRAGILE}`);
    const words = out.replace(/\s+/g, ' ');
    expect(words).toContain(
      'libmosquitto 2.0.11 (Debian 12) with MQTT 5 (pilot 12, operator alone 12): the DISCONNECT of an eviction ends them, so no way of evicting can keep them. → run the program again',
    );
    expect(words).toMatch(
      /MQTT\.js 5\.16 \(operator alone \d+\): one refused CONNECT ended them\. → set reconnectOnConnackError: true/,
    );
  });

  test('of devices in a file is of those', async () => {
    const file = path.join(folder, 'devices.yaml');
    writeFileSync(file, '- { devices: mosquitto-mqtt5, percent: 50 }\n- { devices: hivemq, percent: 50, mqtt: 5 }\n');
    const { report } = await asJson(`--rate 60 --devices ${file}`);
    expect(report.lost).toEqual([{ devices: 'mosquitto-mqtt5', ending: 'disconnect', count: 60 }]);
  });

  test('is compared with a rolling restart where that is asked for', async () => {
    const { out } = await simulated('--rate 60 --compare operator,rolling');
    expect(out).toMatch(/pilot +operator alone +rolling restart\noutcome +completed +completed +completed\n/);
    const { report, native, rolling } = await asJson('--rate 60 --compare rolling --driver operator');
    expect([report.driver, native, rolling?.driver]).toEqual(['operator', undefined, 'rolling']);
  });

  test('is compared with nothing else', async () => {
    expect(await simulated('--compare operator,roling')).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /^'--compare' \("roling"\) must be operator or rolling, .*\n→ did you mean 'rolling'\?\n$/,
      ),
    });
  });

  test('by the operator alone stands alone', async () => {
    const { report, native } = await asJson('--driver operator');
    expect([report.driver, native]).toEqual(['operator', undefined]);
  });

  test('is of the manifest’s cluster, with as many nodes as asked for, at the manifest’s rate', async () => {
    const { plan } = await asJson('-f examples/tutorial/emqx-ee.yaml --replicas 5 --set-version 4.4.16');
    expect(plan).toMatchObject({ from: { replicas: 5 }, to: { version: '4.4.16' }, capPerSecond: 10 });
    expect(plan.nodes).toHaveLength(5);
  });

  test('is the same for the same seed, and another for another', async () => {
    const [one, again, other] = [
      await asJson('--driver operator --seed 5'),
      await asJson('--driver operator --seed 5'),
      await asJson('--driver operator --seed 6'),
    ];
    expect(again).toEqual(one);
    expect(other.plan.nodes).not.toEqual(one.plan.nodes);
  });

  test('of a cluster that names no rate shows none, and says so once', async () => {
    const { code, out, err } = await simulated(`-f ${manifest(/ {2}blueGreenUpdate:\n( {4}.*\n)+/, '')}`);
    expect(code).toBe(3);
    expect(out).toContain('The cluster sets no rate at which devices may be moved.');
    expect(out.match(/✗/g)).toHaveLength(1);
    expect(`${out}${err}`).not.toMatch(/\b0 disconnects|\b0 ms/);
  });

  test('of a version that is not named is to the next patch', async () => {
    const { plan } = await asJson(`-f ${manifest('version: 4.4.14', 'version: 4.4.19')}`);
    expect(plan).toMatchObject({ from: { version: '4.4.19' }, to: { version: '4.4.20' } });
  });

  test('of more nodes than the operator can upgrade is the pilot’s, beside the reason why the operator alone cannot', async () => {
    const { report, native } = await asJson('--replicas 11');
    expect(report).toMatchObject({ outcome: 'completed', disconnectsPerClient: { max: 1 } });
    const reason = expect.stringContaining('the operator driver cannot upgrade 11 replicas') as unknown;
    expect(native).toEqual({ outcome: 'cannot', driver: 'operator', reason });
  });

  test('of a held cluster is compared with an operator that nobody holds', async () => {
    const held = manifest('initialDelaySeconds: 5', 'initialDelaySeconds: 2000000000');
    const { report, native } = await asJson(`-f ${held}`);
    expect(report).toMatchObject({ outcome: 'completed', disconnectsPerClient: { max: 1 } });
    expect(native).toMatchObject({ outcome: 'completed', sessionsKept: 0 });
  });

  test('says on standard error how far it is, each simulated hour', async () => {
    const delayed = manifest('initialDelaySeconds: 5', 'initialDelaySeconds: 3700');
    const { code, err } = await run(`simulate --clients 3 --driver operator -f ${delayed}`.split(' '));
    expect({ code, err }).toEqual({ code: 0, err: 'the upgrade by the operator alone: 1 h 00 min simulated\n' });
  });

  test.each([
    ['initialDelaySeconds: 5', 'initialDelaySeconds: 90000'],
    ['waitTakeover: 5', 'waitTakeover: 90000'],
  ])('of more than a day is refused once its plan is shown (%s → %s)', async (before, after) => {
    const { code, out, err } = await simulated(`-f ${manifest(before, after)}`);
    expect(out).toContain('whole upgrade  about 25 h');
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(/^the upgrade would take 26 hours; at most 24 are simulated\n→ .*\n$/),
    });
  });

  test('of more nodes than one machine holds is refused', async () => {
    const { code, err } = await simulated(`-f ${manifest('spec:', 'spec:\n  replicas: 2147483647')}`);
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringContaining("'spec.replicas' (2147483647) must be at most 100"),
    });
  });

  test('of a manifest that the API server would refuse says so, and what it says', async () => {
    const clash = (name: string) => `
---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { type: NodePort, ports: [{ port: 1, nodePort: 30001 }] }
`;
    const { code, err } = await simulated(`-f ${manifest('$', `${clash('a')}${clash('b')}`)}`);
    expect(code).toBe(2);
    expect(err).toMatch(
      /^the simulated API server rejects the manifest: Service "b" is invalid: .*already allocated\n→ /,
    );
  });

  test('of a cluster that the operator cannot make says what keeps it', async () => {
    const template =
      'serviceTemplate: { spec: { type: NodePort, ports: [{ name: mqtt, port: 1883, nodePort: 30001 }] } }';
    const other =
      '\n---\n{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: NodePort, ports: [{port: 1, nodePort: 30001}]}}\n';
    const { code, err } = await simulated(`-f ${manifest(/spec:([\s\S]*)$/, `spec:\n  ${template}$1${other}`)}`);
    expect(code).toBe(2);
    expect(err).toMatch(
      /^the simulation waited 15 minutes for .*, without success: .*provided port is already allocated\n→ /,
    );
  });

  test('that cannot begin says why', async () => {
    const { code, err } = await simulated('--set-version 4.4.14');
    expect(code).toBe(3);
    expect(err).toContain('✗ template: ');
  });
});
