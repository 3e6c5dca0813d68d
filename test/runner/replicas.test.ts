import { type EmqxResource, generationOf } from '../../src/resource';
import { contextOf } from '../../src/simulator/scenario';
import { rescue, troublesOf } from '../../src/upgrade';
import { activeSets } from '../../src/upgrade/observation';
import { clusterIn, hasReached, isKind, NAMESPACE, Playground, type Running, story } from './_runners';

/** The number of nodes and the version are changed in one write, as one commit does. */
type Kind = EmqxResource['kind'];
const VERSIONS = { EmqxEnterprise: ['4.4.14', '4.4.15'], EMQX: ['5.8.8', '5.8.9'] } as const;
const replicas = (kind: Kind, count: number) =>
  kind === 'EMQX' ? { coreTemplate: { spec: { replicas: count } } } : { replicas: count };

/** Of the sets with nodes, with their images. */
async function setsOf(at: Playground, kind: Kind) {
  const view = await clusterIn(at, kind).observe();
  return activeSets(view, 'core').map(({ image, replicas: count }) => [image.replace(/^.*:/, ''), count]);
}

/** A held cluster of 3 nodes, which a runner has seen at rest for long enough. */
function play(kind: Kind, work: (at: Playground, runner: Running) => Promise<void>): Promise<void> {
  return Playground.play(async (at) => {
    await at.addCluster('emqx', { kind, clients: 300 });
    await at.writePolicy({ mode: 'automatic' });
    const runner = at.start('runner-1');
    await at.world.clock.sleep(150_000);
    await work(at, runner);
  });
}

const once = { disconnectsPerClient: { max: 1 }, stillOffline: 0, sessionsLost: 0 };

test.each<[Kind, number]>([
  ['EmqxEnterprise', 4],
  ['EMQX', 4],
  ['EMQX', 2],
])('%s: 3 nodes become %i of the new version, and each device moves once', (kind, count) =>
  play(kind, async (at, runner) => {
    const [, to] = VERSIONS[kind];
    await at.bump('emqx', to, replicas(kind, count));
    await at.until(() => runner.told.some(isKind('end')));
    expect(story(runner.told, 'emqx')).not.toContain('stopped');
    expect(runner.told.find(isKind('end'))?.report).toMatchObject({ outcome: 'completed', incidents: [] });
    const seen = await at.seen('emqx');
    expect(seen).toMatchObject({ ...once, disconnects: 300 });
    expect(seen.peakDisconnectsPerSecond).toBeLessThanOrEqual(100);
    expect(await setsOf(at, kind)).toEqual([[to, count]]);
  }),
);

const ABORTED: [Kind, number, string][] = [
  ['EmqxEnterprise', 4, 'green'],
  ['EmqxEnterprise', 4, 'evacuate'],
  ['EMQX', 4, 'green'],
  ['EMQX', 4, 'evacuate'],
  ['EMQX', 2, 'evacuate'],
];

test.each(ABORTED)('%s: to %i nodes, aborted in phase %s, also by the next runner: 3 old nodes', (kind, count, phase) =>
  play(kind, async (at, first) => {
    const [from, to] = VERSIONS[kind];
    const { spec } = at.resource('emqx');
    await at.bump('emqx', to, replicas(kind, count));
    await at.until(() => hasReached(first, phase));
    await at.world.clock.sleep(1_000);
    await clusterIn(at, kind).writeRequest('abort');
    await at.world.clock.sleep(1_000);
    first.kill();
    const second = at.start('runner-2');
    await at.until(() => second.told.some(isKind('end')));
    expect(second.told.find(isKind('end'))?.report).toMatchObject({ outcome: 'aborted' });
    expect(at.resource('emqx').spec).toEqual(spec);
    const seen = await at.seen('emqx');
    expect(seen.disconnectsPerClient.max).toBeLessThanOrEqual(2);
    expect(seen).toMatchObject({ stillOffline: 0, sessionsLost: 0 });
    expect(await setsOf(at, kind)).toEqual([[from, 3]]);
  }),
);

describe('EmqxEnterprise: fewer nodes of a new version', () => {
  const lowered = (work: (at: Playground, runner: Running) => Promise<void>) =>
    play('EmqxEnterprise', async (at, runner) => {
      await at.bump('emqx', '4.4.15', { replicas: 2 });
      await at.until(() => runner.told.some(isKind('stopped')));
      expect(runner.told.find(isKind('stopped'))).toMatchObject({
        code: 'BLOCKED',
        text: 'replicas: replicas change from 3 to 2 in the same step: the operator takes the smaller set for the old one, and would drain the new nodes; leave spec.replicas at 3 (set it back, where it was changed already): then the upgrade can begin; lower it when that has ended',
      });
      expect(await clusterIn(at, 'EmqxEnterprise').observe()).toMatchObject({ journal: undefined });
      await work(at, runner);
    });

  test('are refused; with as many as before the upgrade begins, and they are fewer later', () =>
    lowered(async (at, runner) => {
      await at.bump('emqx', '4.4.15', { replicas: 3 });
      await at.until(() => runner.told.some(isKind('end')));
      expect(runner.told.find(isKind('end'))?.report).toMatchObject({ outcome: 'completed', incidents: [] });
      expect(await at.seen('emqx')).toMatchObject({ ...once, disconnects: 300 });
      expect(await setsOf(at, 'EmqxEnterprise')).toEqual([['4.4.15', 3]]);
    }));

  test('are refused; where all is set back, rescue removes the new ones', () =>
    lowered(async (at) => {
      const kind = 'EmqxEnterprise';
      await at.bump('emqx', '4.4.14', { replicas: 3 });
      await at.world.clock.sleep(30_000);
      const context = contextOf(at.world, NAMESPACE, 'emqx', () => undefined, undefined, kind);
      expect((await troublesOf(context)).map(({ id }) => id)).toEqual(['template-set-back']);
      await rescue(context, 'template-set-back');
      expect(await setsOf(at, kind)).toEqual([['4.4.14', 3]]);
      expect(generationOf({ kind }).replicasOf(at.resource('emqx'), 'core')).toBe(3);
      expect(await at.seen('emqx')).toMatchObject({ disconnects: 0, stillOffline: 0, sessionsLost: 0 });
    }));
});
