import { getEventListeners, getMaxListeners } from 'node:events';
import type { KubeObject } from '../../src/kubernetes';
import { mixedFleet } from '../../src/simulator/clients/client-group';
import { play, type Scenario } from '../../src/simulator/scenario';
import { type Phase, type ProgressEvent, runUpgrade, UpgradeError } from '../../src/upgrade';
import { atRest, CAP, cluster, SEED, SERVICE } from './_cluster-at-rest';

function scenario(change: Partial<Scenario> = {}): Scenario {
  const driver = change.driver ?? 'pilot';
  return {
    seed: SEED,
    cluster: cluster('4.4.14'),
    objects: [SERVICE],
    desired: cluster('4.4.15'),
    driver,
    fleet: mixedFleet(1_000, 100),
    // The operator's way in is its own Service, with the pods of both sets behind it.
    service: driver === 'pilot' ? 'emqx-ee-mqtt' : 'emqx-ee',
    ...change,
  };
}

describe(`an upgrade in virtual time (seed ${SEED})`, () => {
  test('the pilot disconnects each client once, keeps every session and every queued message, and keeps to the cap', async () => {
    const { clients, upgrade, plan, sessionsMoved } = await play(scenario());
    expect(clients.disconnectsPerClient).toEqual({ mean: 1, max: 1, histogram: [0, 1_000] });
    expect(clients).toMatchObject({
      refusedConnects: 0,
      sessionsKept: 100,
      sessionsLost: 0,
      messagesQueued: 100,
      messagesDelivered: 100,
      stillOffline: 0,
    });
    expect(sessionsMoved).toBe(100);
    expect(clients.peakDisconnectsPerSecond).toBeLessThanOrEqual(CAP);
    expect(clients.slidingDisconnects.in1s).toBeLessThanOrEqual(1.05 * CAP);
    expect(upgrade.evacuateMs).toBeLessThanOrEqual(1.25 * upgrade.lowerBoundMs);
    expect(upgrade.lowerBoundMs).toBe(16_000); // 1,000 / 100 + 5 + 100 / 100
    expect(plan).toMatchObject({ connections: 1_000, offlineSessions: 100, lowerBoundMs: 16_000 });
    expect(upgrade).toMatchObject({ outcome: 'completed', from: { version: '4.4.14' }, to: { version: '4.4.15' } });
  });

  test('the stock operator alone loses every persistent session and drops devices in bursts', async () => {
    const { clients } = await play(scenario({ driver: 'operator' }));
    expect(clients).toMatchObject({ sessionsKept: 0, sessionsLost: 100, messagesDelivered: 0 });
    expect(clients.peakDisconnectsPerSecond).toBeGreaterThan(3 * CAP);
    expect(clients.disconnectsPerClient.mean).toBeGreaterThan(1);
    expect(clients.refusedConnects).toBeGreaterThan(0);
  });

  test('as designed the operator keeps the sessions, and still disconnects some clients twice', async () => {
    const { clients } = await play(scenario({ driver: 'operator', operator: 'as-designed' }));
    expect(clients).toMatchObject({ sessionsKept: 100, sessionsLost: 0 });
    expect(clients.disconnectsPerClient.max).toBeGreaterThan(1);
    expect(clients.peakDisconnectsPerSecond).toBeLessThanOrEqual(CAP);
  });

  test('the operator driver is refused unless its loss is accepted', async () => {
    const { world, context } = await atRest();
    await expect(
      world.clock.run(() => runUpgrade(context, { desired: cluster('4.4.15'), driver: 'operator' })),
    ).rejects.toThrow(/driver: left alone, the operator removes nodes before they are evacuated/);
    world.stop();
  });

  test('a plain signal of the caller is enough for many nodes', async () => {
    const many = (version: string) => cluster(version, ({ spec }) => Object.assign(spec, { replicas: 12 }));
    const { world, context } = await atRest({ resource: many('4.4.14') });
    const { signal } = new AbortController();
    let most = 0;
    const added = signal.addEventListener.bind(signal);
    signal.addEventListener = (...listener: Parameters<typeof added>) => {
      added(...listener);
      most = Math.max(most, getEventListeners(signal, 'abort').length);
    };
    await world.clock.run(() => runUpgrade(context, { desired: many('4.4.15') }, signal));
    world.stop();
    expect(most).toBeLessThanOrEqual(getMaxListeners(signal));
  });

  test('equal seeds give equal runs, event by event', async () => {
    const trace = async () => {
      const events: string[] = [];
      await play(scenario({ fleet: mixedFleet(200, 20), progress: (event) => events.push(JSON.stringify(event)) }));
      return events;
    };
    const [first, second] = [await trace(), await trace()];
    expect(first.length).toBeGreaterThan(50);
    expect(second).toEqual(first);
  });

  test('twelve nodes share a cap of five in waves, and nobody is disconnected twice', async () => {
    const many = (version: string) =>
      cluster(version, (resource) => {
        resource.spec.replicas = 12;
      });
    const { clients, upgrade } = await play(
      scenario({ cluster: many('4.4.14'), desired: many('4.4.15'), stormCap: 5, fleet: mixedFleet(240, 24) }),
    );
    expect(new Set(upgrade.shares.map((share) => share.wave))).toEqual(new Set([0, 1, 2]));
    expect(clients.disconnectsPerClient.histogram).toEqual([0, 240]);
    expect(clients.peakDisconnectsPerSecond).toBeLessThanOrEqual(5);
    expect(clients.sessionsLost).toBe(0);
  });

  test('a cluster that is held at rest, and whose template somebody else changed, is picked up where it stands', async () => {
    const held = (version: string) =>
      cluster(version, (resource) => {
        resource.spec.blueGreenUpdate!.initialDelaySeconds = 2_000_000_000;
      });
    const { world, context, ledger } = await atRest({ resource: held('4.4.14') });
    const report = await world.clock.run(async () => {
      await world.apply([held('4.4.15') as KubeObject]);
      await world.clock.sleep(120_000); // green is built, and waits
      return runUpgrade(context, { desired: held('4.4.15') });
    });
    expect(report.outcome).toBe('completed');
    expect(ledger.report()).toMatchObject({ refusedConnects: 0, sessionsLost: 0 });
    expect(ledger.report().disconnectsPerClient.max).toBeLessThanOrEqual(1);
    world.stop();
  });
});

