import type { Link } from '../../src/cli/shell';
import { KubeApiError, type KubeObject } from '../../src/kubernetes';
import { type EmqxResource, versionOf } from '../../src/resource';
import { type ApiCall, InMemoryKubeApi } from '../../src/simulator/kubernetes/in-memory-api';
import { accessOf, allows, OF_EVERYBODY, type Rule } from '../_recorded-upgrade';
import { HOME, NAMESPACE, Playground, severable } from '../runner/_runners';
import { type Ended, run, type TestShell, type TestShellOptions } from './_shell';

const KINDS: readonly [kind: EmqxResource['kind'], version: string][] = [
  ['EmqxEnterprise', '4.4.15'],
  ['EMQX', '5.8.9'],
];

/** Phases that whatever takes over an upgrade goes through. */
const PHASES = ['green', 'switch', 'evacuate', 'retire', 'release'] as const;

/** A Job as it is stored. */
interface Job extends KubeObject {
  spec: { suspend: boolean; template: { spec: { containers: { image: string; args: string[] }[] } } };
}

/** A cluster `mqtt/emqx` at rest, and commands on it. */
class Scene {
  constructor(
    readonly at: Playground,
    readonly version: string,
  ) {}

  static play<T>(kind: EmqxResource['kind'], version: string, work: (scene: Scene) => Promise<T>): Promise<T> {
    return Playground.play(async (at) => {
      await at.addCluster('emqx', { kind, clients: 200 });
      return work(new Scene(at, version));
    });
  }

  command(words: string, options: TestShellOptions = {}, severed = { is: false }): Promise<Ended> {
    const link = () => this.linkBy(severable(this.at.world.api, severed));
    return run(words.split(' '), { link, ...options });
  }

  linkBy(api: Link['api']): Link {
    const { clock, transport, prober } = this.at.world;
    return { api, clock, transport: () => transport, prober, namespace: NAMESPACE, close: () => undefined };
  }

  upgrade(more = '', options: TestShellOptions = {}): Promise<Ended> {
    return this.command(`upgrade emqx --set-version ${this.version} --in-cluster --yes${more}`, options);
  }

  get jobs(): Job[] {
    return this.at.world.kubernetes.store.all<Job>({ apiVersion: 'batch/v1', kind: 'Job' });
  }

  /** What has begun on the cluster. */
  get traces(): string[] {
    const { store } = this.at.world.kubernetes;
    return [...store.all({ apiVersion: 'v1', kind: 'ConfigMap' }), ...this.jobs]
      .map(({ metadata }) => metadata.name)
      .filter((name) => name.includes('upgrade'));
  }

  /** Runs what a started Job runs, each time anew, as Kubernetes does after a failure. */
  async playJob(pods: TestShellOptions[] = [{}], severed: { is: boolean }[] = []): Promise<Ended[]> {
    await this.at.until(() => this.jobs.some(({ spec }) => !spec.suspend));
    const [container] = this.jobs[0]!.spec.template.spec.containers;
    const ended: Ended[] = [];
    for (const [index, options] of pods.entries()) {
      const process = this.command(container!.args.join(' '), options, severed[index]);
      if (severed[index]) await this.at.until(() => severed[index]!.is);
      else ended.push(await process);
    }
    return ended;
  }
}

const moved = { disconnectsPerClient: { max: 1 } };

