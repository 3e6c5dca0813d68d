import { Desk, failureOf } from './_desk';
import { ENTERPRISE, GENERATIONS, manifestsOf, type TestedGeneration } from './_generations';
import { PartialFailure, type Properties, ProviderHost } from './_host';

const RUNNER = { upgrade: { runner: 'cluster' } };
const LEAVING = { upgrade: { runner: 'cluster', wait: false } };

describe('upgrades by a runner in the cluster', () => {
  let desk: Desk;
  afterEach(() => desk.close());

  const withCluster = async (generation: TestedGeneration = ENTERPRISE) => {
    desk = await Desk.open({ manifests: manifestsOf(generation), clients: 150, seed: 5 }, generation);
    return desk.adopted();
  };

  test.each(GENERATIONS)('of an %s are handed over and followed', async (_, generation) => {
    const adopted = await withCluster(generation);
    const { told } = await desk.startRunner();
    const [old, next] = generation.versions;
    const wanted = desk.properties(next, RUNNER);
    await desk.host.diff(desk.id, adopted, wanted);
    const line = await desk.host.said(({ text }) => text.startsWith('upgrade '));
    expect(line.text).toMatch(/; up hands it over, and follows it$/);
    const outputs = await desk.host.update(desk.id, adopted, wanted);
    expect(outputs).toMatchObject({
      version: next,
      phase: 'running',
      lastUpgrade: { outcome: 'completed', fromVersion: old, toVersion: next },
    });
    expect(desk.host.lines.map(({ text }) => text)).toContain('handed over to the runner in default');
    expect(desk.host.rows()).toContainEqual(expect.stringMatching(/ left · evacuating/));
    expect(told.filter(({ kind }) => kind === 'start' || kind === 'end')).toHaveLength(2);
  });

  test('are left under way with wait: false, and the next up finds them done', async () => {
    const adopted = await withCluster();
    const { told } = await desk.startRunner();
    const [old, next] = ENTERPRISE.versions;
    const wanted = desk.properties(next, LEAVING);
    const left = await desk.host.update(desk.id, adopted, wanted);
    expect(left).toMatchObject({ version: next, phase: 'upgrading', fromVersion: old, toVersion: next });
    expect(desk.host.rows().at(-1)).toMatch(
      new RegExp(`^the upgrade ${old} → ${next} is under way in the cluster, in phase `),
    );
    expect(told.some(({ kind }) => kind === 'end')).toBe(false);

    // A refresh, a preview, and an up in between.
    const { outputs: read } = await desk.host.read(desk.id, left);
    expect(read).toMatchObject({ phase: 'upgrading', drift: [] });
    expect(await desk.host.diff(desk.id, left, wanted)).toMatchObject({ changes: true });
    const line = await desk.host.said(({ text }) => text.startsWith('follows '));
    expect(line.text).toMatch(/^follows the upgrade \S+ → \S+, in phase \w+, which runner-1 drives$/);
    expect(await desk.host.update(desk.id, left, wanted)).toMatchObject({ phase: 'upgrading' });

    // One that waits.
    const done = await desk.host.update(desk.id, left, desk.properties(next, RUNNER));
    expect(done).toMatchObject({ phase: 'running', lastUpgrade: { outcome: 'completed' } });
    expect(await desk.host.diff(desk.id, done, desk.properties(next, RUNNER))).toMatchObject({ changes: false });
  });

  test('go on after Ctrl-C, and the old version rolls them back', async () => {
    const adopted = await withCluster();
    await desk.startRunner();
    const update = failureOf(desk.host.update(desk.id, adopted, desk.properties('4.4.15', RUNNER)));
    await desk.host.said(({ text }) => text.startsWith('evacuating') || / · evacuating/.test(text));
    await desk.host.cancel();
    const { reasons, properties } = (await update) as PartialFailure;
    expect(reasons).toEqual([
      expect.stringMatching(/; the upgrade continues in the cluster, and `pulumi up` follows it$/),
    ]);
    expect(properties).toMatchObject({ phase: 'upgrading' });
    const another = await desk.anotherHost();
    const back = await another.update(desk.id, properties, desk.properties('4.4.14', RUNNER));
    expect(back).toMatchObject({ phase: 'running', version: '4.4.14', lastUpgrade: { outcome: 'aborted' } });
  });

  test('that were aborted while nobody waited are not begun again without a word', async () => {
    const adopted = await withCluster();
    const { told } = await desk.startRunner();
    const wanted = desk.properties('4.4.15', LEAVING);
    const left = await desk.host.update(desk.id, adopted, wanted);
    const map = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: desk.generation.companion };
    await desk.api.patch(map, { type: 'merge', body: { data: { request: 'abort' } } });
    // Each of them reports that it is still under way, or that it has just ended.
    while (!told.some(({ kind }) => kind === 'end'))
      await desk.host.update(desk.id, left, wanted).catch(() => undefined);
    const failed = await failureOf(desk.host.update(desk.id, left, wanted));
    expect(failed.message).toMatch(
      /the upgrade 4\.4\.14 → 4\.4\.15 was aborted: the cluster runs 4\.4\.14 as before; after `pulumi refresh`/,
    );
    expect(told.find(({ kind }) => kind === 'end')).toMatchObject({ report: { outcome: 'aborted' } });
    const { outputs } = await desk.host.read(desk.id, left);
    expect(outputs).toMatchObject({ phase: 'running', version: '4.4.14' });
  });

  test.each<[what: string, policy: string | undefined, message: RegExp]>([
    ['there is no runner', undefined, /✗ runner: no runner that upgrades default\/emqx-ee was found/],
    ['its policy forbids them', 'resume: false', /✗ runner: the policy of the runner has resume: false/],
  ])('are refused before anything is written where %s', async (_, policy, message) => {
    const adopted = await withCluster();
    if (policy !== undefined) await desk.startRunner(policy);
    const before = await desk.resource();
    const failure = await failureOf(desk.host.update(desk.id, adopted, desk.properties('4.4.15', RUNNER)));
    expect(failure).not.toBeInstanceOf(PartialFailure);
    expect(failure.message).toMatch(message);
    expect((await desk.resource()).spec).toEqual(before.spec);
  });
});

describe('the options', () => {
  let host: ProviderHost;
  beforeAll(async () => {
    host = await ProviderHost.start();
  });
  afterAll(() => host.stop());

  test.each<[what: string, upgrade: Properties, named: string[]]>([
    ['sound', { runner: 'cluster', wait: false, image: 'r/x:1', runnerNamespace: 'ops', onFailure: 'abort' }, []],
    ['without a runner', { wait: true, image: 'r/x:1', runnerNamespace: 'ops' }, ['wait', 'image', 'runnerNamespace']],
    [
      'wrong',
      { runner: 'here', wait: 'no', image: '/', runnerNamespace: 'A', timeouts: { totalSeconds: 5 } },
      ['runner', 'wait', 'image', 'runnerNamespace'],
    ],
    [
      'a limit that nobody measures',
      { runner: 'cluster', wait: false, timeouts: { totalSeconds: 5 } },
      ['timeouts.totalSeconds'],
    ],
  ])('%s: all problems at once', async (_, upgrade, named) => {
    const cluster = {
      name: 'emqx-ee',
      version: '4.4.14',
      blueGreenUpdate: {
        evacuationStrategy: { connectionEvictionRate: 20, sessionEvictionRate: 20, waitTakeoverSeconds: 5 },
      },
    };
    const { failures } = await host.check({ ...cluster, upgrade });
    expect(failures.map(({ property }) => property)).toEqual(named.map((name) => `upgrade.${name}`));
  });
});
