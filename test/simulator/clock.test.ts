import { SimulatedClock } from '../../src/simulator/clock';

describe('virtual time', () => {
  test('runs callbacks in the order of their time, then of their scheduling, and cancelled ones never', async () => {
    const clock = new SimulatedClock(0);
    const seen: [string, number][] = [];
    const note = (name: string) => () => seen.push([name, clock.now()]);
    clock.schedule(20, note('late'));
    clock.schedule(10, note('first at ten'));
    clock.schedule(10, note('second at ten'));
    clock.schedule(5, note('cancelled')).cancel();
    await clock.advance(15);
    expect(seen).toEqual([
      ['first at ten', 10],
      ['second at ten', 10],
    ]);
    expect(clock.now()).toBe(15);
    await clock.advance(5);
    expect(seen.at(-1)).toEqual(['late', 20]);
  });

  test('lets everything that a wake causes happen before time moves on', async () => {
    const clock = new SimulatedClock(0);
    const times: number[] = [];
    clock.schedule(10, () => times.push(clock.now()));
    await clock.run(async () => {
      await clock.sleep(10);
      for (let i = 0; i < 50; i++) await Promise.resolve();
      times.push(clock.now());
      await clock.sleep(1);
    });
    expect(times).toEqual([10, 10]);
  });

  test('an aborted sleep rejects with the reason and leaves nothing behind', async () => {
    const clock = new SimulatedClock(0);
    const controller = new AbortController();
    await clock.run(async () => {
      const sleeping = clock.sleep(1_000, controller.signal);
      await clock.sleep(10);
      controller.abort(new Error('enough'));
      await expect(sleeping).rejects.toThrow('enough');
    });
    expect(clock.now()).toBe(10);
    await expect(clock.run(() => clock.sleep(1, AbortSignal.abort(new Error('before'))))).rejects.toThrow('before');
  });

  test('code that waits for nothing is told so, and code that waits for ever, too', async () => {
    const clock = new SimulatedClock(0);
    await expect(clock.run(() => new Promise(() => undefined))).rejects.toThrow('nothing is scheduled');
    const forEver = async () => {
      for (;;) await clock.sleep(1_000);
    };
    await expect(clock.run(forEver, 60_000)).rejects.toThrow('code still waits after 60 s');
    expect(clock.now()).toBe(60_000);
  });
});

test('following the wall clock, callbacks come in their order, and never early', async () => {
  const clock = new SimulatedClock(0);
  const unfollow = clock.follow();
  const seen: number[] = [];
  await new Promise<void>((resolve) => {
    clock.schedule(30, () => {
      seen.push(clock.now());
      resolve();
    });
    clock.schedule(10, () => seen.push(clock.now()));
  });
  unfollow();
  expect(seen[0]).toBeGreaterThanOrEqual(10);
  expect(seen[1]).toBeGreaterThanOrEqual(30);
  await expect(clock.run(async () => clock.now())).resolves.toBeGreaterThanOrEqual(30);
});

test('following the wall clock, what was called off does not bring forward what comes next', async () => {
  const clock = new SimulatedClock(0);
  const unfollow = clock.follow();
  const early = jest.fn();
  clock.schedule(3_600_000, early);
  clock.schedule(20, () => undefined).cancel();
  await new Promise<void>((resolve) => {
    setTimeout(resolve, 40);
  });
  unfollow();
  expect(early).not.toHaveBeenCalled();
  expect(clock.now()).toBeLessThan(3_600_000);
});

test('moved by somebody else, each callback runs at its time, and those to come stay', async () => {
  const clock = new SimulatedClock(0);
  const seen: number[] = [];
  const note = () => seen.push(clock.now());
  clock.schedule(30, note);
  clock.schedule(10, () => {
    note();
    clock.schedule(5, note);
  });
  clock.schedule(12, note).cancel();
  const slept = clock.sleep(20).then(note);
  clock.pass(25);
  expect(seen).toEqual([10, 15]);
  await slept;
  expect([...seen, clock.now()]).toEqual([10, 15, 25, 25]);
  clock.pass(5);
  expect(seen.at(-1)).toBe(30);
  const unfollow = clock.follow();
  expect(() => clock.pass(1)).toThrow('follows the wall clock');
  unfollow();
});
