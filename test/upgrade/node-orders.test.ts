import { SimulatedClock } from '../../src/simulator/clock';
import { NodeOrders } from '../../src/upgrade/node-orders';
import type { Action } from '../../src/upgrade/step';

const stop = (pod: string): Action => ({ do: 'stop-evacuation', pod, node: `emqx@${pod}` });
const scale: Action = { do: 'scale-set', set: 'blue', replicas: 0 };

function given() {
  const clock = new SimulatedClock();
  const orders = new NodeOrders(clock);
  const began = clock.now();
  /** Milliseconds until the loop goes on with an action that takes so long. */
  const take = (action: Action, ms: number, error?: Error) =>
    clock.run(async () => {
      const before = clock.now();
      await orders.take(action, async () => {
        await clock.sleep(ms);
        if (error) throw error;
      });
      return clock.now() - before;
    });
  return { clock, orders, take, began };
}

test('an order is waited for, but no longer than half a second', async () => {
  const { take } = given();
  expect(await take(stop('blue-0'), 40)).toBe(40);
  expect(await take(stop('blue-0'), 5_000)).toBe(500);
});

test('until it is answered its node gets no other one, and others do', async () => {
  const { clock, orders, take, began } = given();
  const isWaiting = (pod: string) => orders.isWaiting(stop(pod));
  await take(stop('blue-0'), 5_000);
  expect([isWaiting('blue-0'), isWaiting('blue-1')]).toEqual([true, false]);
  expect(orders.isWaiting({ do: 'force-leave', pod: 'blue-0', node: 'emqx@gone' })).toBe(false);
  await clock.run(() => orders.settled());
  expect([isWaiting('blue-0'), clock.now() - began]).toEqual([false, 5_000]);
});

test('what is no order to a node is waited for to its end', async () => {
  const { orders, take } = given();
  expect(await take(scale, 5_000)).toBe(5_000);
  expect(orders.isWaiting(scale)).toBe(false);
});

test('an error ends the loop, also when it comes after the loop went on', async () => {
  const { clock, orders, take } = given();
  await expect(take(stop('blue-0'), 40, new Error('at once'))).rejects.toThrow('at once');
  await take(stop('blue-0'), 5_000, new Error('late'));
  await expect(clock.run(() => orders.settled())).rejects.toThrow('late');
  expect(() => orders.isWaiting(stop('blue-1'))).toThrow('late');
});
