import { Outbox } from '../../src/runner/outbox';
import { SimulatedClock } from '../../src/simulator/clock';

/** Fills an outbox whose receiver behaves in some way; returns what arrived and what was dropped. */
function delivered(
  items: readonly string[],
  receive: (item: string, attempt: number, signal: AbortSignal, clock: SimulatedClock) => Promise<void>,
  limit?: number,
) {
  const clock = new SimulatedClock();
  const [arrived, dropped, attempts]: [string[], string[], Map<string, number>] = [[], [], new Map()];
  const outbox = new Outbox<string>({
    clock,
    send: async (item, signal) => {
      const attempt = (attempts.get(item) ?? 0) + 1;
      attempts.set(item, attempt);
      await receive(item, attempt, signal, clock);
      arrived.push(item);
    },
    dropped: (reason) => dropped.push(reason),
    ...(limit !== undefined && { limit }),
  });
  return clock.run(async () => {
    const began = clock.now();
    for (const item of items) outbox.put(item);
    const putMs = clock.now() - began;
    await outbox.settled();
    return { arrived, dropped, putMs, ms: clock.now() - began };
  });
}

test('items arrive in their order, and nobody waits for that', async () => {
  const result = await delivered(['a', 'b', 'c'], (_, __, signal, clock) => clock.sleep(1_000, signal));
  expect(result).toEqual({ arrived: ['a', 'b', 'c'], dropped: [], putMs: 0, ms: 3_000 });
});

test('one that fails is sent again, and given up after three attempts', async () => {
  const { arrived, dropped } = await delivered(['a', 'b', 'c'], async (item, attempt) => {
    if (item === 'b' || (item === 'a' && attempt < 3)) throw new Error(`${item} ${attempt} failed`);
  });
  expect([arrived, dropped]).toEqual([['a', 'c'], ['b 3 failed']]);
});

test('one without an answer is given up by its time limit, whether it heeds the signal or not', async () => {
  const { arrived, dropped, ms } = await delivered(['a', 'b', 'c'], (item, _, signal, clock) => {
    if (item === 'c') return Promise.resolve();
    return item === 'a' ? clock.sleep(1e9, signal) : new Promise(() => undefined);
  });
  expect([arrived, dropped]).toEqual([['c'], ['no answer within 10 s', 'no answer within 10 s']]);
  expect(ms).toBeGreaterThanOrEqual(60_000);
  expect(ms).toBeLessThan(70_000);
});

test('what does not fit into the queue is dropped', async () => {
  const items = ['a', 'b', 'c', 'd'];
  const { arrived, dropped } = await delivered(items, (_, __, signal, clock) => clock.sleep(1_000, signal), 2);
  expect(arrived).toEqual(['a', 'b', 'c']); // the first is under way
  expect(dropped).toEqual(['more than 2 are waiting to be sent']);
});
