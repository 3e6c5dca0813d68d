import type { KubeObject } from '../../src/kubernetes';
import { type ProgressEvent, runUpgrade } from '../../src/upgrade';
import { atRest, CAP, cluster, SEED } from './_cluster-at-rest';

const REQUEST = { desired: cluster('4.4.15') };

const texts = (events: readonly ProgressEvent[], kind: 'action' | 'warning') =>
  events.flatMap((event) => (event.kind === kind ? event.text : []));

/** Runs an upgrade, and does something `ms` after it has come to a phase. */
async function disturbed(
  at: Awaited<ReturnType<typeof atRest>>,
  events: ProgressEvent[],
  [phase, ms]: [string, number],
  disturb: () => Promise<unknown>,
  request = REQUEST as Parameters<typeof runUpgrade>[1],
) {
  const { world, context } = at;
  return world.clock.run(async () => {
    const run = runUpgrade(context, request);
    run.catch(() => undefined);
    while (!events.some((event) => event.kind === 'phase' && event.phase === phase)) await world.clock.sleep(50);
    await world.clock.sleep(ms);
    await disturb();
    return run;
  });
}

describe(`somebody resets the delay while the upgrade is under way (seed ${SEED})`, () => {
  test.each<[string, number]>([
    ['green', 4_000],
    ['switch', 500],
    ['evacuate', 1_500],
    ['evacuate', 4_000],
  ])('in "%s" after %i ms: the operator is held again at once', async (phase, ms) => {
    const events: ProgressEvent[] = [];
    const at = await atRest({ events });
    const { world, context } = at;
    let resetAt = 0;
    const upgrade = await disturbed(at, events, [phase, ms], async () => {
      resetAt = world.clock.now();
      await world.apply([cluster('4.4.15') as KubeObject]); // with the delay of 5 s
    });
    const held = events.find((event) => event.kind === 'action' && /hold the operator again/.test(event.text));
    expect(held!.at - resetAt).toBeLessThanOrEqual(500);
    expect(upgrade.outcome).toBe('completed');
    const lost = texts(events, 'warning').filter((text) => /has removed/.test(text)).length;
    const seen = await at.report();
    expect(seen.stillOffline).toBe(0);
    // What the operator did in the meantime is its own; a pod that it removed is reported.
    if (lost === 0) expect(seen).toMatchObject({ sessionsLost: 0, refusedConnects: 0 });
    expect(seen.disconnectsPerClient.max).toBeLessThanOrEqual(1 + lost);
    expect(
      (await world.clock.run(() => context.cluster.observe())).resource.spec.blueGreenUpdate?.initialDelaySeconds,
    ).toBe(5);
    world.stop();
  });
});

describe(`a green node goes away while blue is emptied (seed ${SEED})`, () => {
  const crash = (at: Awaited<ReturnType<typeof atRest>>) => async () => {
    const { world } = at;
    const green = world.pods.running.find(({ node }) => node.version === '4.4.15')!;
    const { name } = green.pod.metadata;
    await world.api.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', name }, { gracePeriodSeconds: 0 });
  };

  test('nobody is evicted until all green nodes are there again, and the run goes on', async () => {
    const events: ProgressEvent[] = [];
    const at = await atRest({ events });
    const upgrade = await disturbed(at, events, ['evacuate', 1_500], crash(at));
    expect(upgrade.outcome).toBe('completed');
    expect(texts(events, 'action')).toContainEqual(expect.stringMatching(/^stop the evacuation of /));
    const seen = await at.report();
    // Those it had taken already are disconnected once more.
    expect(seen.disconnectsPerClient.max).toBeLessThanOrEqual(2);
    expect(seen).toMatchObject({ stillOffline: 0 });
    expect(seen.peakDisconnectsPerSecond).toBeLessThanOrEqual(CAP + 60);
    at.world.stop();
  });
});

describe(`devices that take long to come back (seed ${SEED})`, () => {
  test('no more are sent away than may be away at a time', async () => {
    const events: ProgressEvent[] = [];
    const at = await atRest({ events });
    const request = { ...REQUEST, limits: { offlineBudget: 40 } };
    const upgrade = await at.world.clock.run(() => runUpgrade(at.context, request));
    expect(upgrade.outcome).toBe('completed');
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'waiting', text: 'devices to come back: more than 40 are away' }),
    );
    const seen = await at.report();
    expect(seen.disconnectsPerClient.histogram).toEqual([0, 300]);
    expect(seen).toMatchObject({ sessionsKept: 30, sessionsLost: 0, refusedConnects: 0 });
    at.world.stop();
  });
});
