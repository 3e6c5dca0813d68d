import { SimulatedCluster } from './_simulated';

let cluster: SimulatedCluster;
beforeEach(async () => {
  cluster = await SimulatedCluster.atRest(300);
});
afterEach(() => cluster.world.stop());

const run = (words: string) => cluster.world.clock.run(() => cluster.started(words));

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
