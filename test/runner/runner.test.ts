import type { KubeObject } from '../../src/kubernetes';
import { asEnterprise, generationOf, HOLD_DELAY_SECONDS, isHeld, STOPPED_DELAY_SECONDS } from '../../src/resource';
import type { Told } from '../../src/runner/told';
import { AUTOMATIC, isKind, KINDS, Playground, story } from './_runners';

const UPGRADED = ['4.4.15', '4.4.15', '4.4.15'];

/** Each device was disconnected once, and no session was lost. */
async function expectSound(at: Playground, name: string, disconnects = 1): Promise<void> {
  const seen = await at.seen(name);
  expect([seen.disconnectsPerClient.max, seen.stillOffline, seen.sessionsLost]).toEqual([disconnects, 0, 0]);
}

test('a version that a second field manager bumps on a held cluster is taken up, upgraded and reported', () =>
  Playground.play(async (at) => {
    await at.addCluster('emqx-ee');
    await at.writePolicy(AUTOMATIC);
    const runner = at.start('runner-1');
    await at.world.clock.sleep(60_000);
    expect(story(runner.told, 'emqx-ee')).toEqual(['at-rest']);
    await at.bump('emqx-ee', '4.4.15');
    await at.until(() => runner.told.some(isKind('end')));
    await at.world.clock.sleep(30_000);
    expect(at.versions('emqx-ee')).toEqual(UPGRADED);
    expect(isHeld(at.resource('emqx-ee'))).toBe(true);
    await expectSound(at, 'emqx-ee');
    expect(story(runner.told, 'emqx-ee')).toEqual(['at-rest', 'waiting', 'plan', 'start', 'end', 'at-rest']);
    expect(at.records).toEqual(['policy']);
    const reasons = at.events('emqx-ee').map((event) => event.split(':')[0]);
    expect(reasons[0]).toBe('Normal UpgradeStarted');
    expect(reasons).toContain('Normal UpgradePhase');
    expect(reasons.at(-1)).toBe('Normal UpgradeCompleted');
  }));

const gatesIn = (runner: { told: readonly Told[] }) =>
  runner.told.find(isKind('end'))!.report.gates.map(({ id, verdict, before, least }) => [id, verdict, before, least]);

test.each([
  [{}, [['connections', 'passed', 300, 297], expect.anything(), ['mqtt31', 'passed', 0, undefined]]],
  [{ backPercent: 50, sampleDevices: false }, [['connections', 'passed', 300, 150], expect.anything()]],
])('the policy says what must be back in the end, and whether devices are sampled: %j', (more, expected) =>
  Playground.play(async (at) => {
    await at.addCluster('emqx-ee', { clients: 300 });
    await at.writePolicy({ ...AUTOMATIC, ...more });
    const runner = at.start('runner-1');
    await at.bump('emqx-ee', '4.4.15');
    await at.until(() => runner.told.some(isKind('end')));
    expect(gatesIn(runner)).toEqual(expected);
  }),
);

test.each(KINDS.flatMap((kind) => (['kill', 'stop'] as const).map((how) => [...kind, how] as const)))(
  'a run of %s (%s → %s) whose runner ends in the middle (%s) is resumed by another one',
  (kind, _, to, how) =>
    Playground.play(async (at) => {
      await at.addCluster('emqx', { kind, clients: 600 });
      await at.writePolicy({ ...AUTOMATIC, resume: false });
      const first = at.start('runner-1');
      await at.world.clock.sleep(5_000);
      const second = at.start('runner-2');
      await at.bump('emqx', to);
      await at.until(() =>
        first.told.some(
          (one) => one.kind === 'progress' && one.event.kind === 'phase' && one.event.phase === 'evacuate',
        ),
      );
      await at.world.clock.sleep(2_000);
      expect(second.told.filter(isKind('leading'))).toEqual([]);
      await first[how]();
      await at.until(() => second.told.some(isKind('end')));
      await at.world.clock.sleep(5_000);
      expect(story(second.told, 'emqx')).toEqual(['upgrading', 'start', 'end', 'at-rest']);
      expect(second.told.find(isKind('start'))).toMatchObject({ isResumed: true });
      await expectSound(at, 'emqx');
      expect(at.versions('emqx')).toEqual([to, to, to]);
      expect(at.records).toEqual(['policy']);
    }),
);

