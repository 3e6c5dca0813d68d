import { KubeApiError } from '../../src/kubernetes';
import { type EmqxResource, generationOf } from '../../src/resource';
import { InMemoryKubeApi } from '../../src/simulator/kubernetes/in-memory-api';
import { AUTOMATIC, HOME, hasReached, isKind, NAMESPACE, Playground, story } from './_runners';

/** What keeps a runner from listing, reading, writing or holding some of its clusters. */
const KINDS: readonly [kind: EmqxResource['kind'], to: string, next: string][] = [
  ['EmqxEnterprise', '4.4.15', '4.4.16'],
  ['EMQX', '5.8.9', '5.8.10'],
];
test.each(KINDS)(
  '%s: a namespace that is gone, with the rights there, does not keep those of the others waiting',
  (kind, to) =>
    Playground.play(async (at) => {
      const { clock, kubernetes } = at.world;
      await at.addCluster('emqx', { kind });
      const fate = { isGone: false };
      const refuse = (namespace: string | undefined) => {
        if (fate.isGone && namespace === 'gone')
          throw new KubeApiError(403, 'Forbidden', 'emqxes is forbidden in gone');
      };
      const api = new InMemoryKubeApi(clock, kubernetes.store, {
        intercept: (call, perform) => {
          refuse(call.namespace);
          return perform();
        },
      });
      const endWatches = () => api.endWatches(new KubeApiError(410, 'Expired', 'the watch has ended'));
      await at.writePolicy(AUTOMATIC);
      const runner = at.start('runner-1', { api, namespaces: [NAMESPACE, 'gone'] });
      await clock.sleep(30_000);
      fate.isGone = true;
      endWatches();
      // Nobody knows whether it still counts.
      const mark = 'approved.EMQX.gone.another';
      const map = { apiVersion: 'v1', kind: 'ConfigMap', namespace: HOME, name: 'emqx-upgrade-runner' };
      await at.world.api.patch(map, { type: 'merge', body: { data: { [mark]: '0123456789abcdef' } } });
      const next = at.start('runner-2', { api, namespaces: [NAMESPACE, 'gone'] });
      await runner.stop();
      await at.until(() => next.told.some(isKind('error')));
      await at.bump('emqx', to);
      await at.until(() => next.told.some(isKind('end')));
      const seen = await at.seen('emqx');
      expect([seen.disconnectsPerClient.max, seen.stillOffline, seen.sessionsLost]).toEqual([1, 0, 0]);
      await clock.sleep(600_000);
      expect(at.records).toEqual([mark, 'policy']);
      expect(next.told.filter(isKind('error')).map(({ text }) => text)).toEqual([
        'the clusters of the namespace gone cannot be listed, and all others are upgraded: emqxes is forbidden in gone; apply the manifest of the runner again for its rights, or let it no longer watch what is gone',
      ]);
    }),
);

test.each(KINDS)('%s: a run that cannot be read any more counts as open, also for the next runner', (kind, to) =>
  Playground.play(async (at) => {
    const { api, clock } = at.world;
    await at.addCluster('a', { kind, clients: 300 });
    await at.addCluster('b', { kind });
    await at.writePolicy(AUTOMATIC);
    const first = at.start('runner-1');
    await at.bump('a', to);
    await at.until(() => hasReached(first, 'evacuate'));
    const map = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: NAMESPACE,
      name: generationOf({ kind }).companionOf('a'),
    };
    await api.patch(map, { type: 'merge', body: { data: { 'journal.json': '{' } } });
    await at.bump('b', to);
    await at.until(() => first.told.some(isKind('stopped')));
    await clock.sleep(300_000);
    await first.stop();
    const second = at.start('runner-2');
    await clock.sleep(300_000);
    for (const { told } of [first, second]) {
      expect(story(told, 'b').at(-1)).toBe('left TooManyAtOnce');
      expect(story(told, 'b')).not.toContain('start');
    }
  }),
);

test.each(KINDS)('%s: when an upgrade has ended, the next one need not wait for what stopped it', (kind, to, next) =>
  Playground.play(async (at) => {
    const { clock, kubernetes } = at.world;
    await at.addCluster('emqx', { kind });
    await at.writePolicy(AUTOMATIC);
    const fate = { isRefused: true };
    const api = new InMemoryKubeApi(clock, kubernetes.store, {
      intercept: ({ verb, kind: of, namespace }, perform) => {
        if (fate.isRefused && verb === 'patch' && of === 'ConfigMap' && namespace === HOME)
          return Promise.reject(new KubeApiError(403, 'Forbidden', 'configmaps is forbidden'));
        return perform();
      },
    });
    const runner = at.start('runner-1', { api });
    await at.bump('emqx', to);
    await clock.sleep(20 * 60_000);
    expect(story(runner.told, 'emqx')).toContain('stopped');
    at.startLaptop('emqx', to);
    await at.until(() => story(runner.told, 'emqx').at(-1) === 'at-rest');
    fate.isRefused = false;
    await at.bump('emqx', next);
    await clock.sleep(60_000);
    expect(story(runner.told, 'emqx')).toContain('start');
  }),
);

test.each(KINDS)('%s: a cluster that cannot be held is told, and tried again soon', (kind) =>
  Playground.play(async (at) => {
    const { clock, kubernetes } = at.world;
    await at.addCluster('emqx', { kind, held: false });
    await at.writePolicy({ hold: 'enforce' });
    const fate = { isRefused: true };
    const api = new InMemoryKubeApi(clock, kubernetes.store, {
      intercept: ({ verb, kind: of }, perform) =>
        fate.isRefused && verb === 'patch' && of === kind
          ? Promise.reject(new KubeApiError(403, 'Forbidden', 'a policy says no'))
          : perform(),
    });
    const runner = at.start('runner-1', { api });
    await clock.sleep(30_000);
    const text =
      'Warning NotHeld: the operator could not be held, so that a change of the template cuts off every device: a policy says no; it is tried again within 5 min, or set hold: leave in the policy of the runner';
    expect(at.events('emqx')).toEqual([text]);
    expect(at.records).toEqual(['policy', `waits.${kind}.mqtt.emqx`]);
    fate.isRefused = false;
    await clock.sleep(45_000);
    expect(story(runner.told, 'emqx').slice(-2)).toEqual(['held', 'at-rest']);
    expect(at.records).toEqual(['policy']);
  }),
);

test.each(KINDS)(
  '%s: where the journal is deleted, and its runner dies, the next one begins where the devices are',
  (kind, to) =>
    Playground.play(async (at) => {
      const { api, clock } = at.world;
      await at.addCluster('emqx', { kind, clients: 1500 });
      await at.writePolicy({ ...AUTOMATIC, rateCap: 20 });
      const first = at.start('runner-1');
      await at.bump('emqx', to);
      await at.until(() => hasReached(first, 'evacuate'));
      await clock.sleep(5_000);
      await api.delete({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        namespace: NAMESPACE,
        name: generationOf({ kind }).companionOf('emqx'),
      });
      first.kill();
      const second = at.start('runner-2');
      await at.until(() => second.told.some(isKind('end')));
      expect(second.told.filter(isKind('stopped'))).toEqual([]);
      const seen = await at.seen('emqx');
      expect([seen.disconnectsPerClient.max, seen.stillOffline, seen.sessionsLost, seen.disconnects]).toEqual([
        1, 0, 0, 1500,
      ]);
      // Each of three nodes may exceed its share in its first second.
      expect(seen.peakDisconnectsPerSecond).toBeLessThanOrEqual(23);
    }),
);
