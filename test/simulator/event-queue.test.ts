import fc from 'fast-check';
import { type Entry, EventQueue } from '../../src/simulator/event-queue';

/** Takes everything out, in its order. */
function drained(queue: EventQueue): number[] {
  const times: number[] = [];
  for (let moment = queue.first(); moment; moment = queue.first()) {
    times.push(moment.at);
    (moment.current as Entry).cancel();
  }
  return times;
}

test('whatever is scheduled and cancelled meanwhile, what is left comes in the order of time', () => {
  const step = fc.record({ at: fc.integer({ min: 0, max: 100_000 }), cancels: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { minLength: 3_000, maxLength: 6_000, size: 'max' }), (steps) => {
      const queue = new EventQueue(0);
      const left: number[] = [];
      for (const { at, cancels } of steps) {
        const entry = queue.moment(at).addEntry(() => undefined, false);
        if (cancels) entry.cancel();
        else left.push(at);
      }
      expect(drained(queue)).toEqual(left.sort((a, b) => a - b));
      expect(queue.isEmpty).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test('what is cancelled long before its time is not kept until then', () => {
  const queue = new EventQueue(0);
  queue.moment(1).addEntry(() => undefined, false);
  for (let at = 1_000_000; at < 1_100_000; at++)
    queue
      .moment(at)
      .addEntry(() => undefined, false)
      .cancel();
  expect(queue.size).toBeLessThan(2_000);
  expect(drained(queue)).toEqual([1]);
});
