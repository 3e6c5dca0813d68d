import { InMemoryKubeApi } from '../../src/simulator/kubernetes/in-memory-api';
import { Playground } from './_runners';

test('clusters at rest cost nothing but the lease, and a change is noticed within seconds', () =>
  Playground.play(async (at) => {
    for (const name of ['a', 'b', 'c']) await at.addCluster(name, { clients: 0 });
    const { clock, kubernetes } = at.world;
    const calls: string[] = [];
    const api = new InMemoryKubeApi(clock, kubernetes.store, {
      intercept: ({ verb, kind }, perform) => {
        calls.push(`${verb} ${kind}`);
        return perform();
      },
    });
    const runner = at.start('runner-1', { api });
    await clock.sleep(120_000);
    calls.length = 0;
    await clock.sleep(600_000);
    expect([...new Set(calls)].sort()).toEqual(['list Lease', 'patch Lease']);
    expect(calls.length).toBeLessThanOrEqual(2 * 61);
    const bumpedAt = clock.now();
    await at.bump('b', '4.4.15');
    await at.until(() => runner.told.some((one) => one.kind === 'cluster' && one.state === 'waiting'));
    expect(clock.now() - bumpedAt).toBeLessThan(10_000);
  }));
