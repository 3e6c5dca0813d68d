import { runnerNamespaceOf } from '../../src/handover';
import { findHost } from '../../src/handover/find-host';
import type { KubeObject } from '../../src/kubernetes';
import { KubeApiError } from '../../src/kubernetes';
import { InMemoryKubeApi } from '../../src/simulator/kubernetes/in-memory-api';
import { AUTOMATIC, HOME, hasReached, isKind, NAMESPACE, Playground, story } from './_runners';

/** Each device was disconnected once, and no session was lost. */
async function expectSound(at: Playground, name: string): Promise<void> {
  const seen = await at.seen(name);
  expect([seen.disconnectsPerClient.max, seen.stillOffline, seen.sessionsLost]).toEqual([1, 0, 0]);
}

test('a cluster of EMQX 5 is taken up and upgraded as well', () =>
  Playground.play(async (at) => {
    await at.addCluster('emqx', { kind: 'EMQX' });
    await at.writePolicy(AUTOMATIC);
    const runner = at.start('runner-1');
    await at.bump('emqx', '5.8.9');
    await at.until(() => runner.told.some(isKind('end')));
    await at.world.clock.sleep(30_000);
    expect(at.versions('emqx')).toEqual(['5.8.9', '5.8.9', '5.8.9']);
    await expectSound(at, 'emqx');
    expect(at.events('emqx').at(-1)).toMatch(/^Normal UpgradeCompleted: 5\.8\.8 → 5\.8\.9 completed/);
  }));

test.each([
  ['is right', 0],
  ['is five minutes behind', -300_000],
  ['is five minutes ahead', 300_000],
])('a laptop that lives is left alone, and its run is resumed soon after it was closed: its clock %s', (_, skewMs) =>
  Playground.play(async (at) => {
    await at.addCluster('emqx-ee', { clients: 200 });
    const runner = at.start('runner-1');
    await at.world.clock.sleep(5_000);
    // Slow enough to be watched for minutes.
    await at.world.api.patch(at.refOf('emqx-ee'), {
      type: 'merge',
      body: { spec: { blueGreenUpdate: { evacuationStrategy: { connEvictRate: 3, sessEvictRate: 3 } } } },
    });
    const close = at.startLaptop('emqx-ee', '4.4.15', skewMs);
    await at.world.clock.sleep(75_000);
    expect(story(runner.told, 'emqx-ee')).toContain('upgrading');
    expect(story(runner.told, 'emqx-ee')).not.toContain('start');
    const closedAt = at.world.clock.now();
    close();
    await at.until(() => runner.told.some(isKind('start')));
    expect(at.world.clock.now() - closedAt).toBeLessThan(60_000);
    expect(runner.told.find(isKind('start'))).toMatchObject({ isResumed: true, from: '4.4.14', to: '4.4.15' });
    await at.until(() => runner.told.some(isKind('end')));
    await expectSound(at, 'emqx-ee');
  }),
);

test.each([
  ['EmqxEnterprise', '4.4.13', 'version 4.4.13 is older than 4.4.14; a downgrade'],
  ['EMQX', '5.8.7', 'version 5.8.7 is older than 5.8.8; a downgrade'],
  ['EMQX', '4.4.15', 'operator 2.2 runs no EMQX 4 as an EMQX resource'],
] as const)('%s: an older version that is applied, %s, is not upgraded to', (kind, older, finding) =>
  Playground.play(async (at) => {
    await at.addCluster('emqx', { kind });
    await at.writePolicy(AUTOMATIC);
    const runner = at.start('runner-1');
    await at.bump('emqx', older);
    await at.until(() => runner.told.some(isKind('stopped')));
    expect(runner.told.find(isKind('stopped'))!.text).toContain(finding);
    expect(await at.seen('emqx')).toMatchObject({ disconnectsPerClient: { max: 0 }, stillOffline: 0 });
  }),
);

test('while the API server is away nothing is lost, and it is said once', () =>
  Playground.play(async (at) => {
    await at.addCluster('emqx-ee', { clients: 300 });
    await at.writePolicy(AUTOMATIC);
    const { clock, kubernetes } = at.world;
    const away = { is: false };
    const api = new InMemoryKubeApi(clock, kubernetes.store, {
      intercept: (_, perform) => (away.is ? Promise.reject(gone()) : perform()),
    });
    const runner = at.start('runner-1', { api });
    await at.bump('emqx-ee', '4.4.15');
    await at.until(() => hasReached(runner, 'evacuate'));
    away.is = true;
    api.endWatches(gone());
    await clock.sleep(90_000);
    away.is = false;
    await at.until(() => runner.told.some(isKind('end')));
    await expectSound(at, 'emqx-ee');
    const errors = runner.told.filter(isKind('error')).map(({ text }) => text);
    expect(errors.filter((text) => text.includes('the lease'))).toHaveLength(1);
    expect(errors.length).toBeLessThan(12);
  }));

const gone = () => new KubeApiError(0, 'Unreachable', 'connect ECONNREFUSED');

