import { asSampled, simulatePlan } from '../../src/cli/plan-simulation';
import { runProgram } from '../../src/cli/program';
import { withVersion } from '../../src/resource';
import type { DeviceShare } from '../../src/simulator/clients/device-fleet';
import { contextOf } from '../../src/simulator/scenario';
import { type DeviceSample, planUpgrade } from '../../src/upgrade';
import { TestShell } from './_shell';
import { SimulatedCluster } from './_simulated';

let cluster: SimulatedCluster;
beforeEach(async () => {
  cluster = await SimulatedCluster.atRest(300);
});
afterEach(() => cluster.world.stop());

/** The time of the cluster goes on while another one is simulated, and fast where its operator is held. */
const run = (words: string) => cluster.world.clock.run(() => cluster.started(words), Number.MAX_SAFE_INTEGER);

describe('check and plan look at the devices', () => {
  test.each(['check', 'plan --set-version 4.4.15'])('%s', async (words) => {
    const { out } = await run(words);
    expect(out).toMatch(/\n {2}sample {9}all 300 connected devices\n/);
    expect(out).toMatch(/\n {2}wills {10}unknown/);
    const { devices } = JSON.parse((await run(`${words} -o json`)).out);
    expect(devices).toMatchObject({ connections: 300, sampled: 300, isEstimate: false, unlisted: [] });
  });

  test.each(['check', 'plan --set-version 4.4.15'])('%s --no-fleet does not', async (words) => {
    const { out } = await run(`${words} --no-fleet`);
    expect(out).not.toContain('Devices');
    expect(JSON.parse((await run(`${words} --no-fleet -o json`)).out)).not.toHaveProperty('devices');
  });
});

describe('an upgrade compares the devices before and after', () => {
  test.each([
    [
      '',
      [
        ['connections', 'passed'],
        ['subscriptions', 'passed'],
        ['mqtt31', 'passed'],
      ],
    ],
    [
      ' --no-fleet',
      [
        ['connections', 'passed'],
        ['subscriptions', 'passed'],
      ],
    ],
  ] as const)('upgrade%s', async (option, expected) => {
    const { code } = await run(`upgrade --set-version 4.4.15 --yes${option}`);
    expect(code).toBe(0);
    const { gates } = JSON.parse((await run('report -o json')).out);
    expect(gates.map(({ id, verdict }: Record<string, unknown>) => [id, verdict])).toEqual(expected);
  });
});

