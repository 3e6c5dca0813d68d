import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, Chart } from 'cdk8s';
import { parseAllDocuments } from 'yaml';
import { UpgradeRunner, type UpgradeRunnerProps } from '../../src';
import { runProgram } from '../../src/cli/program';
import { KubeApiError, type KubeObject } from '../../src/kubernetes';
import { HOLD_DELAY_SECONDS } from '../../src/resource';
import { run, TestShell } from './_shell';
import { SimulatedCluster } from './_simulated';

const folder = mkdtempSync(path.join(tmpdir(), 'runner-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const at = path.join(folder, name);
  writeFileSync(at, content);
  return at;
}

const REF = { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', namespace: 'default', name: 'emqx-ee' };
const MAP = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'emqx-upgrade-runner' };

/** A held cluster whose version somebody has changed. */
async function waiting(policy: string | undefined): Promise<SimulatedCluster> {
  const cluster = await SimulatedCluster.atRest(30);
  const { clock, api } = cluster.world;
  await clock.run(async () => {
    if (policy !== undefined) {
      const { apiVersion, kind, ...metadata } = MAP;
      await cluster.world.apply([{ apiVersion, kind, metadata, data: { policy } } as unknown as KubeObject]);
    }
    const spec = {
      blueGreenUpdate: { initialDelaySeconds: HOLD_DELAY_SECONDS },
      template: { spec: { emqxContainer: { image: { version: '4.4.15' } } } },
    };
    await api.patch(REF, { type: 'merge', body: { spec } });
    await clock.sleep(60_000);
  });
  return cluster;
}

/** The runners' ConfigMap. */
const records = ({ world }: SimulatedCluster) =>
  world.kubernetes.store.find<KubeObject & { data: Record<string, string> }>(MAP)?.data;

describe('approve', () => {
  test('writes the digest of the template that waits to where the runner looks', async () => {
    const cluster = await waiting('mode: approval');
    const { code, out } = await cluster.run('approve');
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(
        /^default\/emqx-ee: version 4\.4\.15 is approved, template [0-9a-f]{16}\n\nrunner in default: none works; /,
      ),
    ]);
    const approval = records(cluster)?.['approved.EmqxEnterprise.default.emqx-ee'];
    const [, digest] = /^([0-9a-f]{16}) after none$/.exec(approval ?? '') ?? [];
    expect(out).toContain(`template ${digest}\n`);
    const again = await cluster.run(`approve emqx-ee --template ${digest} -o json`);
    expect(JSON.parse(again.out)).toEqual({
      approved: {
        cluster: 'emqx-ee',
        namespace: 'default',
        version: '4.4.15',
        template: digest,
        runnerNamespace: 'default',
      },
    });
    cluster.world.stop();
  });

  test.each<[string, string | undefined, string, number, RegExp]>([
    [
      'another template waits',
      'mode: approval',
      'approve --template 0123456789abcdef',
      4,
      /another template waits: [0-9a-f]{16}, version 4\.4\.15/,
    ],
    [
      'there is no runner',
      undefined,
      'approve',
      2,
      /there is no runner that upgrades clusters of the namespace default: there is neither a Lease nor a ConfigMap emqx-upg/,
    ],
    [
      'the runner is elsewhere',
      'mode: approval',
      'approve --runner-namespace ops',
      2,
      /the namespace ops has no runner/,
    ],
    [
      'the digest is none',
      'mode: approval',
      'approve --template x --runner-namespace A',
      2,
      /'--runner-namespace' .*\n→ .*\n'--template' \("x"\) must be 16 hexadecimal digits/,
    ],
  ])('is refused when %s', async (_, policy, command, expected, message) => {
    const cluster = await waiting(policy);
    const { code, err } = await cluster.run(command);
    expect([code, err]).toEqual([expected, expect.stringMatching(message)]);
    expect(Object.keys(records(cluster) ?? {})).toEqual(policy === undefined ? [] : ['policy']);
    cluster.world.stop();
  });

  test('is refused when nothing waits', async () => {
    const cluster = await SimulatedCluster.atRest(0);
    const { code, err } = await cluster.run('approve');
    expect([code, err]).toEqual([2, expect.stringContaining('no upgrade of default/emqx-ee waits: it is at rest')]);
    cluster.world.stop();
  });

  test.each<[string, number | undefined, string | undefined, RegExp]>([
    [
      'at rest and held',
      HOLD_DELAY_SECONDS,
      undefined,
      /it is at rest\n→ change its template first: the new one then waits/,
    ],
    [
      'at rest and not held',
      5,
      undefined,
      /it is at rest\n→ hold it first \(hold: enforce in the policy of the runner/,
    ],
    [
      'upgraded by the operator',
      300,
      '4.4.15',
      /it is being upgraded by the operator on its own\n→ an upgrade of the operator needs no approval, .* `emqx-blue-green check emqxenterprise\/emqx-ee -n default` says/,
    ],
  ])('says what to do where nothing waits: %s', async (_, initialDelaySeconds, version, message) => {
    const cluster = await SimulatedCluster.atRest(0);
    const { clock, api } = cluster.world;
    await clock.run(async () => {
      const template = version && { template: { spec: { emqxContainer: { image: { version } } } } };
      await api.patch(REF, {
        type: 'merge',
        body: { spec: { blueGreenUpdate: { initialDelaySeconds }, ...template } },
      });
      await clock.sleep(30_000);
    });
    const { code, err } = await cluster.run('approve');
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
    cluster.world.stop();
  });

  test.each(['approve', 'status'])('%s finds the runner in another namespace', async (command) => {
    const cluster = await waiting(undefined);
    const { clock } = cluster.world;
    const shell = new TestShell(['runner', '-n', 'ops', '--all-namespaces', '--port', '0'], { link: cluster.link });
    const ended = clock.run(async () => {
      const runner = runProgram(shell);
      await clock.sleep(30_000);
      const ended = await run(command === 'approve' ? ['approve'] : ['status', '-o', 'json'], { link: cluster.link });
      shell.interrupt();
      await runner;
      return ended;
    });
    const { code, out } = await ended;
    expect(code).toBe(0);
    const map = { ...MAP, namespace: 'ops' };
    const written = cluster.world.kubernetes.store.find<KubeObject & { data: Record<string, string> }>(map)?.data;
    if (command === 'approve') expect(written).toHaveProperty(['approved.EmqxEnterprise.default.emqx-ee']);
    else {
      const { runner } = JSON.parse(out) as { runner: object };
      expect(runner).toMatchObject({ namespace: 'ops', isFollowed: true, wait: { reason: 'NotApproved' } });
    }
    cluster.world.stop();
  });
});

