import { SimulatedClock } from '../../../src/simulator/clock';
import { WorkQueue } from '../../../src/simulator/operator/work-queue';

/** Runs a scenario and returns when which key was worked on, in ms. */
async function workedOn(scenario: (queue: WorkQueue, clock: SimulatedClock) => Promise<void>, workMs = 0) {
  const clock = new SimulatedClock(0);
  const end = new AbortController();
  const log: [number, string][] = [];
  await clock.run(async () => {
    const queue = new WorkQueue(clock, end.signal);
    const worker = (async () => {
      for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
        log.push([clock.now(), key]);
        if (workMs > 0) await clock.sleep(workMs);
        queue.done(key);
      }
    })();
    await scenario(queue, clock);
    end.abort(new Error('end'));
    await worker;
  });
  return log;
}

describe('the work queue', () => {
  it('lets the sooner of two delays win', async () => {
    const log = await workedOn(async (queue, clock) => {
      queue.addAfter('a', 20_000);
      queue.addAfter('a', 5_000);
      queue.addAfter('a', 10_000);
      await clock.sleep(60_000);
    });
    expect(log).toEqual([[5_000, 'a']]);
  });

  it('does not call off a delay because of an immediate add', async () => {
    const log = await workedOn(async (queue, clock) => {
      queue.addAfter('a', 20_000);
      await clock.sleep(1_000);
      queue.add('a');
      await clock.sleep(60_000);
    });
    expect(log).toEqual([
      [1_000, 'a'],
      [20_000, 'a'],
    ]);
  });

  it('works once more on a key that was added while it was worked on, and once only', async () => {
    const log = await workedOn(async (queue, clock) => {
      queue.add('a');
      queue.add('a');
      await clock.sleep(10);
      queue.add('a');
      queue.add('a');
      queue.add('b');
      await clock.sleep(1_000);
    }, 100);
    expect(log).toEqual([
      [0, 'a'],
      [100, 'b'],
      [200, 'a'],
    ]);
  });

  it('backs off from 5 ms to 1000 s, and starts over when the failures are forgotten', async () => {
    const delays: number[] = [];
    await workedOn(async (queue, clock) => {
      for (let failure = 0; failure < 20; failure++) {
        const before = clock.now();
        queue.addRateLimited('a');
        await clock.sleep(1_000_001);
        delays.push(before);
      }
    }).then((log) => {
      for (const [index, [at]] of log.entries()) delays[index] = at - delays[index]!;
    });
    expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(delays.slice(-2)).toEqual([1_000_000, 1_000_000]);
    const log = await workedOn(async (queue, clock) => {
      queue.addRateLimited('a');
      await clock.sleep(100);
      queue.forget('a');
      queue.addRateLimited('a');
      await clock.sleep(100);
    });
    expect(log).toEqual([
      [5, 'a'],
      [105, 'a'],
    ]);
  });

  it('can wait for 63 years', async () => {
    const years = 2e12;
    const log = await workedOn(async (queue, clock) => {
      queue.addAfter('a', 3 * 3_600_000 + 7);
      queue.addAfter('b', years);
      await clock.sleep(4 * 3_600_000);
    });
    expect(log).toEqual([[3 * 3_600_000 + 7, 'a']]);
  });
});