describe.each(KINDS)('%s', (kind, version) => {
  test('hands the run over to the runner, follows it, and shows its report', async () => {
    const { ended, report, versions, told } = await Scene.play(kind, version, async (scene) => {
      const { at } = scene;
      await at.writePolicy({});
      const runner = at.start('runner-1');
      const ended = await scene.upgrade(' --back-percent 97');
      await at.until(() => runner.told.some(({ kind }) => kind === 'end'));
      return { ended, report: await at.seen('emqx'), versions: at.versions('emqx'), told: runner.told };
    });
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toContain(
      `handed over to the runner in the namespace ${HOME}; Ctrl-C ends only this view of it\n`,
    );
    expect(ended.out).toMatch(new RegExp(`mqtt/emqx: .* → ${version}, completed`));
    // The threshold and the first sample are in the journal.
    expect(ended.out).toMatch(/connections back: passed, 200 of 200, at least 194\n/);
    expect(ended.out).toMatch(/no more with MQTT 3.1: passed, 0 after 0, at most 0\n/);
    expect(report).toMatchObject(moved);
    expect(new Set(versions)).toEqual(new Set([version]));
    expect(told).toContainEqual(expect.objectContaining({ kind: 'start', isResumed: true }));
  });

  test('Ctrl-C ends the view, not the run, and says how to attach again', async () => {
    const { left, again } = await Scene.play(kind, version, async (scene) => {
      scene.at.start('runner-1');
      const left = await scene.upgrade('', {
        written: (text, shell) => text.includes('phase evacuate') && shell.interrupt(),
      });
      const words = /run: emqx-blue-green (attach .*)/.exec(left.err)?.[1] ?? '';
      return { left, again: await scene.command(words) };
    });
    expect(left.code).toBe(4);
    expect(left.err).toBe(
      'no longer watching; the upgrade continues in the cluster\n→ to watch it again, run: emqx-blue-green attach emqx -n mqtt\n',
    );
    expect(again).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/, completed\n/) });
  });

  test.each(PHASES)(
    'a runner killed when it begins with %s is replaced by another one, and the view goes on',
    async (phase) => {
      const { ended, report, versions } = await Scene.play(kind, version, async (scene) => {
        const { at } = scene;
        const first = at.start('runner-1', {
          told: (one) => {
            if (one.kind !== 'progress' || one.event.kind !== 'phase' || one.event.phase !== phase) return;
            first.kill();
            at.start('runner-2');
          },
        });
        const ended = await scene.upgrade();
        return { ended, report: await at.seen('emqx'), versions: at.versions('emqx') };
      });
      expect(ended).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/, completed\n/) });
      expect(report).toMatchObject({ ...moved, stillOffline: 0, sessionsLost: 0 });
      expect(new Set(versions)).toEqual(new Set([version]));
    },
  );

  test.each(PHASES)('a pod of a Job killed when it begins with %s is replaced by another one', async (phase) => {
    const { ended, pods, report, versions } = await Scene.play(kind, version, async (scene) => {
      const killed = { is: false };
      const dies = {
        written: (text: string) => {
          killed.is ||= text.includes(`"phase":"${phase}"`);
        },
      };
      const job = scene.playJob([dies, {}], [killed]);
      const ended = await scene.upgrade(' --image r.example/emqx-blue-green:1');
      return { ended, pods: await job, report: await scene.at.seen('emqx'), versions: scene.at.versions('emqx') };
    });
    expect(ended).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/, completed\n/) });
    expect(pods).toEqual([expect.objectContaining({ code: 0, err: '' })]);
    expect(report).toMatchObject({ ...moved, stillOffline: 0, sessionsLost: 0 });
    expect(new Set(versions)).toEqual(new Set([version]));
  });

  test.each(['deleted', 'deleted and created again'])(
    'a cluster that is %s ends the run and the view, with words',
    async (how) => {
      const { ended, told } = await Scene.play(kind, version, async (scene) => {
        const { at } = scene;
        const runner = at.start('runner-1');
        const from = versionOf(at.resource('emqx'));
        const ended = await scene.upgrade('', {
          written: (text) => {
            if (!text.includes('phase evacuate')) return;
            void (how === 'deleted' ? at.world.api.delete(at.refOf('emqx')) : at.recreate('emqx', from, 100));
          },
        });
        await at.until(() => runner.told.some(({ kind }) => kind === 'gone'));
        return { ended, told: runner.told };
      });
      expect(ended).toMatchObject({ code: 4, err: expect.stringMatching(/^the cluster was deleted in mid-run/) });
      expect(told).toContainEqual(expect.objectContaining({ kind: 'stopped', code: 'DELETED' }));
    },
  );

  test('without a runner a Job drives it, with rights of its own; when its pod is killed, the next one goes on', async () => {
    const { ended, pods, report, jobs, access } = await Scene.play(kind, version, async (scene) => {
      const { at } = scene;
      const killed = { is: false };
      const dies = {
        written: (text: string) => {
          killed.is ||= text.includes('"phase":"evacuate"');
        },
      };
      const job = scene.playJob([dies, {}], [killed]);
      const ended = await scene.upgrade(' --image r.example/emqx-blue-green:1');
      const { store } = at.world.kubernetes;
      const rbac = 'rbac.authorization.k8s.io/v1';
      const access = [
        ...store.all({ apiVersion: 'v1', kind: 'ServiceAccount' }),
        ...store.all({ apiVersion: rbac, kind: 'Role' }),
        ...store.all({ apiVersion: rbac, kind: 'RoleBinding' }),
      ];
      return { ended, pods: await job, report: await at.seen('emqx'), jobs: scene.jobs, access };
    });
    expect(ended).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/, completed\n/) });
    expect(pods).toEqual([expect.objectContaining({ code: 0, err: '' })]);
    expect(report).toMatchObject(moved);
    const [job] = jobs;
    expect(jobs).toHaveLength(1);
    expect(access.map(({ metadata }) => metadata)).toEqual(
      Array.from({ length: 3 }, () =>
        expect.objectContaining({
          name: job!.metadata.name,
          ownerReferences: [expect.objectContaining({ kind: 'Job', uid: job!.metadata.uid })],
        }),
      ),
    );
  });
});