test('runner upgrades what waits, logs a JSON object a line, and ends when it is asked to', async () => {
  const cluster = await waiting('mode: automatic');
  const { clock } = cluster.world;
  const lines: { kind: string; port?: number }[] = [];
  const shell = new TestShell(['runner', '--port', '0'], {
    link: cluster.link,
    written: (text, of) => {
      const line = JSON.parse(text) as (typeof lines)[number];
      lines.push(line);
      if (line.kind === 'end') of.interrupt();
    },
  });
  const code = await clock.run(() => runProgram(shell));
  expect([code, shell.stderr]).toEqual([0, '']);
  expect(lines[0]).toMatchObject({ kind: 'serving', port: expect.any(Number), namespaces: ['default'] });
  const kinds = lines.map(({ kind }) => kind).filter((kind) => kind !== 'progress');
  expect(kinds).toEqual(['serving', 'policy', 'leading', 'cluster', 'plan', 'start', 'end', 'leading']);
  expect(cluster.resource.spec.template?.spec?.emqxContainer?.image?.version).toBe('4.4.15');
  expect(shell.listens).toBe(false);
  cluster.world.stop();
});

describe('status', () => {
  /** A runner that works until it has said why the cluster is left, or that its policy is wrong, and a moment longer. */
  async function ran(policy: string): Promise<SimulatedCluster> {
    const cluster = await waiting(policy);
    const { clock } = cluster.world;
    const shell = new TestShell(['runner', '--port', '0'], {
      link: cluster.link,
      written: (text, of) => {
        const { kind, problems = [] } = JSON.parse(text) as { kind: string; problems?: string[] };
        if (kind === 'left' || problems.length > 0) void clock.sleep(15_000).then(() => of.interrupt());
      },
    });
    expect(await clock.run(() => runProgram(shell))).toBe(0);
    return cluster;
  }

  test('names the runner, and what the cluster waits for', async () => {
    const cluster = await ran('mode: approval');
    const { out } = await cluster.run('status');
    expect(out).toMatch(
      /\n\nrunner in default: none works; [\s\S]*? say\s+why\nNotApproved: version 4\.4\.15, template [0-9a-f]{16}, waits/,
    );
    const { runner } = JSON.parse((await cluster.run('status -o json')).out) as { runner: object };
    expect(runner).toEqual({
      namespace: 'default',
      lease: null,
      isFollowed: true,
      policyProblems: [],
      wait: { reason: 'NotApproved', text: expect.stringMatching(/^version 4\.4\.15, .* approves it$/) },
    });
    cluster.world.stop();
  });

  test('shows all that is wrong with the policy', async () => {
    const cluster = await ran('mode: auto\nmaxConcurrent: 0');
    const { out } = await cluster.run('status -A');
    expect(out.replace(/\s+/g, ' ')).toMatch(
      /‼ its policy: 'maxConcurrent' \(0\) must .*‼ its policy: 'mode' \("auto"\) must be/,
    );
    const { items } = JSON.parse((await cluster.run('status -A -o json')).out) as { items: [{ runner: object }] };
    expect(items[0].runner).toMatchObject({ policyProblems: [expect.any(String), expect.any(String)], wait: null });
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'emqx-upgrade-runner' };
    const { api, clock } = cluster.world;
    await clock.run(() =>
      api.patch(ref, { type: 'merge', body: { data: { policy: null, polcy: 'mode: automatic' } } }),
    );
    expect((await cluster.run('status')).out.replace(/\s+/g, ' ')).toMatch(/‼ its policy: 'data\.polcy' /);
    cluster.world.stop();
  });

  test.each<[string, string, RegExp | undefined, object | null]>([
    ['there is none', 'status --runner-namespace ops', /\nrunner: there is none\n$/, null],
    ['there is none', 'status', undefined, null],
  ])('%s: %s', async (_, command, text, runner) => {
    const cluster = await SimulatedCluster.atRest(0);
    const { out } = await cluster.run(command);
    if (text) expect(out).toMatch(text);
    else expect(out).not.toContain('runner');
    expect(JSON.parse((await cluster.run(`${command} -o json`)).out)).toMatchObject({ runner });
    cluster.world.stop();
  });

  test('a runner that may not be read is unknown, and shown where it was asked for', async () => {
    const cluster = await waiting('mode: approval');
    const { api } = cluster.world;
    const get: typeof api.get = (ref, signal) =>
      ref.name === MAP.name ? Promise.reject(new KubeApiError(403, 'Forbidden', 'not yours')) : api.get(ref, signal);
    const link = () => ({ ...cluster.link(), api: Object.assign(Object.create(api) as typeof api, { get }) });
    expect((await cluster.run('status', { link })).out).not.toContain('runner');
    const { out } = await cluster.run('status --runner-namespace default', { link });
    expect(out).toMatch(/\nrunner in default: unknown, not yours\n$/);
    cluster.world.stop();
  });
});

