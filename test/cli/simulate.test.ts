import type { RunReport } from '../../src/simulator/run-report';
import type { UpgradePlan } from '../../src/upgrade';
import { run } from './_shell';

const simulated = (words: string) => run(`simulate --clients 120 ${words}`.split(' '));

async function asJson(words: string) {
  const { code, out } = await simulated(`${words} -o json`);
  expect(code).toBe(0);
  return JSON.parse(out) as { plan: UpgradePlan; report: RunReport; native?: RunReport };
}

describe('a simulated upgrade', () => {
  test('says that it is a model, and shows plan, chart and report beside the operator’s own', async () => {
    const { code, out, err } = await simulated('--rate 60');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const blocks = out.trimEnd().split('\n\n');
    expect(blocks[0]).toMatch(/^This is a model in virtual time: no cluster was touched\./);
    expect(blocks[1]).toBe('default/emqx-ee: 4.4.14 → 4.4.15, driven by the pilot, the operator held');
    expect(blocks).toContainEqual(expect.stringMatching(/^connections: blue 0, green 120\n/));
    expect(blocks.at(-2)).toMatch(/pilot +operator alone\noutcome +completed +completed\n/);
    expect(blocks.at(-1)).toMatch(/^\d+ min \d\d s were simulated in /);
  });

  test('disconnects each client once, and the stock operator loses every session', async () => {
    const { plan, report, native } = await asJson('--rate 60');
    expect(plan).toMatchObject({ capPerSecond: 60, connections: 120, offlineSessions: 12 });
    expect(report).toMatchObject({ driver: 'pilot', disconnectsPerClient: { mean: 1, max: 1 }, sessionsLost: 0 });
    expect(native).toMatchObject({ driver: 'operator', sessionsKept: 0, sessionsLost: 12 });
  });

  test('of an operator without its defect loses none', async () => {
    const { native } = await asJson('--operator as-designed');
    expect(native).toMatchObject({ sessionsLost: 0 });
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

  test('that cannot begin says why', async () => {
    const { code, err } = await simulated('--set-version 4.4.14');
    expect(code).toBe(3);
    expect(err).toContain('✗ template: ');
  });
});