test.each(KINDS)(
  '%s: without a policy a template waits for an approval, and one of another template is refused',
  (kind, from, to) =>
    Playground.play(async (at) => {
      await at.addCluster('emqx', { kind });
      const runner = at.start('runner-1');
      await at.bump('emqx', to);
      await at.until(() => runner.told.some(isKind('left')));
      const [asked] = runner.told.filter(isKind('left'));
      expect(asked).toMatchObject({ reason: 'NotApproved', text: expect.stringContaining('emqx-blue-green approve') });
      const [, digest = ''] = /template (\w+)/.exec(asked!.text)!;
      await at.writePolicy('mode: approval');
      await at.approve('emqx', '0123456789abcdef');
      await at.until(() => runner.told.filter(isKind('left')).length === 2);
      expect(runner.told.filter(isKind('left'))[1]).toMatchObject({ reason: 'OtherApproved' });
      await at.world.clock.sleep(600_000);
      expect(runner.told.filter(isKind('left'))).toHaveLength(2);
      expect(at.versions('emqx').filter((version) => version === from)).toHaveLength(3);
      await at.approve('emqx', digest);
      await at.until(() => runner.told.some(isKind('end')));
      await expectSound(at, 'emqx');
      expect(at.records).toEqual(['policy']);
      expect(at.events('emqx').slice(0, 2)).toEqual([
        expect.stringMatching(/^Normal NotApproved: version \S+, template \w+, waits/),
        expect.stringMatching(/^Warning OtherApproved: template 0123456789abcdef is approved/),
      ]);
    }),
);

test('a template that is changed while the upgrade to the approved one is planned waits for an approval of its own', () =>
  Playground.play(async (at) => {
    await at.addCluster('emqx-ee');
    await at.writePolicy('mode: approval');
    const runner = at.start('runner-1', { told: (one) => one.kind === 'plan' && void at.bump('emqx-ee', '4.4.16') });
    await at.bump('emqx-ee', '4.4.15');
    await at.until(() => runner.told.some(isKind('left')));
    const [, digest = ''] = /template (\w+)/.exec(runner.told.find(isKind('left'))!.text)!;
    await at.approve('emqx-ee', digest);
    await at.until(() => runner.told.some((one) => one.kind === 'left' && one.reason === 'OtherApproved'));
    expect(story(runner.told, 'emqx-ee')).not.toContain('start');
    expect(at.versions('emqx-ee').filter((version) => version === '4.4.14')).toHaveLength(3);
  }));

test('of two clusters the canary comes first, and one is upgraded at a time', () =>
  Playground.play(async (at) => {
    await at.addCluster('a-main');
    await at.addCluster('b-canary', { labels: { tier: 'canary' } });
    await at.writePolicy({ ...AUTOMATIC, order: { label: 'tier', value: 'canary' } });
    const runner = at.start('runner-1');
    await at.bump('a-main', '4.4.15');
    await at.bump('b-canary', '4.4.15');
    await at.until(() => runner.told.filter(isKind('end')).length === 2);
    const turns = runner.told.flatMap((one) =>
      one.kind === 'start' || one.kind === 'end' ? [`${one.kind} ${one.cluster.name}`] : [],
    );
    expect(turns).toEqual(['start b-canary', 'end b-canary', 'start a-main', 'end a-main']);
    expect(story(runner.told, 'a-main')).toContain('left AfterOthers');
    await expectSound(at, 'a-main');
    await expectSound(at, 'b-canary');
  }));

test('a cluster at rest is held if the policy says so, and the delay of its owner is kept', () =>
  Playground.play(async (at) => {
    await at.addCluster('emqx-ee', { held: false });
    const runner = at.start('runner-1');
    await at.until(() => runner.told.some(isKind('left')));
    expect(at.events('emqx-ee')).toEqual([expect.stringMatching(/^Warning NotHeld: /)]);
    expect(isHeld(at.resource('emqx-ee'))).toBe(false);
    await at.writePolicy({ ...AUTOMATIC, hold: 'enforce' });
    await at.until(() => runner.told.some(isKind('held')));
    expect(isHeld(at.resource('emqx-ee'))).toBe(true);
    await at.bump('emqx-ee', '4.4.15');
    await at.until(() => runner.told.some(isKind('end')));
    expect(isHeld(at.resource('emqx-ee'))).toBe(true);
    expect(runner.told.filter(isKind('held'))).toHaveLength(1);
    await expectSound(at, 'emqx-ee');
    const delays = runner.told.flatMap((one) =>
      one.kind === 'progress' && one.event.kind === 'phase' ? [[one.event.phase, one.at] as const] : [],
    );
    const began = new Map(delays);
    expect(began.get('evacuate')! - began.get('switch')!).toBeGreaterThanOrEqual(5_000);
  }));

