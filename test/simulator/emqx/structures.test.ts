import * as fc from 'fast-check';
import { SimulatedClock } from '../../../src/simulator/clock';
import { Deadlines } from '../../../src/simulator/emqx/deadlines';
import { ShuffledBag } from '../../../src/simulator/emqx/shuffled-bag';
import { type Subscription, TopicRouter } from '../../../src/simulator/emqx/topic-router';
import { Random } from '../../../src/simulator/random';
import { Table } from '../../../src/simulator/table';

const word = fc.constantFrom('a', 'b', '', '$SYS');
const topic = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(word, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([words, rest]) => [...words, ...(rest ? ['#'] : [])].join('/'));

/** The rules of the MQTT standard, word by word. */
function matches(filterText: string, topicText: string): boolean {
  const [filters, words] = [filterText.split('/'), topicText.split('/')];
  if (words[0]!.startsWith('$') && (filters[0] === '+' || filters[0] === '#')) return false;
  for (let i = 0; i < filters.length; i++) {
    if (filters[i] === '#') return true;
    if (i >= words.length || (filters[i] !== '+' && filters[i] !== words[i])) return false;
  }
  return filters.length === words.length;
}

test('a message goes to exactly those whose filter matches, whoever came and went', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(filter, fc.boolean()), { maxLength: 12 }), topic, (filters, published) => {
      const router = new TopicRouter<number>();
      const subscriptions = filters.map(
        ([text], subscriber): Subscription<number> => ({ filter: text, qos: 0, subscriber }),
      );
      for (const subscription of subscriptions) router.add(subscription);
      const kept = subscriptions.filter((_, index) => filters[index]![1]);
      for (const subscription of subscriptions) if (!kept.includes(subscription)) router.delete(subscription);
      const got: number[] = [];
      router.match(published, ({ subscriber }) => got.push(subscriber));
      const expected = kept.filter((subscription) => matches(subscription.filter, published));
      expect(got.sort()).toEqual(expected.map(({ subscriber }) => subscriber).sort());
      expect(router.filterCount).toBe(new Set(kept.map((subscription) => subscription.filter)).size);
    }),
  );
});

test('a shuffled bag holds what was put in and not taken out, each at one place', () => {
  const commands = fc.array(fc.tuple(fc.boolean(), fc.nat(9)), { maxLength: 60 });
  fc.assert(
    fc.property(commands, fc.integer(), (list, seed) => {
      const bag = new ShuffledBag(new Random(seed), new Table(1, 10), 0);
      const model = new Set<number>();
      for (const [add, id] of list) {
        if (add) bag.add(id);
        else bag.delete(id);
        if (add) model.add(id);
        else model.delete(id);
        expect(bag.size).toBe(model.size);
      }
      const held = Array.from({ length: bag.size }, (_, skip) => bag.peek(skip)!);
      expect(held.sort()).toEqual([...model].sort());
      expect([...bag.rows()].sort()).toEqual([...model].sort());
      expect([...Array(10).keys()].filter((id) => bag.has(id))).toEqual([...model].sort());
    }),
  );
});

test('a shuffled bag gives every item the same chance to be next, the oldest and the newest too', () => {
  const firsts = new Array<number>(5).fill(0);
  const random = new Random(3);
  for (let round = 0; round < 5000; round++) {
    const bag = new ShuffledBag(random, new Table(1, 5), 0);
    for (let id = 0; id < 5; id++) bag.add(id);
    firsts[bag.peek()!]!++;
  }
  for (const count of firsts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('deadlines come when they are due, unless cancelled or started again', async () => {
  // Commands come at whole tens and deadlines at fives, so that there are no ties.
  const waits = fc.constantFrom(5, 105, 255, 1005);
  const commands = fc.array(fc.tuple(fc.nat(4), fc.option(waits), fc.nat(30)), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(commands, async (list) => {
      const clock = new SimulatedClock(0);
      const fired: string[] = [];
      const deadlines = new Deadlines<number>(clock, (item) => fired.push(`${item} at ${clock.now()}`));
      const expected: string[] = [];
      const waiting = new Map<number, { waitMs: number; at: number }>();
      const pass = async (ms: number) => {
        await clock.advance(ms);
        for (const [item, { at }] of [...waiting]) {
          if (at > clock.now()) continue;
          expected.push(`${item} at ${at}`);
          waiting.delete(item);
        }
      };
      for (const [item, waitMs, tens] of list) {
        const known = waiting.get(item);
        if (known) deadlines.cancel(item, known.waitMs);
        waiting.delete(item);
        if (waitMs !== null) {
          deadlines.start(item, waitMs);
          waiting.set(item, { waitMs, at: clock.now() + waitMs });
        }
        await pass(10 * tens);
      }
      await pass(2_000);
      expect(fired.sort()).toEqual(expected.sort());
    }),
    { numRuns: 100 },
  );
});