describe('is refused before anything is written', () => {
  const REFUSED: readonly [what: string, policy: object | string, more: string, message: RegExp][] = [
    ['the policy resumes no runs', { resume: false }, '', /✗ runner: the policy of the runner has resume: false/],
    [
      'its window is closed',
      { window: { from: '00:00', to: '00:01', timeZone: 'UTC', days: ['sun'] } },
      '',
      /✗ runner: .* only in its window: sun 00:00 to 00:01 UTC; wait for it/,
    ],
    ['its cap is lower', { rateCap: 5 }, ' --rate 6', /✗ runner: .* allows 5 disconnects\/s .* would have 6\/s/],
    [
      'its policy is wrong in two keys',
      { mode: 'x', rateCap: 0 },
      '',
      /✗ runner: .*'mode' \("x"\)[^\n]*\n.*✗ runner: .*'rateCap' \(0\)|✗ runner: .*'rateCap' \(0\)[^\n]*\n.*✗ runner: .*'mode' \("x"\)/,
    ],
    ['two reasons at once', { resume: false, rateCap: 5 }, ' --rate 6', /resume: false[\s\S]*would have 6\/s/],
  ];

  test.each(REFUSED)('%s', async (_, policy, more, message) => {
    const { ended, traces } = await Scene.play('EmqxEnterprise', '4.4.15', async (scene) => {
      await scene.at.writePolicy(policy);
      scene.at.start('runner-1');
      const ended = await scene.upgrade(more);
      return { ended, traces: scene.traces };
    });
    expect(ended).toMatchObject({ code: 3, err: expect.stringMatching(message) });
    expect(ended.err).toMatch(/nothing was written\n$/);
    expect(traces).toEqual(['emqx-upgrade-runner']);
  });

  test('its policy has a key of nearly that name', async () => {
    const ended = await Scene.play('EmqxEnterprise', '4.4.15', async (scene) => {
      await scene.at.writePolicy({});
      const { api } = scene.at.world;
      const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'runners', name: 'emqx-upgrade-runner' };
      await api.patch(ref, { type: 'merge', body: { data: { policy: null, polcy: 'mode: automatic' } } });
      scene.at.start('runner-1');
      return scene.upgrade();
    });
    expect(ended).toMatchObject({
      code: 3,
      err: expect.stringMatching(/✗ runner: .*its policy is wrong: 'data\.polcy'/),
    });
  });

  test('no runner, and no image', async () => {
    const ended = await Scene.play('EmqxEnterprise', '4.4.15', (scene) => scene.upgrade());
    expect(ended).toMatchObject({
      code: 3,
      err: expect.stringMatching(/no runner that upgrades mqtt\/emqx was found; name an image/),
    });
  });

  test('a runner that follows other namespaces', async () => {
    const ended = await Scene.play('EmqxEnterprise', '4.4.15', async (scene) => {
      scene.at.start('runner-1', { namespaces: ['other'] });
      await scene.at.world.clock.sleep(5_000);
      return scene.upgrade();
    });
    expect(ended.err).toMatch(/no runner that upgrades mqtt\/emqx was found/);
  });

  test('a runner that is gone: with an image a Job takes its place', async () => {
    const { refused, ended } = await Scene.play('EmqxEnterprise', '4.4.15', async (scene) => {
      const runner = scene.at.start('runner-1');
      await scene.at.world.clock.sleep(15_000);
      runner.kill();
      const refused = await scene.upgrade();
      const job = scene.playJob();
      const ended = await scene.upgrade(' --image r.example/emqx-blue-green:1');
      await job;
      return { refused, ended };
    });
    expect(refused).toMatchObject({
      code: 3,
      err: expect.stringMatching(/the runner in the namespace runners has shown no sign of life for 35 s; `kubectl/),
    });
    expect(ended).toMatchObject({ code: 0, out: expect.stringContaining('handed over to a Job with r.example/') });
  });

  test.each<[string, RegExp]>([
    [
      'upgrade emqx --set-version 4.4.15 --image x --runner-namespace y --yes',
      /'--image' .*\n→ .*\n'--runner-namespace'/,
    ],
    [
      'upgrade emqx --set-version 4.4.15 --in-cluster --runner-namespace A --image /x --yes',
      /'--image' .*\n→ .*\n'--runner-namespace'/,
    ],
  ])('%s', async (words, message) => {
    const { code, err } = await run(words.split(' '));
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });
});

test('a runner that dies after the hand-over: the user is told at once what to do', async () => {
  const { ended, resumed } = await Scene.play('EmqxEnterprise', '4.4.15', async (scene) => {
    const runner = scene.at.start('runner-1');
    const ended = await scene.upgrade('', {
      written: (text) => {
        if (text.includes('handed over')) runner.kill();
      },
    });
    const words = /`emqx-blue-green (resume .*?)`/.exec(ended.err)?.[1] ?? '';
    return { ended, resumed: await scene.command(words) };
  });
  expect(ended).toMatchObject({
    code: 4,
    err: expect.stringMatching(/has not taken the run over within 60 s; state: all devices are on blue/),
  });
  expect(resumed).toMatchObject({ code: 0, out: expect.stringMatching(/, completed\n/) });
});

test('a runner that dies later: whoever watches is told after a minute', async () => {
  const ended = await Scene.play('EmqxEnterprise', '4.4.15', async (scene) => {
    const runner = scene.at.start('runner-1');
    return scene.upgrade('', {
      written: (text: string, shell: TestShell) => {
        if (text.includes('phase evacuate')) runner.kill();
        if (text.includes('no process has driven')) shell.interrupt();
      },
    });
  });
  expect(ended.out).toMatch(
    /no process has driven the upgrade for 60 s; .* `emqx-blue-green resume emqxenterprise\/emqx -n mqtt` drives it/,
  );
});

test('of two users at once one hands the run over, and the other one is told who has it', async () => {
  const { ended, report } = await Scene.play('EmqxEnterprise', '4.4.15', async (scene) => {
    scene.at.start('runner-1');
    const ended = await Promise.all([scene.upgrade(), scene.upgrade()]);
    return { ended, report: await scene.at.seen('emqx') };
  });
  expect(report).toMatchObject(moved);
  const [first, second] = ended;
  expect(first).toMatchObject({ code: 0, err: '' });
  expect(second).toMatchObject({
    code: 4,
    err: expect.stringMatching(/^\S+ \S+ holds the lease\n→ this process has stopped: attach watches the run, /),
  });
});

test('a run under way is followed, and not handed over again', async () => {
  const { ended, first } = await Scene.play('EmqxEnterprise', '4.4.15', async (scene) => {
    scene.at.start('runner-1');
    const first = await scene.upgrade('', {
      written: (text, shell) => text.includes('phase evacuate') && shell.interrupt(),
    });
    return { first, ended: await scene.upgrade(' -o json') };
  });
  expect(first.code).toBe(4);
  expect(ended).toMatchObject({ code: 0, err: '' });
  const kinds = ended.out
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { kind: string }).kind);
  expect(kinds).not.toContain('handed-over');
  expect(kinds).toContain('resumed');
  expect([kinds[0], kinds.at(-1)]).toEqual(['waiting', 'report']);
});

test('without the right to create the rights of a Job nothing has begun, and nothing is left', async () => {
  const { ended, traces } = await Scene.play('EmqxEnterprise', '4.4.15', async (scene) => {
    const { clock, kubernetes } = scene.at.world;
    const api = new InMemoryKubeApi(clock, kubernetes.store, {
      intercept: (call, perform) => {
        if (call.verb === 'create' && call.kind === 'Role') throw new KubeApiError(403, 'Forbidden', 'no roles here');
        return perform();
      },
    });
    const ended = await scene.upgrade(' --image r.example/emqx-blue-green:1', { link: () => scene.linkBy(api) });
    return { ended, traces: scene.traces };
  });
  expect(ended).toMatchObject({ code: 5, err: expect.stringMatching(/^the API server: no roles here\n→ /) });
  expect(traces).toEqual([]);
});

test.each(KINDS)('the rights of a Job suffice for every request of its pod: %s', async (kind, version) => {
  const calls: ApiCall[] = [];
  const rules = await Scene.play(kind, version, async (scene) => {
    const { clock, kubernetes } = scene.at.world;
    const api = new InMemoryKubeApi(clock, kubernetes.store, {
      intercept: (call, perform) => {
        calls.push(call);
        return perform();
      },
    });
    const pod = scene.playJob([{ link: () => scene.linkBy(api) }]);
    await scene.upgrade(' --image r.example/emqx-blue-green:1');
    await pod;
    const [role] = kubernetes.store.all<KubeObject & { rules: Rule[] }>({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
    });
    return role!.rules;
  });
  const asked = calls.filter(({ kind }) => !OF_EVERYBODY.includes(kind));
  expect(asked.length).toBeGreaterThan(50);
  const refused = asked.filter((call) => !rules.some((rule) => allows(rule, accessOf(call))));
  expect([...new Set(refused.map(({ verb, kind, name }) => `${verb} ${kind} ${name}`))]).toEqual([]);
});
