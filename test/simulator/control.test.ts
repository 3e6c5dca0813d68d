import { asEnterprise } from '../../src/resource';
import {
  type Control,
  controlUpgrade,
  type Phase,
  type ProgressEvent,
  runUpgrade,
  type UpgradeContext,
} from '../../src/upgrade';
import { atRest, CAP, cluster, SEED } from './_cluster-at-rest';

type AtRest = Awaited<ReturnType<typeof atRest>>;

const REQUEST = { desired: cluster('4.4.15') };
const EARLY: Phase[] = ['pin', 'apply', 'green', 'switch', 'evacuate'];

/** Resolves when the run has come to the phase, and `ms` later. */
function reaching(phase: Phase, { world, events }: AtRest & { events: ProgressEvent[] }, ms = 0): Promise<void> {
  const { clock } = world;
  const reached = () => events.some((event) => event.kind === 'phase' && event.phase === phase);
  return (async () => {
    while (!reached()) await clock.sleep(50);
    await clock.sleep(ms);
  })();
}

async function underWay(options: Parameters<typeof atRest>[0] = {}) {
  const events: ProgressEvent[] = [];
  return { ...(await atRest({ ...options, events })), events };
}

/** Somebody else, at another terminal. */
const other = (context: UpgradeContext): UpgradeContext => ({
  ...context,
  holder: 'other',
  progress: { report: () => undefined },
});

const evacuating = async ({ cluster: { observe }, emqx }: UpgradeContext, view = observe) => {
  const { pods } = await view();
  const nodes = await Promise.all(pods.map((pod) => emqx.observe(pod.name, pod.name)));
  return nodes.filter((node) => node.evacuating).length;
};

describe(`a run that is paused (seed ${SEED})`, () => {
  test('disconnects nobody from 2 s after, and goes on with what is left', async () => {
    const at = await underWay();
    const { world, context, ledger, report } = at;
    const { clock } = world;
    const upgrade = await clock.run(async () => {
      const run = runUpgrade(context, REQUEST);
      await reaching('evacuate', at, 1_500);
      await controlUpgrade(other(context), { do: 'pause' });
      const asked = clock.now();
      await clock.sleep(2_000 - (clock.now() - asked));
      const before = ledger.report();
      expect(
        await evacuating({ ...context, cluster: { ...context.cluster, observe: () => context.cluster.observe() } }),
      ).toBe(0);
      // For longer than a run may stand still when nobody asked for it.
      await clock.sleep(600_000);
      expect(ledger.report().disconnectsPerClient).toEqual(before.disconnectsPerClient);
      expect(before.disconnectsPerClient.histogram[0]).toBeGreaterThan(0);
      await controlUpgrade(other(context), { do: 'resume' });
      return run;
    });
    expect(upgrade.pausedMs).toBeGreaterThanOrEqual(600_000);
    const seen = await report();
    expect(seen.disconnectsPerClient.histogram).toEqual([0, 300]);
    expect(seen).toMatchObject({ sessionsKept: 30, sessionsLost: 0, refusedConnects: 0 });
    expect(seen.peakDisconnectsPerSecond).toBeLessThanOrEqual(CAP);
    world.stop();
  });
});

describe(`a new rate (seed ${SEED})`, () => {
  test.each([20, 250])('of %i/s holds from then on, and nobody is disconnected twice', async (perSecond) => {
    const at = await underWay();
    const { world, context, ledger, report } = at;
    const { clock } = world;
    let from = 0;
    const upgrade = await clock.run(async () => {
      const run = runUpgrade(context, REQUEST);
      await reaching('evacuate', at, 1_000);
      await controlUpgrade(other(context), { do: 'rate', perSecond });
      await clock.sleep(2_000);
      from = clock.now();
      return run;
    });
    expect(upgrade.capPerSecond).toBe(perSecond);
    const seen = await report();
    expect(seen.disconnectsPerClient.histogram).toEqual([0, 300]);
    expect(seen).toMatchObject({ sessionsKept: 30, sessionsLost: 0, refusedConnects: 0 });
    const seconds = ledger.disconnects.perBucket(1_000, from - ledger.begunAt);
    expect(Math.max(...seconds.slice(Math.ceil((from - ledger.begunAt) / 1_000)))).toBeLessThanOrEqual(perSecond);
    world.stop();
  });
});

