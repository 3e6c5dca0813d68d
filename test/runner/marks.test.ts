import type { EmqxResource } from '../../src/resource';
import { recordsIn } from '../../src/runner/records';
import type { Sighting } from '../../src/runner/sighting';
import { spentMarks } from '../../src/runner/spent-marks';
import { clusterIn, HOME, hasReached, isKind, KINDS, Playground, type Running, story } from './_runners';

const digestIn = ({ told }: Running) => /template (\w+)/.exec(told.findLast(isKind('left'))?.text ?? '')?.[1] ?? '';

const CLOSED = { from: '05:00', to: '06:00' };

/** What a laptop upgrades to before the window of the runner opens. */
async function upgradedByLaptop(at: Playground, kind: EmqxResource['kind'], to: string, isAborted: boolean) {
  const close = at.startLaptop('emqx', to);
  if (isAborted) {
    await at.world.clock.sleep(4_000);
    await clusterIn(at, kind).writeRequest('abort');
  }
  await at.world.clock.sleep(300_000);
  close();
  const { journal } = await clusterIn(at, kind).observe();
  expect([journal?.phase, journal?.aborted !== undefined]).toEqual(['done', isAborted]);
}

describe.each(KINDS)('%s: an approval counts for one upgrade, also for that of a laptop', (kind, from, to) => {
  test.each([
    ['that is aborted', true, true, undefined],
    ['that is aborted while no runner works', true, false, 'none'],
    ['that is completed', false, true, undefined],
    ['that is completed while no runner works', false, false, 'none'],
  ])('%s', (_, isAborted, isWatched, after) =>
    Playground.play(async (at) => {
      await at.addCluster('emqx', { kind, clients: 60 });
      await at.writePolicy({ mode: 'approval', window: CLOSED });
      let runner = at.start('runner-1');
      await at.world.clock.sleep(150_000);
      await at.bump('emqx', to);
      await at.until(() => runner.told.some(isKind('left')));
      await at.approve('emqx', digestIn(runner), after);
      await at.world.clock.sleep(30_000);
      expect(story(runner.told, 'emqx').at(-1)).toBe('left OutsideWindow');
      if (!isWatched) await runner.stop();
      await upgradedByLaptop(at, kind, to, isAborted);
      if (!isWatched) runner = at.start('runner-2');
      await at.world.clock.sleep(60_000);
      expect(new Set(at.versions('emqx'))).toEqual(new Set([isAborted ? from : to]));
      expect(at.records).toEqual(['policy']);
      if (!isAborted) return;
      await at.writePolicy({ mode: 'approval' });
      const before = runner.told.length;
      await at.bump('emqx', to);
      await at.world.clock.sleep(600_000);
      const since = story(runner.told.slice(before), 'emqx');
      expect(since.at(-1)).toBe('left NotApproved');
      expect(since).not.toContain('start');
      await at.approve('emqx', digestIn(runner), (await clusterIn(at, kind).observe()).journal?.run);
      await at.until(() => runner.told.some(isKind('end')));
      await at.world.clock.sleep(10_000);
      expect(at.records).toEqual(['policy']);
    }),
  );
});

test.each(KINDS)(
  '%s: a run that the runner has begun is brought to its end by the next one, also under a wrong policy',
  (kind, _, to) =>
    Playground.play(async (at) => {
      await at.addCluster('emqx', { kind, clients: 300 });
      await at.writePolicy({ mode: 'automatic', rateCap: 20 });
      const first = at.start('runner-1');
      await at.world.clock.sleep(150_000);
      await at.bump('emqx', to);
      await at.until(() => hasReached(first, 'evacuate'));
      await at.writePolicy('mode: automatik\nrateCap: 5');
      await at.until(() => first.told.some((one) => one.kind === 'policy' && one.problems.length > 0));
      first.kill();
      const second = at.start('runner-2');
      await at.until(() => second.told.some(isKind('end')));
      expect(second.told.find(isKind('start'))).toMatchObject({ isResumed: true });
      const { report } = second.told.find(isKind('end'))!;
      expect(report).toMatchObject({ outcome: 'completed' });
      // The cap of the policy under which it was begun, which each node may exceed in its first second.
      expect(report.capPerSecond).toBe(20);
      const seen = await at.seen('emqx');
      expect([seen.disconnectsPerClient.max, seen.stillOffline, seen.sessionsLost]).toEqual([1, 0, 0]);
      await at.world.clock.sleep(10_000);
      expect(at.records).toEqual(['policy']);
    }),
);

