import { Cluster } from '../../src/kubernetes';
import { type EmqxResource, generationOf, withVersion } from '../../src/resource';
import { DrivenCluster } from '../../src/runner/driven-cluster';
import { isOpen, runUpgrade, UpgradeError } from '../../src/upgrade';
import { HOME, hasReached, isKind, KINDS, NAMESPACE, Playground, type Running, story } from './_runners';

/** A runner that evacuates a cluster. */
function play(kind: EmqxResource['kind'], to: string, work: (at: Playground, runner: Running) => Promise<void>) {
  return Playground.play(async (at) => {
    await at.addCluster('emqx', { kind, clients: 300 });
    await at.writePolicy({ mode: 'automatic' });
    const runner = at.start('runner-1');
    await at.world.clock.sleep(150_000);
    await at.bump('emqx', to);
    await at.until(() => hasReached(runner, 'evacuate'));
    expect(at.selector('emqx')).toHaveProperty([generationOf({ kind }).revisionLabel]);
    await work(at, runner);
  });
}

const viewOf = ({ world: { api, clock } }: Playground, kind: EmqxResource['kind']) =>
  new Cluster({ api, clock, kind, namespace: NAMESPACE, name: 'emqx' }).observe();

describe.each(KINDS)('%s: a cluster that is deleted in the middle of its upgrade', (kind, from, to) => {
  test('ends the run with words, and leaves nothing of it', () =>
    play(kind, to, async (at, runner) => {
      await at.world.api.delete(at.refOf('emqx'));
      await at.until(() => runner.told.some(isKind('gone')));
      await at.world.clock.sleep(600_000);
      expect(story(runner.told, 'emqx').slice(-3)).toEqual(['start', 'stopped', 'gone']);
      const [stopped] = runner.told.filter(isKind('stopped'));
      expect(stopped).toMatchObject({ code: 'DELETED', retryAt: undefined });
      expect(stopped?.text).toMatch(/^the cluster was deleted in mid-run, in phase evacuate: there is no \w+ emqx in /);
      expect(runner.told.filter(isKind('error'))).toEqual([]);
      expect(at.records).toEqual(['policy']);
      expect(await runner.sinks.metrics.registry.metrics()).not.toContain('cluster="emqx"');
      expect(at.selector('emqx')).not.toHaveProperty([generationOf({ kind }).revisionLabel]);
      expect(at.events('emqx').at(-1)).toMatch(/^Warning UpgradeStopped: the cluster was deleted in mid-run/);
    }));

  test.each([100, 2_000, 60_000])(
    'and created again %d ms later, is another one, of which the run touches nothing',
    (ms) =>
      play(kind, to, async (at, runner) => {
        const { uid } = await viewOf(at, kind);
        await at.recreate('emqx', from, ms);
        await at.world.clock.sleep(300_000);
        const view = await viewOf(at, kind);
        expect(view.uid).not.toBe(uid);
        expect([view.journal, view.lease]).toEqual([undefined, undefined]);
        expect(new Set(at.versions('emqx'))).toEqual(new Set([from]));
        expect(at.selector('emqx')).not.toHaveProperty([generationOf({ kind }).revisionLabel]);
        expect(at.records).toEqual(['policy']);
        const told = story(runner.told, 'emqx');
        expect(told.slice(told.indexOf('start'), told.indexOf('start') + 3)).toEqual(['start', 'stopped', 'gone']);
        expect(told.at(-1)).toBe('at-rest');
        // It is upgraded as any other, with what is stored for its abort of its own.
        await at.bump('emqx', to);
        await at.until(() => runner.told.some(isKind('end')));
        const after = await viewOf(at, kind);
        expect(isOpen(after.journal)).toBe(false);
        expect(new Set(at.versions('emqx'))).toEqual(new Set([to]));
      }),
  );

  test.each(['stopped', 'undriven'])('has no Service that selects its nodes, also where the run is %s', (how) =>
    play(kind, to, async (at, runner) => {
      let watching = runner;
      if (how === 'stopped') {
        await at.bump('emqx', kind === 'EMQX' ? '5.8.10' : '4.4.16');
        await at.until(() => runner.told.some(isKind('stopped')));
        await at.world.clock.sleep(5_000);
      } else {
        runner.kill();
        await at.writePolicy({ resume: false });
        // As for a run that somebody else has begun.
        const { api } = at.world;
        const map = { apiVersion: 'v1', kind: 'ConfigMap', namespace: HOME, name: 'emqx-upgrade-runner' };
        await api.patch(map, { type: 'merge', body: { data: { [`begun.${kind}.${NAMESPACE}.emqx`]: null } } });
        watching = at.start('runner-2');
        await at.until(() => watching.told.some(isKind('left')));
      }
      expect(at.selector('emqx')).toHaveProperty([generationOf({ kind }).revisionLabel]);
      await at.world.api.delete(at.refOf('emqx'));
      await at.until(() => watching.told.some(isKind('gone')));
      await at.world.clock.sleep(30_000);
      expect(at.selector('emqx')).not.toHaveProperty([generationOf({ kind }).revisionLabel]);
      expect(at.records).toEqual(['policy']);
      expect(watching.told.filter(isKind('error'))).toEqual([]);
    }),
  );

  test('ends the run of a laptop in the same way', () =>
    Playground.play(async (at) => {
      await at.addCluster('emqx', { kind, clients: 300 });
      const { clock, api, transport, prober } = at.world;
      const link = { clock, api, prober, transport: () => transport };
      const ref = { kind, namespace: NAMESPACE, name: 'emqx' };
      let phase = '';
      const cluster = new DrivenCluster(
        link,
        ref,
        () => false,
        () => undefined,
      );
      const context = cluster.context(at.resource('emqx'), 'laptop', (event) => {
        if (event.kind === 'phase') phase = event.phase;
      });
      const run = runUpgrade(context, { desired: withVersion(at.resource('emqx'), to) }).catch(
        (error: unknown) => error,
      );
      await at.until(() => phase === 'evacuate');
      await at.recreate('emqx', from, 1);
      const error = await run;
      expect(error).toBeInstanceOf(UpgradeError);
      expect((error as UpgradeError).code).toBe('DELETED');
      expect(at.selector('emqx')).not.toHaveProperty([generationOf({ kind }).revisionLabel]);
      await clock.sleep(120_000);
      expect((await viewOf(at, kind)).journal).toBeUndefined();
    }));
});