describe(`a run that is aborted (seed ${SEED})`, () => {
  test.each<[Phase, number]>([
    ['claim', 0],
    ...EARLY.map((phase): [Phase, number] => [phase, 0]),
    ['green', 6_000],
    ['evacuate', 1_500],
    ['evacuate', 4_000],
  ])('in "%s" after %i ms: everything is as before, and nobody is disconnected more than twice', async (phase, ms) => {
    const at = await underWay();
    const { world, context, report } = at;
    const { clock } = world;
    const upgrade = await clock.run(async () => {
      const before = await context.cluster.observe();
      const run = runUpgrade(context, REQUEST);
      await reaching(phase, at, ms);
      await controlUpgrade(other(context), { do: 'abort' });
      const done = await run;
      await clock.sleep(60_000);
      const after = await context.cluster.observe();
      expect(after.resource.spec).toEqual(before.resource.spec);
      expect(after.sets.filter((set) => set.replicas > 0)).toEqual(before.sets);
      expect(after.pods.map((pod) => pod.name)).toEqual(before.pods.map((pod) => pod.name));
      expect(after.traffic).toEqual(before.traffic);
      expect(asEnterprise(after.resource).status?.blueGreenUpdateStatus).toBeUndefined();
      return done;
    });
    expect(upgrade.outcome).toBe('aborted');
    const seen = await report();
    expect(seen.disconnectsPerClient.max).toBeLessThanOrEqual(2);
    expect(seen).toMatchObject({ sessionsKept: 30, sessionsLost: 0, refusedConnects: 0, stillOffline: 0 });
    expect(seen.peakDisconnectsPerSecond).toBeLessThanOrEqual(CAP);
    world.stop();
  });

  test('by somebody else after the engine died: he drives it back himself', async () => {
    const at = await underWay();
    const { world, context, report } = at;
    const upgrade = await world.clock.run(async () => {
      const death = new AbortController();
      const run = runUpgrade(context, REQUEST, death.signal);
      const left = expect(run).rejects.toMatchObject({ code: 'DETACHED' });
      await reaching('evacuate', at, 2_000);
      death.abort(new Error('killed'));
      await left;
      return controlUpgrade(other(context), { do: 'abort' });
    });
    expect(upgrade?.outcome).toBe('aborted');
    expect(await report()).toMatchObject({ sessionsKept: 30, sessionsLost: 0, refusedConnects: 0 });
    world.stop();
  });

  test('when it is too late and nobody drives the run is refused, and drives nothing on', async () => {
    const at = await underWay();
    const { world, context } = at;
    await world.clock.run(async () => {
      const death = new AbortController();
      const run = runUpgrade(context, REQUEST, death.signal);
      const left = expect(run).rejects.toMatchObject({ code: 'DETACHED' });
      await reaching('release', at);
      death.abort(new Error('killed'));
      await left;
      const late = controlUpgrade(other(context), { do: 'abort' });
      await expect(late).rejects.toMatchObject({ code: 'NOT_TAKEN_UP' });
      expect((await context.cluster.observe()).journal?.phase).toBe('release');
    });
    world.stop();
  });

  test.each([
    ['of the same machine', 0],
    ['whose clock is five minutes behind', -300_000],
    ['whose clock is five minutes ahead', 300_000],
  ])('after blue is gone is told that it is a new upgrade: a process %s', async (_, skewMs) => {
    const at = await underWay();
    const { world, context } = at;
    await world.clock.run(async () => {
      const run = runUpgrade(context, REQUEST);
      await reaching('release', at);
      const clock = { now: () => world.clock.now() + skewMs, sleep: world.clock.sleep.bind(world.clock) };
      const late = controlUpgrade({ ...other(context), clock }, { do: 'abort' } satisfies Control);
      await expect(late).rejects.toThrow(/to go back, run an upgrade to version 4\.4\.14, with --accept-downgrade/);
      await run;
      await expect(controlUpgrade(other(context), { do: 'abort' })).rejects.toMatchObject({ code: 'NO_RUN' });
    });
    world.stop();
  });
});