test('under a wrong policy a run of a laptop that was closed is told, and not resumed', () =>
  Playground.play(async (at) => {
    await at.addCluster('emqx', { clients: 300 });
    await at.writePolicy('mode: automatik');
    const runner = at.start('runner-1');
    const close = at.startLaptop('emqx', '4.4.15');
    await at.world.clock.sleep(6_000);
    close();
    await at.until(() => runner.told.some(isKind('left')));
    expect(at.events('emqx')).toEqual([
      expect.stringMatching(
        /^Warning NotResumed: nobody drives the run in phase \w+, and the policy is wrong, so that /,
      ),
    ]);
    await at.world.clock.sleep(600_000);
    expect(story(runner.told, 'emqx')).not.toContain('start');
  }));

test.each(KINDS)('%s: of runners in two namespaces one upgrades, and only that has begun the run', (kind, _, to) =>
  Playground.play(async (at) => {
    await at.addCluster('emqx', { kind, clients: 600 });
    const homes = [HOME, 'others'];
    for (const home of homes) await at.writePolicy({ mode: 'automatic', resume: false }, home);
    const runners = homes.map((namespace) => at.start(`runner-of-${namespace}`, { namespace }));
    await at.world.clock.sleep(150_000);
    await at.bump('emqx', to);
    await at.until(() => runners.some((each) => hasReached(each, 'evacuate')));
    const winner = runners.findIndex((each) => hasReached(each, 'evacuate'));
    await at.world.clock.sleep(3_000);
    expect(at.recordsOf(homes[winner]!)).toContain(`begun.${kind}.mqtt.emqx`);
    expect(at.recordsOf(homes[1 - winner]!)).not.toContain(`begun.${kind}.mqtt.emqx`);
    runners[winner]!.kill();
    const loser = runners[1 - winner]!;
    await at.world.clock.sleep(300_000);
    expect(story(loser.told, 'emqx').at(-1)).toBe('left NotResumed');
    expect(loser.told.filter((one) => one.kind === 'start' && one.isResumed)).toEqual([]);
    const next = at.start('runner-next', { namespace: homes[winner]! });
    await at.until(() => next.told.some(isKind('end')));
    const seen = await at.seen('emqx');
    expect([seen.disconnectsPerClient.max, seen.stillOffline, seen.sessionsLost]).toEqual([1, 0, 0]);
    const errors = [...runners, next].flatMap(({ told }) => told.filter(isKind('error')));
    expect(errors.map(({ text }) => text)).toEqual([]);
    await at.world.clock.sleep(60_000);
    for (const home of homes) expect(at.recordsOf(home)).toEqual(['policy']);
  }),
);

describe('marks that mean nothing any more', () => {
  const run = { id: 'r', from: '1', to: '2', target: 'd1', phase: 'evacuate' } as const;
  const last = { id: 'r1', target: 'd1', isAborted: false };
  const seen = (more: Partial<Sighting>) => ({ run: undefined, last: undefined, ...more }) as Sighting;
  const [approved, begun] = ['approved.EmqxEnterprise.mqtt.a', 'begun.EmqxEnterprise.mqtt.a'];

  test.each<[string, Record<string, string>, Sighting | 'gone' | undefined, string[]]>([
    ['a cluster that is gone', { [approved]: 'd1', [begun]: 'd1' }, 'gone', [approved, begun]],
    ['a cluster that was not seen yet', { [approved]: 'd1', [begun]: 'd1' }, undefined, []],
    ['its own run is open', { [approved]: 'd1', [begun]: 'd1' }, seen({ run }), [approved]],
    ['the run of another one is open', { [approved]: 'd2', [begun]: 'd2' }, seen({ run }), [begun]],
    ['no run is open', { [approved]: 'd1', [begun]: 'd1' }, seen({}), [begun]],
    ['written by hand, and upgraded to since', { [approved]: 'd1' }, seen({ last }), [approved]],
    [
      'written by hand after an abort, or before',
      { [approved]: 'd1' },
      seen({ last: { ...last, isAborted: true } }),
      [],
    ],
    ['approved after the last run', { [approved]: 'd1 after r1' }, seen({ last }), []],
    ['approved before the last run', { [approved]: 'd1 after r0' }, seen({ last }), [approved]],
    ['approved before any run', { [approved]: 'd1 after none' }, seen({}), []],
    ['approved before the first run', { [approved]: 'd1 after none' }, seen({ last }), [approved]],
  ])('%s', (_, data, cluster, expected) => {
    const records = recordsIn({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data });
    const clusters = { exists: () => cluster !== 'gone', seen: () => (cluster === 'gone' ? undefined : cluster) };
    expect(spentMarks(records, { ...clusters, follows: (namespace) => namespace === 'mqtt' })).toEqual(expected);
    expect(spentMarks(records, { exists: () => false, seen: () => undefined, follows: () => false })).toEqual([]);
  });
});
