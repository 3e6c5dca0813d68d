import { BlockedError, runUpgrade, type UpgradeReport } from '../../src/upgrade';
import { Crash, FakeWorld } from './fake-world';
import { BLUE, BLUE_REVISION, GREEN, podNames, request } from './fixtures';

const READS = ['observe', 'emqx.observe', 'emqx.count', 'emqx.live', 'emqx.probe', 'emqx.licensedConnections'];

/** Runs the same command again and again, as a new process each time, until the lease of the dead one has run out. */
async function again(world: FakeWorld): Promise<UpgradeReport> {
  for (let attempt = 2; ; attempt++) {
    try {
      return await runUpgrade(world.process(`p${attempt}`), request());
    } catch (error) {
      if (!(error instanceof BlockedError) || error.blockers.some((check) => check.id !== 'lease')) throw error;
      await world.clock.sleep(5_000);
    }
  }
}

/** The first process dies for good at one of its calls, before or after that has an effect. */
async function crashedAt(index: number, moment: 'before' | 'after') {
  const world = new FakeWorld();
  let dead = false;
  world.fault = (call, when) => {
    if (call.process === 'p1' && call.index === index && when === moment) dead = true;
    if (call.process === 'p1' && dead) throw new Crash(`at call ${index}`);
  };
  const report = await world.clock.run(async () => {
    await expect(runUpgrade(world.process('p1'), request())).rejects.toThrow();
    return again(world);
  });
  return { world, report };
}

/** The nodes that were ordered to evacuate, whatever their rates. */
const podsIn = ({ orders }: FakeWorld) => orders.map((order) => order.split('@')[0]).sort();

describe('a process that dies', () => {
  test.each(['before', 'after'] as const)(
    '%s the effect of any of its calls leaves a run that the next process brings to the same end',
    async (moment) => {
      const whole = new FakeWorld();
      await whole.run();
      // Every write, and some of the many reads. Once the last page is written there is nothing left to go on with.
      const lastPage = whole.calls.findLastIndex((call) => call.method === 'writeJournal');
      const fatal = whole.calls.filter(
        ({ method, index }) =>
          (moment === 'before' ? index <= lastPage : index < lastPage) && (!READS.includes(method) || index % 8 === 0),
      );
      expect(fatal.length).toBeGreaterThan(40);
      for (const { index } of fatal) {
        const { world, report } = await crashedAt(index, moment);
        // Nodes that had not begun share what the others leave of the cap by then.
        const seen = { index, violations: world.violations, ordered: podsIn(world) };
        expect(seen).toEqual({ index, violations: [], ordered: podsIn(whole) });
        expect(report).toMatchObject({
          outcome: 'completed',
          from: { version: '4.4.14', set: BLUE },
          to: { version: '4.4.15', set: GREEN },
        });
        expect(world.resource.spec).toEqual(whole.resource.spec);
        expect(world.revision).toBeUndefined();
        expect(new Set(world.journals.map((page) => page.run)).size).toBe(1);
      }
    },
  );

  test('leaves blue serving while nothing was evicted yet', async () => {
    const world = new FakeWorld();
    world.fault = (call, when) => {
      if (when === 'after' && world.journal?.phase === 'green') throw new Crash(call.method);
    };
    await expect(world.run()).rejects.toThrow(Crash);
    expect(world.revision).toBe(BLUE_REVISION);
    expect(world.orders).toEqual([]);
    expect(podNames(BLUE)).toHaveLength(world.blueReplicas);
  });
});
