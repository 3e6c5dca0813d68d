import { awaitLease, type LeaseWait, PortError } from '../../src/upgrade';
import { FakeWorld } from './fake-world';

/** Waits as `p1` for a lease that was renewed so long ago; at so many ms something happens to it. */
async function waited(ago: number, at = Number.POSITIVE_INFINITY, happens: (world: FakeWorld) => void = () => {}) {
  const world = new FakeWorld();
  const began = world.clock.now();
  world.lease = { holder: 'ann@laptop 7-abc', renewedAt: began - ago, acquiredAt: began - 60_000 };
  const waits: LeaseWait[] = [];
  await world.clock.run(async () => {
    void world.clock.sleep(Math.min(at, 3_600_000)).then(() => happens(world));
    await awaitLease(world.process('p1'), (wait) => waits.push(wait));
  });
  return { waits, ms: world.clock.now() - began };
}

describe('a lease whose holder may be gone', () => {
  test('is waited for until it runs out, with a countdown', async () => {
    const { waits, ms } = await waited(26_500);
    expect(ms).toBe(3_500);
    expect(waits).toEqual([3_500, 2_500, 1_500, 500].map((leftMs) => ({ holder: 'ann@laptop 7-abc', leftMs })));
  });

  test('that has run out is not waited for', async () => {
    expect(await waited(30_000)).toEqual({ waits: [], ms: 0 });
  });

  test('is not waited for any longer when it is renewed: its holder lives', async () => {
    const { ms } = await waited(5_000, 4_500, (world) => {
      world.lease!.renewedAt = world.clock.now();
    });
    expect(ms).toBe(5_000);
  });

  test('is free as soon as it is given back', async () => {
    const { ms } = await waited(5_000, 2_500, (world) => {
      world.lease = undefined;
    });
    expect(ms).toBe(3_000);
  });

  test('that cannot be read is left to the look that comes next', async () => {
    const world = new FakeWorld();
    world.fault = () => {
      throw new PortError('refused', 'leases is forbidden');
    };
    await world.clock.run(() => awaitLease(world.process('p1'), () => undefined));
    expect(world.calls).toHaveLength(1);
  });
});