test.each<[string, RegExp]>([
  ['--port x', /^'--port' \("x"\) must be a whole number from 0 to 65535/],
  ['-A --watch-namespace a', /^'--watch-namespace' \("a"\) must be left out with --all-namespaces/],
  ['--watch-namespace A', /^'--watch-namespace' \("A"\) must be a name/],
  ['--image a --label b=c', /^'--image' \("a"\) must be left out without manifest.*\n→ .*\n'--label' \("b=c"\)/],
])('runner %s is refused', async (words, message) => {
  const { code, err } = await run(['runner', ...words.split(' ')]);
  expect([code, err]).toEqual([2, expect.stringMatching(message)]);
});

describe('runner manifest', () => {
  const POLICY = 'mode: automatic\nwindow: { from: "01:00", to: "05:00" }\n';

  function objects(props: UpgradeRunnerProps, labels = {}): unknown {
    const chart = new Chart(new App(), 'chart', { labels });
    new UpgradeRunner(chart, 'It', props);
    return JSON.parse(JSON.stringify(chart.toJson()));
  }

  test.each<[string, unknown]>([
    ['--image r/x:1', objects({ image: 'r/x:1' })],
    [
      `-n ops --watch-namespace a --watch-namespace b --image r/x:1 --replicas 2 --webhook-secret hook --label c=d --policy ${file('policy.yaml', POLICY)}`,
      objects(
        {
          image: 'r/x:1',
          namespace: 'ops',
          watchNamespaces: ['a', 'b'],
          replicas: 2,
          webhookSecret: 'hook',
          policy: { mode: 'automatic', window: { from: '01:00', to: '05:00' } },
        },
        { c: 'd' },
      ),
    ],
    ['-n ops -A --image r/x:1', objects({ image: 'r/x:1', namespace: 'ops', allNamespaces: true })],
  ])('%s: what the construct renders', async (words, expected) => {
    const { code, out, err } = await run(['runner', 'manifest', ...words.split(' ')]);
    expect([code, err]).toEqual([0, '']);
    expect(parseAllDocuments(out).map((document) => document.toJS() as unknown)).toEqual(expected);
  });

  test.each<[string, RegExp]>([
    ['-n ops', /^'--image' \(missing\) must be given/],
    ['--image a --replicas 0', /^'--replicas' \("0"\) must be a whole number from 1 to 10/],
    ['--image a --policy no/such', /^'--policy' \("no\/such"\) must be a file that can be read/],
    [
      `--image a --policy ${file('bad.yaml', 'mode: x\n')}`,
      /bad\.yaml: 'mode' \("x"\) must be one of automatic, approval/,
    ],
    ['--image a --webhook-secret A', /^'--webhook-secret' \("A"\) must be/],
    ['--image a --port 9090', /^'--port' \("9090"\) must be left out with manifest: .* port 8080\n→ leave --port out/],
    [
      '--image a --webhook-url-file f',
      /^'--webhook-url-file' \("f"\) must be left out with manifest: .*\n→ name the Secret .* --webhook-secret/,
    ],
  ])('%s is refused', async (words, message) => {
    const { code, err, out } = await run(['runner', 'manifest', ...words.split(' ')]);
    expect([code, out, err]).toEqual([2, '', expect.stringMatching(message)]);
  });
});
