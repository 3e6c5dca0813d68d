import type { KubeObject } from '../../src/kubernetes';
import { asEnterprise, HOLD_DELAY_SECONDS } from '../../src/resource';
import { controlUpgrade, type ProgressEvent, rescue, runUpgrade, type TroubleId, troublesOf } from '../../src/upgrade';
import { atRest, cluster, SEED } from './_cluster-at-rest';

type AtRest = Awaited<ReturnType<typeof atRest>>;

const REQUEST = { desired: cluster('4.4.15') };

const patched = ({ context }: AtRest, spec: Record<string, unknown>) =>
  context.cluster
    .observe()
    .then(({ resourceVersion }) => context.cluster.patchResource({ spec, ifVersion: resourceVersion }));

const troubles = async ({ context }: AtRest) =>
  (await troublesOf(context)).map(({ id, cure }) => `${id}: ${cure ? 'cure' : 'no cure'}`);

const until = async ({ world }: AtRest, reached: () => Promise<boolean>) => {
  while (!(await reached())) await world.clock.sleep(500);
};

/** Lets the operator upgrade on its own until it has begun its delay. */
async function nativelyUnderWay(at: AtRest): Promise<void> {
  await at.world.apply([cluster('4.4.15') as KubeObject]);
  await until(at, async () => {
    const { resource } = await at.context.cluster.observe();
    return asEnterprise(resource).status?.blueGreenUpdateStatus?.startedAt !== undefined;
  });
}

async function leftIn(at: AtRest & { events: ProgressEvent[] }, phase: string): Promise<void> {
  const death = new AbortController();
  const run = runUpgrade(at.context, REQUEST, death.signal);
  const left = expect(run).rejects.toMatchObject({ code: 'DETACHED' });
  await until(at, async () => at.events.some((event) => event.kind === 'phase' && event.phase === phase));
  await at.world.clock.sleep(1_000);
  death.abort(new Error('killed'));
  await left;
}

describe(`a cluster that got stuck (seed ${SEED})`, () => {
  const events: ProgressEvent[] = [];
  let at: AtRest & { events: ProgressEvent[] };
  beforeEach(async () => {
    events.length = 0;
    at = { ...(await atRest({ events })), events };
  });
  afterEach(() => at.world.stop());

  const run = <T>(work: () => Promise<T>) => at.world.clock.run(work);
  const expectRest = async (version: string) => {
    await at.world.clock.sleep(60_000);
    const { resource, pods, sets } = await at.context.cluster.observe();
    expect(asEnterprise(resource).spec.template?.spec?.emqxContainer?.image?.version).toBe(version);
    expect(asEnterprise(resource).spec.blueGreenUpdate?.initialDelaySeconds).toBe(5);
    expect(asEnterprise(resource).status?.blueGreenUpdateStatus).toBeUndefined();
    expect(sets.filter(({ replicas }) => replicas > 0)).toHaveLength(1);
    expect(pods).toHaveLength(3);
    expect(await troubles(at)).toEqual([]);
  };

  test('one that is well has no trouble', async () => {
    await run(async () => {
      expect(await troubles(at)).toEqual([]);
      await expect(rescue(at.context, 'run-left')).rejects.toMatchObject({ code: 'NO_CURE', message: /gone/ });
    });
  });

  test('a template that was set back in the middle of an upgrade: back to the old nodes, and everybody is there', async () => {
    await run(async () => {
      await nativelyUnderWay(at);
      await at.world.apply([cluster('4.4.14') as KubeObject]);
      await at.world.clock.sleep(90_000);
      expect(await troubles(at)).toEqual(['template-set-back: cure']);
      await rescue(at.context, 'template-set-back');
      await expectRest('4.4.14');
    });
    expect((await at.report()).stillOffline).toBe(0);
  });

  test('a run whose engine is gone is gone on with', async () => {
    await run(async () => {
      await leftIn(at, 'evacuate');
      expect(await troubles(at)).toEqual(['run-left: cure']);
      await rescue(at.context, 'run-left');
      await expectRest('4.4.15');
    });
    expect((await at.report()).disconnectsPerClient.histogram).toEqual([0, 300]);
  });

  test('a hold that was left behind is taken away', async () => {
    await run(async () => {
      await runUpgrade(at.context, REQUEST);
      await patched(at, { blueGreenUpdate: { initialDelaySeconds: HOLD_DELAY_SECONDS } });
      expect(await troubles(at)).toEqual(['hold-left: cure']);
      await rescue(at.context, 'hold-left');
      await expectRest('4.4.15');
    });
  });

  test('a hold of which it is not known what was before is only told', async () => {
    await run(async () => {
      await patched(at, { blueGreenUpdate: { initialDelaySeconds: HOLD_DELAY_SECONDS } });
      expect(await troubles(at)).toEqual(['hold-left: no cure']);
    });
  });

  test('a node that still refuses devices is opened again', async () => {
    await run(async () => {
      const { node, pod } = at.world.pods.running[0]!;
      const order = { connectionsPerSecond: 1, sessionsPerSecond: 1, waitTakeoverSeconds: 1, migrateTo: [] };
      const others = at.world.pods.running.slice(1).map((each) => each.node.name);
      await at.context.emqx.startEvacuation(pod.metadata.name, node.name, { ...order, migrateTo: others });
      expect(await troubles(at)).toEqual(['nodes-refuse: cure']);
      await rescue(at.context, 'nodes-refuse');
      expect(await troubles(at)).toEqual([]);
    });
  });

  test.each<[TroubleId, Record<string, unknown>]>([
    ['replicas-changed', { replicas: 2 }],
    ['strategy-removed', { blueGreenUpdate: null }],
  ])('%s has no proven way out: it is explained, and nothing is done', async (id, spec) => {
    await run(async () => {
      await nativelyUnderWay(at);
      await patched(at, spec);
      let found: string[] = [];
      await until(at, async () => {
        found = await troubles(at);
        return found.length > 0;
      });
      expect(found).toEqual([`${id}: no cure`]);
      const { resourceVersion } = await at.context.cluster.observe();
      const [trouble] = await troublesOf(at.context);
      await expect(rescue(at.context, id)).rejects.toMatchObject({ code: 'NO_CURE', fix: trouble!.advice });
      expect((await at.context.cluster.observe()).resourceVersion).toBe(resourceVersion);
    });
  });

  test('a run that was left on its way back can be asked to go on', async () => {
    await run(async () => {
      await leftIn(at, 'evacuate');
      expect((await controlUpgrade(at.context, { do: 'abort' }))?.outcome).toBe('aborted');
      await expectRest('4.4.14');
    });
  });
});