describe('an engine that dies', () => {
  const phases: Phase[] = ['pin', 'apply', 'green', 'switch', 'evacuate', 'retire', 'release'];

  test.each(phases)(
    'at the beginning of "%s": the same command goes on, and nobody is disconnected twice',
    async (phase) => {
      const { world, context, ledger, report } = await atRest();
      const upgraded = await world.clock.run(async () => {
        const death = new AbortController();
        const dying = {
          ...context,
          holder: 'first',
          progress: {
            report(event: ProgressEvent) {
              if (event.kind === 'phase' && event.phase === phase) death.abort(new Error('killed'));
            },
          },
        };
        await expect(runUpgrade(dying, { desired: cluster('4.4.15') }, death.signal)).rejects.toMatchObject({
          code: 'DETACHED',
        });
        await world.clock.sleep(60_000);
        return runUpgrade({ ...context, holder: 'second' }, { desired: cluster('4.4.15') });
      });
      expect(upgraded).toMatchObject({ outcome: 'completed', to: { version: '4.4.15' } });
      const seen = await report();
      expect(seen.disconnectsPerClient.histogram).toEqual([0, 300]);
      expect(seen).toMatchObject({ sessionsKept: 30, sessionsLost: 0, refusedConnects: 0 });
      expect(seen.peakDisconnectsPerSecond).toBeLessThanOrEqual(CAP);
      expect(ledger.connectedNow).toBe(330);
      world.stop();
    },
  );

  test('a second engine is told who has the lease, and writes nothing', async () => {
    const { world, context } = await atRest();
    await world.clock.run(async () => {
      const first = runUpgrade({ ...context, holder: 'first' }, { desired: cluster('4.4.15') });
      await world.clock.sleep(5_000);
      const second = runUpgrade({ ...context, holder: 'second' }, { desired: cluster('4.4.15') });
      await expect(second).rejects.toThrow(/lease: first has been upgrading this cluster since 2026-/);
      await first;
    });
    world.stop();
  });

  test('another target is refused while a run is open', async () => {
    const { world, context } = await atRest();
    await world.clock.run(async () => {
      const death = new AbortController();
      const first = runUpgrade(context, { desired: cluster('4.4.15') }, death.signal);
      const left = expect(first).rejects.toBeInstanceOf(UpgradeError);
      await world.clock.sleep(10_000);
      death.abort(new Error('killed'));
      await left;
      await expect(runUpgrade(context, { desired: cluster('4.4.16') })).rejects.toThrow(
        /open-run: an upgrade from 4\.4\.14 to 4\.4\.15 is open, in phase switch, .*; finish it first/,
      );
    });
    world.stop();
  });
});