describe('plan --simulate', () => {
  const simulatedPlan = async (more = '') =>
    JSON.parse((await run(`plan --set-version 4.4.15 --simulate${more} -o json`)).out).simulation;

  test('plays the planned upgrade with as many devices, and what they asked for', async () => {
    expect(await simulatedPlan()).toMatchObject({
      scale: 1,
      isSampled: true,
      report: {
        outcome: 'completed',
        capPerSecond: 100,
        clients: 300,
        sessionsMoved: 30,
        disconnectsPerClient: { max: 1 },
      },
    });
    expect(cluster.traces).toEqual([]);
  });

  test('shows it below the plan, and what of it is assumed', async () => {
    const { code, out } = await run('plan --set-version 4.4.15 --simulate --devices paho-python=100%');
    expect(code).toBe(0);
    const [, below = ''] = out.split('\nSimulation\n');
    expect(below.replace(/\s+/g, ' ')).toContain('MQTT 5 and sessions are as in the sample. pilot outcome completed');
  });

  test('divides libraries by what the sample says, where they can do it', () => {
    const figure = (estimate: number) => ({ sampled: estimate, estimate });
    const sample = { connections: 1_000, mqtt5: figure(610), sessionless: figure(380) } as DeviceSample;
    const parts = asSampled(
      [
        { devices: 'hivemq', percent: 60 },
        { devices: 'paho-go', percent: 40 },
      ],
      sample,
    );
    const sum = (of: (part: DeviceShare) => boolean) =>
      Math.round(parts.filter(of).reduce((total, { percent }) => total + percent, 0));
    expect(sum(() => true)).toBe(100);
    expect(sum(({ protocolVersion }) => protocolVersion === 5)).toBe(61);
    expect(sum(({ persistent = false }) => !persistent)).toBe(38);
    expect(sum(({ devices, protocolVersion }) => devices === 'paho-go' && protocolVersion === 5)).toBe(0);
  });

  test.each<[string, number, number, Record<string, number>]>([
    ['which it then has', 500, 50, { 'mqtt.js@5.15': 60, 'paho-go': 40 }],
    ['as far as the sample allows it', 800, 80, { 'mqtt.js@5.15': 80, 'paho-go': 20 }],
    ['of none', 0, 0, { 'mqtt.js@5.15': 60, 'paho-go': 40 }],
  ])('plays with the percentages of libraries, and the protocols of the sample: %s', (_, estimate, mqtt5, expected) => {
    const sample = { connections: 1_000, mqtt5: { sampled: estimate, estimate } } as DeviceSample;
    const parts = asSampled(
      [
        { devices: 'mqtt.js@5.15', percent: 60 },
        { devices: 'paho-go', percent: 40 },
      ],
      sample,
    );
    const sum = (of: (part: DeviceShare) => boolean) =>
      Math.round(parts.filter(of).reduce((total, { percent }) => total + percent, 0));
    const of = (name: string) => sum(({ devices }) => devices === name);
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, of(name)]))).toEqual(expected);
    expect(sum(({ protocolVersion }) => protocolVersion === 5)).toBe(mqtt5);
  });

  test('without a sample says so', async () => {
    expect(await simulatedPlan(' --no-fleet')).toMatchObject({ isSampled: false, report: { clients: 300 } });
  });

  test('that would stop says why, and the plan remains', async () => {
    const { code, out } = await run(
      'plan --set-version 4.4.15 --simulate --devices mosquitto-mqtt5=50%,mosquitto=50% --offline-budget 20',
    );
    expect(code).toBe(0);
    expect(out.replace(/\s+/g, ' ')).toMatch(
      /Simulation none: in the simulation it stopped: .*more than 20 are offline/,
    );
  });

  test.each<[string, object, string, RegExp]>([
    ['a version waits', { image: { version: '4.4.15' } }, '4.4.15', / Simulation this upgrade .* outcome completed /],
    [
      'another template waits',
      { env: [{ name: 'A', value: 'b' }] },
      '4.4.14',
      / none: the new nodes .* same version as/,
    ],
  ])('where %s on a held cluster', async (_, emqxContainer, version, expected) => {
    const { clock, api } = cluster.world;
    const ref = { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', namespace: 'default', name: 'emqx-ee' };
    const patch = (spec: object) => api.patch(ref, { type: 'merge', body: { spec } });
    await clock.run(async () => {
      await patch({ blueGreenUpdate: { initialDelaySeconds: 2_000_000_000 } });
      await patch({ template: { spec: { emqxContainer } } });
      await clock.sleep(60_000);
    });
    const { code, out } = await run(`plan --set-version ${version} --simulate`);
    expect([code, out.replace(/\s+/g, ' ')]).toEqual([0, expect.stringMatching(expected)]);
  });

  test('plays a downgrade that is accepted', async () => {
    await run('upgrade --set-version 4.4.15 --yes');
    const { code, out } = await run('plan --set-version 4.4.14 --accept-downgrade --simulate');
    expect([code, out]).toEqual([0, expect.stringMatching(/\noutcome {17}completed\n/)]);
  });

  test('of an upgrade that has begun is none', async () => {
    const shell = new TestShell('upgrade --set-version 4.4.15 --yes'.split(' '), {
      link: cluster.link,
      written: (text, of) => {
        if (text.includes('phase green')) of.interrupt();
      },
    });
    expect(await cluster.world.clock.run(() => runProgram(shell))).toBe(4);
    expect(await simulatedPlan()).toEqual({ notSimulated: 'an upgrade is open, and has begun already' });
  });

  test('of an upgrade that cannot begin is none', async () => {
    expect(await simulatedPlan(' --driver operator')).toEqual({ notSimulated: 'something prevents the upgrade' });
  });

  test('is required by --devices', async () => {
    const { code, err } = await run('plan --set-version 4.4.15 --devices hivemq=100%');
    expect(code).toBe(2);
    expect(err).toMatch(/^'--devices' \("hivemq=100%"\) must be left out without --simulate/);
  });

  test('of a large fleet stands for more devices, at rates that are as much lower', async () => {
    const simulation = await cluster.world.clock.run(async () => {
      const context = contextOf(cluster.world, 'default', 'emqx-ee', () => undefined);
      const request = { desired: withVersion(cluster.resource, '4.4.15') };
      const plan = await planUpgrade(context, request);
      const planned = { live: cluster.resource, request, plan, devices: undefined };
      return simulatePlan(planned, new TestShell([]), false, 66);
    });
    expect(simulation).toMatchObject({ scale: 5, report: { clients: 60, sessionsMoved: 6 } });
  });
});
