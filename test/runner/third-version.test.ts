import { Cluster } from '../../src/kubernetes';
import type { EmqxResource } from '../../src/resource';
import { contextOf } from '../../src/simulator/scenario';
import { controlUpgrade, rescue, troublesOf } from '../../src/upgrade';
import { activeSets } from '../../src/upgrade/observation';
import { hasReached, isKind, NAMESPACE, Playground, type Running } from './_runners';

type Kind = EmqxResource['kind'];
const VERSIONS = {
  EmqxEnterprise: ['4.4.14', '4.4.15', '4.4.16'],
  EMQX: ['5.8.8', '5.8.9', '5.8.10'],
} as const;

const texts = ({ told }: Running) => told.filter(isKind('stopped')).map(({ text }) => text);

const contextIn = (at: Playground, kind: Kind) =>
  contextOf(at.world, NAMESPACE, 'emqx', () => undefined, undefined, kind);

/** Versions of the sets with nodes. */
async function setsOf({ world: { api, clock } }: Playground, kind: Kind) {
  const view = await new Cluster({ api, clock, kind, namespace: NAMESPACE, name: 'emqx' }).observe();
  return activeSets(view, 'core').map(({ image }) => image.replace(/^.*:/, ''));
}

/** A run in this phase, in the middle of which the resource gets a third version. */
function play(kind: Kind, phase: string, work: (at: Playground, runner: Running) => Promise<void>): Promise<void> {
  const [, second, third] = VERSIONS[kind];
  return Playground.play(async (at) => {
    await at.addCluster('emqx', { kind, clients: 300 });
    await at.writePolicy({ mode: 'automatic' });
    const runner = at.start('runner-1');
    await at.world.clock.sleep(150_000);
    await at.bump('emqx', second);
    await at.until(() => hasReached(runner, phase));
    await at.world.clock.sleep(1_000);
    await at.bump('emqx', third);
    await at.until(() => runner.told.some(isKind('stopped')));
    await at.until(() => texts(runner).length > 1);
    expect((await setsOf(at, kind)).sort()).toEqual([...VERSIONS[kind]].sort());
    await work(at, runner);
  });
}

async function expectSound(at: Playground, most: number) {
  const seen = await at.seen('emqx');
  expect(seen.disconnectsPerClient.max).toBeLessThanOrEqual(most);
  expect(seen).toMatchObject({ stillOffline: 0, sessionsLost: 0 });
}

describe('EmqxEnterprise: a third version in the middle of a run', () => {
  const kind = 'EmqxEnterprise';
  const resume = '`emqx-blue-green resume emqx -n mqtt` resumes it';

  test.each(['green', 'evacuate'])('%s: set back as advised, the run goes on, and the third set goes', (phase) =>
    play(kind, phase, async (at, runner) => {
      const [stopped = '', blocked = ''] = texts(runner);
      expect(stopped).toContain('; set the template back to version 4.4.15, then run the same command again');
      // No command goes on before that.
      expect(blocked).toContain(`; finish it first: set the template back to version 4.4.15, then ${resume}`);
      expect(at.events('emqx').at(-1)).toContain(`set the template back to version 4.4.15, then ${resume}`);
      expect(await troublesOf(contextIn(at, kind))).toMatchObject([
        { id: 'run-left', advice: expect.stringMatching(/^set the template back to version 4.4.15, then/) },
      ]);
      await at.bump('emqx', '4.4.15');
      await at.until(() => runner.told.some(isKind('end')));
      expect(runner.told.find(isKind('end'))?.report).toMatchObject({ outcome: 'completed', incidents: [] });
      expect(await setsOf(at, kind)).toEqual(['4.4.15']);
      await expectSound(at, 1);
    }),
  );

  test('the run is aborted as advised, without setting anything back', () =>
    play(kind, 'evacuate', async (at, runner) => {
      expect(texts(runner).at(-1)).toContain('`emqx-blue-green abort emqx -n mqtt` rolls it back');
      await runner.stop();
      expect(await controlUpgrade(contextIn(at, kind), { do: 'abort' })).toMatchObject({ outcome: 'aborted' });
      expect(await setsOf(at, kind)).toEqual(['4.4.14']);
      await expectSound(at, 2);
    }));
});

test('EmqxEnterprise: an old version that is set back in the middle of a run is rolled back to as advised', () =>
  Playground.play(async (at) => {
    const kind = 'EmqxEnterprise';
    await at.addCluster('emqx', { kind, clients: 300 });
    await at.writePolicy({ mode: 'automatic' });
    const runner = at.start('runner-1');
    await at.world.clock.sleep(150_000);
    await at.bump('emqx', '4.4.15');
    await at.until(() => hasReached(runner, 'evacuate'));
    await at.world.clock.sleep(1_000);
    await at.bump('emqx', '4.4.14');
    await at.until(() => texts(runner).length > 0);
    expect(texts(runner)[0]).toContain(
      '; `emqx-blue-green abort emqx -n mqtt` rolls it back, as the template asks now',
    );
    await runner.stop();
    const context = contextIn(at, kind);
    expect((await troublesOf(context)).map(({ cure }) => cure)).toEqual(['roll it back, as with abort']);
    await rescue(context, 'run-left');
    expect(await setsOf(at, kind)).toEqual(['4.4.14']);
    await expectSound(at, 2);
  }));

describe('EMQX: a third version in the middle of a run', () => {
  const kind = 'EMQX';
  const RESCUE = '`emqx-blue-green rescue emqx -n mqtt` moves all devices to the set that the operator wants now';

  test.each([[], ['5.8.9'], ['5.8.8']])('also when it is set back to %s, rescue is advised, and cures', (...back) =>
    play(kind, 'evacuate', async (at, runner) => {
      for (const version of back) {
        await at.bump('emqx', version);
        await at.world.clock.sleep(120_000);
      }
      for (const text of texts(runner)) expect(text).toContain(RESCUE);
      expect(at.events('emqx').findLast((event) => event.startsWith('Warning'))).toContain(RESCUE);
      // Beside the runner, which goes on trying.
      await rescue(contextIn(at, kind), 'extra-sets');
      expect(await setsOf(at, kind)).toEqual([back[0] ?? '5.8.10']);
      await expectSound(at, 3);
    }),
  );
});