test('an incident is told when it is noticed, once, also by the runner that resumes', () =>
  Playground.play(async (at) => {
    await at.addCluster('emqx-ee', { clients: 300 });
    await at.writePolicy(AUTOMATIC);
    const first = at.start('runner-1');
    await at.bump('emqx-ee', '4.4.15');
    await at.until(() => hasReached(first, 'evacuate'));
    const { pod } = at.world.pods.running.find(({ node }) => node.version === '4.4.15')!;
    const { name } = pod.metadata;
    await at.world.api.delete({ apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name }, { gracePeriodSeconds: 0 });
    await at.until(() => first.told.some(isKind('incident')));
    const told = first.told.filter(isKind('incident')).length;
    await first.stop();
    const second = at.start('runner-2');
    await at.until(() => second.told.some(isKind('end')));
    const { report } = second.told.find(isKind('end'))!;
    expect(told + second.told.filter(isKind('incident')).length).toBe(report.incidents.length);
    const events = at.events('emqx-ee').filter((event) => event.startsWith('Warning UpgradeIncident: '));
    expect(events).toHaveLength(report.incidents.length);
  }));

test('a run that stops, because its template was changed again, is told once, and no other cluster is begun meanwhile', () =>
  Playground.play(async (at) => {
    await at.addCluster('a-first', { clients: 300 });
    await at.addCluster('b-next');
    await at.writePolicy(AUTOMATIC);
    const runner = at.start('runner-1');
    await at.bump('a-first', '4.4.15');
    await at.until(() => hasReached(runner, 'evacuate'));
    await at.bump('a-first', '4.4.16');
    await at.bump('b-next', '4.4.15');
    await at.world.clock.sleep(20 * 60_000);
    expect(runner.told.filter(isKind('stopped')).map(({ code }) => code)).toEqual(['TEMPLATE_CHANGED', 'BLOCKED']);
    // What is tried again every few minutes, and prevented each time, is not told as resumed.
    expect(story(runner.told, 'a-first').filter((kind) => kind === 'start')).toHaveLength(1);
    expect(story(runner.told, 'b-next')).toEqual(['at-rest', 'waiting', 'left TooManyAtOnce']);
    const reasons = at.events('a-first').flatMap((event) => /^Warning (\w+)/.exec(event)?.[1] ?? []);
    expect(reasons).toEqual(['UpgradeStopped', 'UpgradeBlocked']);
  }));

test('a cluster that is deleted is told, and a new one of its name is another one', () =>
  Playground.play(async (at) => {
    await at.addCluster('emqx-ee');
    const runner = at.start('runner-1');
    await at.until(() => runner.told.some(isKind('cluster')));
    await at.world.api.delete(at.refOf('emqx-ee'));
    await at.until(() => runner.told.some(isKind('gone')));
    const text = await runner.sinks.metrics.registry.metrics();
    expect(text).not.toContain('emqx-ee');
    expect(runner.runner.unreadiness).toBeUndefined();
    expect(runner.runner.sickness).toBeUndefined();
  }));

test('of two runners that start together one works', () =>
  Playground.play(async (at) => {
    await at.addCluster('emqx-ee');
    await at.writePolicy(AUTOMATIC);
    const runners = [at.start('runner-1'), at.start('runner-2')];
    await at.bump('emqx-ee', '4.4.15');
    const said = () => runners.flatMap(({ told }) => told);
    await at.until(() => said().some(isKind('end')));
    expect(said().filter(isKind('start'))).toHaveLength(1);
    expect(said().filter(isKind('leading'))).toHaveLength(1);
    expect(said().filter(isKind('error'))).toEqual([]);
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: HOME, name: 'emqx-upgrade-runner' };
    const { spec } = await at.world.api.get<KubeObject & { spec: { holderIdentity: string } }>(lease);
    expect(['runner-1', 'runner-2']).toContain(spec.holderIdentity);
  }));

test.each([
  ['behind', -300_000],
  ['ahead', 300_000],
])(
  'a runner in reserve whose clock is five minutes %s waits as long as the other one lives, and no longer',
  (_, skewMs) =>
    Playground.play(async (at) => {
      const { clock } = at.world;
      const skewed = { now: () => clock.now() + skewMs, sleep: clock.sleep.bind(clock) };
      const first = at.start('runner-1');
      await clock.sleep(5_000);
      const second = at.start('runner-2', { clock: skewed });
      await clock.sleep(600_000);
      expect(second.told.filter(isKind('leading'))).toEqual([]);
      first.kill();
      const killedAt = clock.now();
      await at.until(() => second.told.some(isKind('leading')));
      expect(clock.now() - killedAt).toBeLessThan(60_000);
    }),
);

test.each(['removed', 'killed'])('the lease that a runner has left that was %s hides none that lives', (how) =>
  Playground.play(async (at) => {
    const { api, clock } = at.world;
    await at.addCluster('emqx', { kind: 'EMQX' });
    const left = at.start('runner-left', { namespace: NAMESPACE, namespaces: [NAMESPACE] });
    await clock.sleep(30_000);
    if (how === 'removed') await left.stop();
    else left.kill();
    at.start('runner-1');
    await clock.sleep(60_000);
    expect(await runnerNamespaceOf(api, NAMESPACE, undefined)).toBe(HOME);
    const cluster = { kind: 'EMQX', namespace: NAMESPACE, name: 'emqx' } as const;
    expect(await findHost({ api, clock, cluster, run: undefined })).toEqual({ kind: 'runner', namespace: HOME });
  }),
);