test.each([
  ['EmqxEnterprise', 'emqx-ee', '4.4.15'],
  ['EMQX', 'emqx', '5.8.9'],
] as const)(
  'a sync that brings a small delay together with a new version (%s) is held while the new nodes start',
  (kind, name, version) =>
    Playground.play(async (at) => {
      await at.addCluster(name, { kind, clients: 300 });
      await at.writePolicy({ ...AUTOMATIC, hold: 'enforce' });
      const { delayPatch } = generationOf(at.resource(name));
      await at.bump(name, version, delayPatch(5));
      await at.world.clock.sleep(1_500); // the operator has made the new nodes, and they start
      const runner = at.start('runner-1');
      await at.until(() => runner.told.some(isKind('end')));
      expect(runner.told.filter(isKind('held'))).toHaveLength(1);
      await expectSound(at, name);
      expect(at.versions(name)).toEqual([version, version, version]);
    }),
);

test('with a wrong policy nothing is taken up, and one Event has all problems', () =>
  Playground.play(async (at) => {
    await at.addCluster('emqx-ee');
    await at.writePolicy('mode: auto\nmaxConcurrent: 0\n');
    const runner = at.start('runner-1');
    await at.bump('emqx-ee', '4.4.15');
    await at.world.clock.sleep(600_000);
    expect(story(runner.told, 'emqx-ee')).toEqual(['at-rest', 'waiting']);
    expect(at.events('emqx-upgrade-runner')).toEqual([
      expect.stringMatching(/^Warning PolicyInvalid: no upgrade is begun: 'maxConcurrent' .* \| 'mode' /),
    ]);
    await at.writePolicy(AUTOMATIC);
    await at.until(() => runner.told.some(isKind('end')));
  }));

test('without a policy, but with a key of nearly its name, nothing is taken up', () =>
  Playground.play(async (at) => {
    await at.addCluster('emqx-ee');
    const map = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'runners', name: 'emqx-upgrade-runner' };
    const misspelt = { ...map, metadata: map, data: { polcy: 'mode: automatic' } };
    await at.world.apply([misspelt as unknown as KubeObject]);
    const runner = at.start('runner-1');
    await at.bump('emqx-ee', '4.4.15');
    await at.world.clock.sleep(60_000);
    expect(story(runner.told, 'emqx-ee')).toEqual(['at-rest', 'waiting']);
    expect(at.events('emqx-upgrade-runner')).toEqual([
      expect.stringMatching(/^Warning PolicyInvalid: no upgrade is begun: 'data\.polcy' .*; did you mean 'policy'\?$/),
    ]);
    await at.writePolicy(AUTOMATIC);
    await at.until(() => runner.told.some(isKind('end')));
  }));

test('a cluster that a check prevents from being upgraded is reported once, and upgraded when that is corrected', () =>
  Playground.play(async (at) => {
    await at.addCluster('emqx-ee');
    await at.writePolicy(AUTOMATIC);
    const ref = { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', namespace: 'mqtt', name: 'emqx-ee' };
    const rate = (connEvictRate: number) => {
      const spec = { blueGreenUpdate: { evacuationStrategy: { connEvictRate } } };
      return at.world.api.patch(ref, { type: 'merge', body: { spec } });
    };
    await rate(0);
    const runner = at.start('runner-1');
    await at.bump('emqx-ee', '4.4.15');
    await at.until(() => runner.told.some(isKind('stopped')));
    // An API server keeps Events for an hour.
    await at.world.clock.sleep(3_500_000);
    expect(runner.told.filter(isKind('stopped'))).toEqual([expect.objectContaining({ code: 'BLOCKED' })]);
    expect(at.events('emqx-ee')).toEqual([expect.stringMatching(/^Warning UpgradeBlocked: /)]);
    const delay = () => asEnterprise(at.resource('emqx-ee')).spec.blueGreenUpdate?.initialDelaySeconds;
    expect(delay()).toBe(STOPPED_DELAY_SECONDS);
    await rate(100);
    await at.until(() => runner.told.some(isKind('end')));
    expect(delay()).toBe(HOLD_DELAY_SECONDS);
    await expectSound(at, 'emqx-ee');
  }));
