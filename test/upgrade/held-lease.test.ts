import { SimulatedClock } from '../../src/simulator/clock';
import { type ClusterPort, type LeaseView, PortError } from '../../src/upgrade';
import { HeldLease } from '../../src/upgrade/held-lease';

const REFUSED = new PortError('conflict', 'the object has been modified');

/** A lease held by `me`, and a server that refuses the next renewals. */
function held() {
  const clock = new SimulatedClock();
  const server = { renewals: 0, refusals: 0, holder: 'me', live: true };
  const cluster = {
    holdLease: async () => {
      server.renewals++;
      await clock.sleep(50);
      if (server.refusals > 0) {
        server.refusals--;
        throw REFUSED;
      }
    },
    readLease: async (): Promise<LeaseView> => ({
      holder: server.holder,
      live: server.live,
      acquiredAt: 0,
      expiresAt: clock.now() + 30_000,
      leftMs: 30_000,
    }),
  };
  const lease = new HeldLease(clock, cluster as unknown as ClusterPort, 'me');
  /** Ten seconds after it was taken. */
  const due = async () => {
    await lease.renewIfDue();
    await clock.sleep(10_000);
    server.renewals = 0;
  };
  return { clock, server, lease, due };
}

describe('a lease that is held', () => {
  test('is renewed by one request for all who need it in the same moment', async () => {
    const { clock, server, lease, due } = held();
    await clock.run(async () => {
      await due();
      const asked = clock.now();
      await Promise.all([lease.renewBeforeWrite(), lease.renewBeforeWrite(), lease.renewIfDue()]);
      expect(clock.now() - asked).toBe(50);
      expect(server.renewals).toBe(1);
      await lease.renewIfDue();
      expect(server.renewals).toBe(1);
    });
  });

  test.each([
    ['its own write', 'me', true],
    ['a holder whose time is over', 'somebody', false],
  ])('is not lost by a renewal that met %s', async (_, holder, live) => {
    const { clock, server, lease, due } = held();
    await clock.run(async () => {
      await due();
      Object.assign(server, { holder, live, refusals: 2 });
      await lease.renewBeforeWrite();
      expect(server.renewals).toBe(3);
      expect(lease.isOurs).toBe(true);
    });
  });

  test('is lost to somebody who holds it, and says to whom', async () => {
    const { clock, server, lease, due } = held();
    await clock.run(async () => {
      await due();
      Object.assign(server, { holder: 'ann@laptop 7-abc', refusals: 1 });
      await expect(lease.renewIfDue()).rejects.toMatchObject({
        code: 'LEASE_LOST',
        message: expect.stringMatching(/^ann@laptop 7-abc holds the lease; .* the same command resumes it/),
      });
      expect(server.renewals).toBe(1);
    });
  });

  test('is left to the next look when renewals go on being refused', async () => {
    const { clock, server, lease, due } = held();
    await clock.run(async () => {
      await due();
      server.refusals = 9;
      await expect(lease.renewIfDue()).rejects.toBe(REFUSED);
      expect(server.renewals).toBe(3);
    });
  });
});
