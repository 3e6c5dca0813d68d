import { KubeApiError, type KubeObject } from '../../src/kubernetes';
import { FollowedApi } from '../../src/kubernetes/followed-api';
import { UpgradeLease } from '../../src/kubernetes/lease';
import { SimulatedClock } from '../../src/simulator/clock';
import { InMemoryKubeApi } from '../../src/simulator/kubernetes/in-memory-api';
import { ObjectStore } from '../../src/simulator/kubernetes/object-store';
import { Random } from '../../src/simulator/random';

const REF = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'mqtt', name: 'emqx-upgrade' };
const START = Date.UTC(2026, 0, 1);

function lease() {
  const clock = new SimulatedClock();
  const store = new ObjectStore(clock, new Random(1));
  const api = new InMemoryKubeApi(clock, store, { latencyMs: 0 });
  const subject = new UpgradeLease(new FollowedApi(api, clock), clock, REF.namespace, REF.name);
  const stored = () => store.find<KubeObject & { spec: object }>(REF)?.spec;
  /** Does one thing in virtual time and gives back its error, if any. */
  const later = async (ms: number, work: () => Promise<unknown>) => {
    await clock.advance(ms);
    return clock.run(() => work().catch((thrown: unknown) => thrown));
  };
  return { clock, store, api, subject, stored, later };
}

describe('the lease', () => {
  test('of nobody is no lease', async () => {
    const { subject, later } = lease();
    expect(await later(0, () => subject.view({}))).toBeUndefined();
  });

  test('without a spec is nobody’s', async () => {
    const { store, subject, later } = lease();
    store.create({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'emqx-upgrade', namespace: 'mqtt' },
    });
    expect(await later(0, () => subject.view({}))).toBeUndefined();
    await later(0, () => subject.hold('me'));
    expect(await later(0, () => subject.view({}))).toMatchObject({ holder: 'me' });
  });

  test('that has expired between two requests ends the work of who held it', async () => {
    const { clock, subject, later } = lease();
    expect(subject.stillHeld).not.toThrow(); // who never held one needs none
    await later(0, () => subject.hold('p1'));
    await clock.advance(29_999);
    expect(subject.stillHeld).not.toThrow();
    await clock.advance(1);
    expect(subject.stillHeld).toThrow('this process was paused');
    await later(0, () => subject.hold('p1'));
    expect(subject.stillHeld).not.toThrow();
    await clock.advance(30_000);
    await later(0, () => subject.release('p1'));
    expect(subject.stillHeld).not.toThrow();
  });

  test('is taken, renewed and given back', async () => {
    const { subject, stored, later } = lease();
    await later(0, () => subject.hold('p1'));
    expect(stored()).toEqual({
      holderIdentity: 'p1',
      leaseDurationSeconds: 30,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    await later(10_000, () => subject.hold('p1'));
    expect(stored()).toMatchObject({
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:10.000000Z',
      leaseTransitions: 0,
    });
    await later(0, () => subject.release('p1'));
    expect(stored()).toEqual({ leaseDurationSeconds: 30, leaseTransitions: 0 });
    expect(await later(0, () => subject.view({}))).toBeUndefined();
  });

  test.each([-300_000, 300_000])(
    'is judged by the clock of the API server: one of %d ms beside it changes nothing',
    async (skewMs) => {
      const { clock, api, subject, stored, later } = lease();
      const skewed = { now: () => clock.now() + skewMs, sleep: clock.sleep.bind(clock) };
      const other = new UpgradeLease(new FollowedApi(api, skewed), skewed, REF.namespace, REF.name);
      await later(0, () => subject.hold('p1'));
      expect(await later(29_999, () => other.hold('p2'))).toMatchObject({ code: 'conflict' });
      await later(1, () => other.hold('p2'));
      expect(stored()).toMatchObject({ holderIdentity: 'p2', renewTime: '2026-01-01T00:00:30.000000Z' });
      expect(await later(29_999, () => subject.hold('p1'))).toMatchObject({ code: 'conflict' });
    },
  );

  test('is held for 30 s without a renewal, and is then anybody’s', async () => {
    const { subject, stored, later } = lease();
    await later(0, () => subject.hold('p1'));
    expect(await later(29_999, () => subject.hold('p2'))).toMatchObject({
      name: 'PortError',
      code: 'conflict',
      message: 'p1 holds the lease emqx-upgrade since 2026-01-01T00:00:00.000000Z',
    });
    expect(await later(0, () => subject.view({}))).toEqual({
      holder: 'p1',
      live: true,
      acquiredAt: START,
      expiresAt: START + 30_000,
      leftMs: 1,
    });
    await later(1, () => subject.hold('p2'));
    expect(stored()).toMatchObject({
      holderIdentity: 'p2',
      leaseTransitions: 1,
      acquireTime: '2026-01-01T00:00:30.000000Z',
    });
    expect(await later(0, () => subject.hold('p1'))).toMatchObject({ code: 'conflict' });
  });

  test('that has run out is shown as not live', async () => {
    const { subject, later } = lease();
    await later(0, () => subject.hold('p1'));
    expect(await later(30_000, () => subject.view({}))).toEqual({
      holder: 'p1',
      live: false,
      acquiredAt: START,
      expiresAt: START + 30_000,
      leftMs: 0,
    });
  });

  test('of a holder that is known to be gone is free at once', async () => {
    const { api, clock, stored, later } = lease();
    const followed = new FollowedApi(api, clock);
    const subject = new UpgradeLease(
      followed,
      clock,
      REF.namespace,
      REF.name,
      () => [],
      (holder) => holder === 'p1',
    );
    await later(0, () => subject.hold('p1'));
    expect(await later(0, () => subject.view({}))).toMatchObject({ holder: 'p1', live: false });
    expect(await later(0, () => subject.hold('p2'))).toBeUndefined();
    expect(stored()).toMatchObject({ holderIdentity: 'p2', leaseTransitions: 1 });
    expect(await later(0, () => subject.hold('p1'))).toMatchObject({ code: 'conflict' });
  });

  test('is not given back by another', async () => {
    const { subject, stored, later } = lease();
    await later(0, () => subject.hold('p1'));
    await later(0, () => subject.release('p2'));
    expect(stored()).toMatchObject({ holderIdentity: 'p1' });
  });

  test('without a time of renewal is free', async () => {
    const { store, subject, later } = lease();
    const { apiVersion, kind, namespace, name } = REF;
    store.create({ apiVersion, kind, metadata: { namespace, name }, spec: { holderIdentity: 'p0' } } as KubeObject);
    expect(await later(0, () => subject.hold('p1'))).toBeUndefined();
  });

  test('is taken by one of two that take it in the same moment', async () => {
    const { clock, subject, stored } = lease();
    await clock.run(() => subject.hold('p0'));
    await clock.advance(30_000);
    const results = await clock.run(() => Promise.allSettled([subject.hold('p1'), subject.hold('p2')]));
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = results.find((result) => result.status === 'rejected')!;
    expect(lost.reason).toBeInstanceOf(KubeApiError);
    expect(lost.reason).toMatchObject({ code: 'Conflict' });
    expect(stored()).toMatchObject({ leaseTransitions: 1 });
  });

  test('is made by one of two that make it in the same moment', async () => {
    const { clock, subject } = lease();
    const results = await clock.run(() => Promise.allSettled([subject.hold('p1'), subject.hold('p2')]));
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find((result) => result.status === 'rejected')!.reason).toMatchObject({ code: 'AlreadyExists' });
  });
});
