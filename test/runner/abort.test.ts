import type { KubeObject } from '../../src/kubernetes';
import { type EmqxResource, generationOf } from '../../src/resource';
import { isOpen } from '../../src/upgrade';
import {
  AUTOMATIC,
  clusterIn,
  hasReached,
  isKind,
  KINDS,
  NAMESPACE,
  Playground,
  type Running,
  story,
} from './_runners';

/** A held cluster that a runner has seen at rest for long enough. */
function play(kind: EmqxResource['kind'], work: (at: Playground, runner: Running) => Promise<void>): Promise<void> {
  return Playground.play(async (at) => {
    await at.addCluster('emqx', { kind, clients: 200 });
    await at.writePolicy(AUTOMATIC);
    const runner = at.start('runner-1');
    await at.world.clock.sleep(150_000);
    await work(at, runner);
  });
}

const specOf = (at: Playground, kind: EmqxResource['kind']) =>
  generationOf({ kind }).withDefaults(at.resource('emqx')).spec;

test.each(KINDS)(
  '%s: an upgrade to what somebody else has applied is aborted, and not begun again when that is applied again',
  (kind, from, to) =>
    play(kind, async (at, runner) => {
      const before = specOf(at, kind);
      await at.bump('emqx', to);
      await at.until(() => hasReached(runner, 'evacuate'));
      await at.world.clock.sleep(1_000);
      await clusterIn(at, kind).writeRequest('abort');
      await at.until(() => runner.told.some(isKind('end')));
      expect(runner.told.find(isKind('end'))?.report).toMatchObject({ outcome: 'aborted' });
      expect(specOf(at, kind)).toEqual(before);
      await at.world.clock.sleep(30_000);
      expect(new Set(at.versions('emqx'))).toEqual(new Set([from]));
      const seen = await at.seen('emqx');
      expect(seen.disconnectsPerClient.max).toBeLessThanOrEqual(2);
      expect([seen.stillOffline, seen.sessionsLost]).toEqual([0, 0]);

      // As a sync from Git does.
      await at.bump('emqx', to);
      await at.world.clock.sleep(600_000);
      expect(story(runner.told, 'emqx').slice(-1)).toEqual(['left AbortedBefore']);
      const [, digest = ''] = /template (\w+)/.exec(runner.told.findLast(isKind('left'))!.text)!;
      expect(at.events('emqx').at(-1)).toMatch(
        /^Warning AbortedBefore: version \S+, template \w+, was upgraded to before, and that was aborted: `emqx-blue-green approve emqx/,
      );
      // Nor is an approval that is synced with it.
      await at.approve('emqx', digest);
      await at.world.clock.sleep(60_000);
      expect(story(runner.told, 'emqx').slice(-1)).toEqual(['left AbortedBefore']);
      await at.approve('emqx', digest, runner.told.find(isKind('end'))?.report.run);
      await at.until(() => runner.told.filter(isKind('end')).length === 2);
      expect(runner.told.findLast(isKind('end'))?.report).toMatchObject({ outcome: 'completed' });
    }),
);

test.each(KINDS)('%s: onFailure: abort goes back by itself, where the new nodes are not created', (kind, from, to) =>
  play(kind, async (at, runner) => {
    await at.writePolicy({ ...AUTOMATIC, onFailure: 'abort' });
    const before = specOf(at, kind);
    await at.world.apply([
      {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { namespace: NAMESPACE, name: 'small' },
        spec: { hard: { pods: '4' } },
      } as KubeObject,
    ]);
    await at.bump('emqx', to);
    await at.until(() => runner.told.some(isKind('end')));
    expect(runner.told.find(isKind('end'))?.report).toMatchObject({ outcome: 'aborted' });
    expect(specOf(at, kind)).toEqual(before);
    await at.world.clock.sleep(600_000);
    expect(new Set(at.versions('emqx'))).toEqual(new Set([from]));
    expect((await at.seen('emqx')).disconnectsPerClient.max).toBe(0);
    // Not for ever.
    expect(runner.told.filter(isKind('end'))).toHaveLength(1);
  }),
);

test.each(KINDS)('%s: a template of the same image is known as well, also to a runner that was restarted', (kind) =>
  play(kind, async (at, first) => {
    await first.stop();
    const before = specOf(at, kind);
    const second = at.start('runner-2');
    await at.world.clock.sleep(5_000);
    const env = [{ name: 'EMQX_LOG__LEVEL', value: 'debug' }];
    const spec =
      kind === 'EMQX' ? { coreTemplate: { spec: { env } } } : { template: { spec: { emqxContainer: { env } } } };
    await at.world.api.patch(at.refOf('emqx'), { type: 'merge', body: { spec } });
    await at.until(() => hasReached(second, 'green'));
    await clusterIn(at, kind).writeRequest('abort');
    await at.until(() => second.told.some(isKind('end')));
    expect(second.told.find(isKind('end'))?.report).toMatchObject({ outcome: 'aborted' });
    expect(specOf(at, kind)).toEqual(before);
  }),
);

test('what is kept at rest is in a Secret alone, once, and of the newest spec', () =>
  play('EmqxEnterprise', async (at, runner) => {
    const { store } = at.world.kubernetes;
    const ref = { apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name: 'emqx-upgrade' };
    const kept = () => {
      const { data } = store.get<KubeObject & { data: Record<string, string> }>(ref);
      return JSON.parse(Buffer.from(data['rest.json']!, 'base64').toString()) as { spec: object };
    };
    expect(kept().spec).toEqual(at.resource('emqx').spec);
    expect(store.get(ref).metadata.ownerReferences).toEqual([expect.objectContaining({ name: 'emqx' })]);
    const { resourceVersion } = store.get(ref).metadata;
    await at.world.clock.sleep(3_600_000);
    expect(store.get(ref).metadata.resourceVersion).toBe(resourceVersion);
    // The number of nodes is no template: the same set.
    await at.world.api.patch(at.refOf('emqx'), { type: 'merge', body: { spec: { replicas: 4 } } });
    await at.world.clock.sleep(300_000);
    expect(kept().spec).toMatchObject({ replicas: 4 });
    const journal = (await clusterIn(at, 'EmqxEnterprise').observe()).journal;
    expect(isOpen(journal)).toBe(false);
    expect(
      JSON.stringify([runner.told, at.events('emqx'), store.all({ apiVersion: 'v1', kind: 'ConfigMap' })]),
    ).not.toContain('rest.json');
  }));

test('without a change of the template that was seen at rest an abort is refused, as it may be another one', () =>
  Playground.play(async (at) => {
    await at.addCluster('emqx', { clients: 60 });
    await at.writePolicy(AUTOMATIC);
    await at.bump('emqx', '4.4.15');
    const runner = at.start('runner-1');
    await at.until(() => hasReached(runner, 'green') || hasReached(runner, 'switch'));
    const cluster = clusterIn(at, 'EmqxEnterprise');
    await cluster.writeRequest('abort');
    await at.until(() => runner.told.some(isKind('end')));
    expect((await cluster.observe()).journal?.refused?.reason).toMatch(
      /was changed before the run began, and is not known/,
    );
  }));
