import type { EmqxResource } from '../../src/resource';
import { contextOf } from '../../src/simulator/scenario';
import { rescue } from '../../src/upgrade';
import { activeSets } from '../../src/upgrade/observation';
import { clusterIn, hasReached, isKind, NAMESPACE, Playground, type Running, story } from './_runners';

/** An abort, while Git still has the new template, and something applies that again. */
type Kind = EmqxResource['kind'];

const versionsOf = async (at: Playground, kind: Kind) =>
  activeSets(await clusterIn(at, kind).observe(), 'core').map(({ image }) => image.replace(/^.*:/, ''));

const warnings = ({ told }: Running) =>
  told.flatMap((one) => (one.kind === 'progress' && one.event.kind === 'warning' ? [one.event.text] : []));

const AGAIN = 'something has applied the aborted template again: the old one is restored once more';

/** An abort that was asked for in the middle of an evacuation. */
function play(
  { kind, from, to }: { kind: Kind; from: string; to: string },
  work: (at: Playground, runner: Running) => Promise<void>,
): Promise<void> {
  return Playground.play(async (at) => {
    await at.addCluster('emqx', { kind, clients: 300 });
    await at.writePolicy({ mode: 'automatic' });
    const runner = at.start('runner-1');
    await at.world.clock.sleep(150_000);
    expect(at.versions('emqx')[0]).toBe(from);
    await at.bump('emqx', to);
    await at.until(() => hasReached(runner, 'evacuate'));
    await at.world.clock.sleep(1_000);
    await clusterIn(at, kind).writeRequest('abort');
    await work(at, runner);
  });
}

describe('EmqxEnterprise', () => {
  const upgrade = { kind: 'EmqxEnterprise', from: '4.4.14', to: '4.4.15' } as const;

  async function expectBack(at: Playground, runner: Running) {
    await at.until(() => runner.told.some(isKind('end')));
    expect(runner.told.find(isKind('end'))?.report).toMatchObject({ outcome: 'aborted' });
    const seen = await at.seen('emqx');
    expect(seen.disconnectsPerClient.max).toBeLessThanOrEqual(2);
    expect(seen).toMatchObject({ stillOffline: 0, sessionsLost: 0 });
    expect((await versionsOf(at, upgrade.kind))[0]).toBe(upgrade.from);
  }

  test.each(['switch-back', 'return', 'retire-green'])('a sync in phase %s: the abort goes on', (phase) =>
    play(upgrade, async (at, runner) => {
      await at.until(() => hasReached(runner, phase));
      await at.world.clock.sleep(300);
      await at.bump('emqx', upgrade.to);
      await expectBack(at, runner);
      expect(warnings(runner)).toContain(AGAIN);
      expect(story(runner.told, 'emqx')).not.toContain('stopped');
      expect(await versionsOf(at, upgrade.kind)).toEqual([upgrade.from]);
    }),
  );

  test('a sync while nobody drives it: the next runner goes on', () =>
    play(upgrade, async (at, first) => {
      await at.until(() => hasReached(first, 'return'));
      first.kill();
      await at.bump('emqx', upgrade.to);
      const second = at.start('runner-2');
      await expectBack(at, second);
      expect(warnings(second)).toContain(AGAIN);
    }));

  test('a sync every three minutes: the abort ends, and the template that comes back is not begun again', () =>
    play(upgrade, async (at, runner) => {
      for (let each = 0; each < 5; each++) {
        await at.world.clock.sleep(each === 0 ? 2_000 : 180_000);
        await at.bump('emqx', upgrade.to);
      }
      await expectBack(at, runner);
      await at.until(() => story(runner.told, 'emqx').at(-1) === 'left AbortedBefore');
    }));

  test('something that writes it all the time: the run stops, says so, and goes on when that ends', () =>
    play(upgrade, async (at, runner) => {
      await at.until(() => hasReached(runner, 'switch-back'));
      while (!runner.told.some(isKind('stopped'))) {
        await at.bump('emqx', upgrade.to);
        await at.world.clock.sleep(1_000);
      }
      expect(runner.told.find(isKind('stopped'))).toMatchObject({
        code: 'TEMPLATE_CHANGED',
        text: 'spec.template was changed during the upgrade; stop what applies the new one again and again (suspend the sync, or take it back in Git), set the template back to version 4.4.14, then run the same command again',
      });
      await expectBack(at, runner);
    }));
});

test('EMQX: a sync in the middle of an abort stops it, and rescue cures once the old version is back', () =>
  play({ kind: 'EMQX', from: '5.8.8', to: '5.8.9' }, async (at, runner) => {
    await at.until(() => hasReached(runner, 'return'));
    await at.bump('emqx', '5.8.9');
    await at.until(() => runner.told.some(isKind('stopped')));
    const advice =
      'set spec.image, spec.coreTemplate or spec.replicantTemplate back to version 5.8.8, unless the other version is wanted after all; `emqx-blue-green rescue emqx -n mqtt` moves all devices';
    expect(runner.told.find(isKind('stopped'))?.text).toContain(advice);
    await at.world.clock.sleep(120_000);
    // The operator has closed the gates of the old nodes, but devices still get in.
    const { pods, traffic } = await clusterIn(at, 'EMQX').observe();
    const old = pods.filter(({ revision }) => revision === traffic[0]?.revision);
    expect(old.map(({ ready }) => ready)).toEqual([false, false, false]);
    expect(traffic[0]?.pods.sort()).toEqual(old.map(({ name }) => name).sort());
    expect(at.events('emqx').findLast((event) => event.startsWith('Warning'))).toContain(advice);
    await at.bump('emqx', '5.8.8');
    await at.world.clock.sleep(60_000);
    await rescue(
      contextOf(at.world, NAMESPACE, 'emqx', () => undefined, undefined, 'EMQX'),
      'extra-sets',
    );
    expect(await versionsOf(at, 'EMQX')).toEqual(['5.8.8']);
    const [service] = (await clusterIn(at, 'EMQX').observe()).traffic;
    expect(service).not.toHaveProperty('routesToUnready');
    expect(await at.seen('emqx')).toMatchObject({ stillOffline: 0, sessionsLost: 0 });
  }));
