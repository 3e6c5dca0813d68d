import path from 'node:path';
import { connect, type KubeClient, type KubeObject } from '../../src/kubernetes';
import type { EmqxEnterprise } from '../../src/resource';
import { versionOf } from '../../src/resource';
import { type OpenSandbox, openSandbox } from '../../src/sandbox/open-sandbox';
import { quickstart } from '../../src/sandbox/quickstart';
import { ended } from '../sandbox/kubernetes-api/_kubectl';
import { hasCli, hasTerminals, PulumiCli } from './_cli';
import type { Lease } from './_desk';

const title = 'the real Pulumi CLI, on the sandbox';
const describeCli = (tests: () => void) =>
  hasCli ? describe(title, tests) : describe.skip(`${title} (skipped: no pulumi on the PATH)`, tests);
const testInTerminal = hasTerminals ? test : test.skip;

const PROGRAM = `
const { Config } = require('@pulumi/pulumi');
const { EmqxEnterprise } = require('emqx-blue-green/pulumi');
const config = new Config();
const former = config.get('former');
const cluster = new EmqxEnterprise(
  config.get('row') ?? 'emqx-ee',
  {
    name: 'emqx-ee',
    version: config.require('version'),
    adopt: config.getBoolean('adopt') ?? false,
    blueGreenUpdate: {
      initialDelaySeconds: 5,
      evacuationStrategy: { connectionEvictionRate: 20, sessionEvictionRate: 20, waitTakeoverSeconds: 5 },
    },
  },
  { aliases: former === undefined ? [] : [{ name: former }] },
);
exports.phase = cluster.phase;
exports.version = cluster.version;
`;

const UP = ['up', '--yes', '--skip-preview'] as const;

/** One story, in the order of the tests: each begins with what the one before has left. */
describeCli(() => {
  let cli: PulumiCli;
  let sandbox: OpenSandbox;
  let other: OpenSandbox;
  let api: KubeClient;

  beforeAll(async () => {
    cli = new PulumiCli(PROGRAM);
    let connected = () => {};
    const all = new Promise<void>((resolve) => {
      connected = resolve;
    });
    const options = {
      manifests: quickstart(20),
      clients: 900,
      seed: 5,
      freePorts: true,
      kubeconfigPath: cli.kubeconfig,
    };
    sandbox = await openSandbox(options, ({ kind }) => {
      if (kind === 'connected') connected();
    });
    const elsewhere = { clients: 0, seed: 6, freePorts: true, kubeconfigPath: path.join(cli.folder, 'other') };
    other = await openSandbox(elsewhere, () => undefined);
    api = await connect({ kubeconfig: cli.kubeconfig });
    await all;
    await cli.ok('stack', 'init', 'dev');
  });
  afterEach(() => cli.providersGone());
  afterAll(async () => {
    api?.close();
    await Promise.all([sandbox?.stop(), other?.stop()]);
    cli.remove();
  });

  const set = (name: string, value: string) => cli.ok('config', 'set', name, value);
  const output = async (name: string) => (await cli.ok('stack', 'output', name)).trim();
  const resource = () =>
    api.get<EmqxEnterprise & KubeObject>({
      apiVersion: 'apps.emqx.io/v1beta4',
      kind: 'EmqxEnterprise',
      namespace: 'default',
      name: 'emqx-ee',
    });
  /** Resolves when an object beside the cluster is so. */
  const until = async <T extends KubeObject>(apiVersion: string, kind: string, so: (object: T) => boolean) => {
    const over = new AbortController();
    const query = { apiVersion, kind, namespace: 'default', name: 'emqx-ee-upgrade' };
    for await (const { object } of api.watch<T>(query, {}, over.signal)) if (so(object)) over.abort();
  };
  const evacuates = (to: string) =>
    until<KubeObject & { data?: Record<string, string> }>('v1', 'ConfigMap', ({ data }) => {
      const journal = JSON.parse(data?.['journal.json'] ?? '{}') as { phase?: string; to?: { version: string } };
      return journal.phase === 'evacuate' && journal.to?.version === to;
    });
  const interrupted = async (version: string, signal: 'SIGINT' | 'SIGKILL') => {
    await set('version', version);
    const up = cli.start(UP);
    const end = ended(up);
    await evacuates(version);
    up.kill(signal);
    return end;
  };

  test('a cluster that exists is previewed, and adopted', async () => {
    await set('version', '4.4.14');
    expect(await cli.ok('preview')).toMatch(/pulumi-nodejs:emqx:EE\s+emqx-ee\s+create/);
    expect(await cli.fails(UP)).toMatch(/the EmqxEnterprise default\/emqx-ee already exists\..*aliases/);
    await set('adopt', 'true');
    await cli.ok(...UP);
    await cli.ok('preview', '--expect-no-changes');
  });

  test('the preview as JSON can be parsed, and says what will happen', async () => {
    await set('version', '4.4.15');
    const { steps, diagnostics } = JSON.parse(await cli.ok('preview', '--json')) as {
      steps: { op: string; urn: string }[];
      diagnostics: { message: string }[];
    };
    expect(steps.map(({ op }) => op)).toContain('update');
    expect(diagnostics.map(({ message }) => message.trim())).toContainEqual(
      expect.stringMatching(/^upgrade 4\.4\.14 → 4\.4\.15: 9\d\d devices are moved, about \d+ s at 20\/s$/),
    );
  });

  test('Ctrl-C stops an upgrade with one error, and the next up resumes it', async () => {
    const { code, out, error } = await interrupted('4.4.15', 'SIGINT');
    expect(code).not.toBe(0);
    expect(out + error).toMatch(
      /1 error occurred:\s+\* stopped by Cancel \(Ctrl-C, or SIGTERM to the CLI\); in phase evacuate: .*; `pulumi up` resumes/,
    );
    expect(out + error).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
    await cli.ok('refresh', '--yes', '--skip-preview');
    expect(await cli.ok('preview')).toMatch(/resumes the upgrade 4\.4\.14 → 4\.4\.15, in phase evacuate/);
    await cli.ok(...UP);
    expect(await output('phase')).toBe('running');
    await cli.ok('preview', '--expect-no-changes');
  });

  test('kill -9 leaves no process behind, and the old version rolls back, whatever the state says', async () => {
    expect((await interrupted('4.4.16', 'SIGKILL')).code).not.toBe(0);
    await until<Lease>('coordination.k8s.io/v1', 'Lease', ({ spec }) => !spec.holderIdentity);
    await cli.providersGone();
    await cli.ok('cancel', '--yes');
    await set('version', '4.4.15');
    expect(await cli.ok('preview')).toMatch(/rolls back the upgrade 4\.4\.15 → 4\.4\.16/);
    await cli.ok(...UP);
    expect(await output('version')).toBe('4.4.15');
    expect(versionOf(await resource())).toBe('4.4.15');
  });

  test('without a terminal an upgrade is a few lines', async () => {
    await set('version', '4.4.16');
    const rows = (await cli.ok(...UP)).split('\n').filter((line) => /updating \(\d+s\)/.test(line));
    const texts = rows.map((row) => row.replace(/^.*\[diff: ~version\](; )?/, ''));
    expect(texts.filter((text) => /^\d+\/\d+ · .* evacuating/.test(text)).length).toBeLessThan(4);
    for (const phase of ['building the new nodes', 'evacuating', 'removing the old nodes', 'done']) {
      expect(texts.filter((text) => text === phase)).toHaveLength(1);
    }
    expect(texts.length).toBeLessThan(25);
  });

  testInTerminal('in 80 columns the figures of an upgrade are seen', async () => {
    await set('version', '4.4.17');
    const lines = await cli.drawn(80, UP);
    const ofStack = lines.filter((line) => line.includes('pulumi:pulumi:Stack'));
    const figures = ofStack.flatMap((line) => /running\.*\s+(\d+\/\d+ \d+\/s \d+s)\s*$/.exec(line)?.[1] ?? []);
    expect(new Set(figures).size).toBeGreaterThan(5);
    expect(Math.max(...ofStack.map((line) => line.length))).toBeLessThan(80);
    expect(versionOf(await resource())).toBe('4.4.17');
  });

  test('the kubeconfig of another cluster is an error, and nothing is lost', async () => {
    const elsewhere = { KUBECONFIG: path.join(cli.folder, 'other') };
    for (const words of [['refresh', '--yes', '--skip-preview'], ['preview'], ['destroy', '--yes', '--skip-preview']]) {
      const text = await cli.fails(words, elsewhere);
      expect(text).toMatch(/the kubeconfig leads to \S+, which is not the Kubernetes cluster of default\/emqx-ee/);
      expect(text).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
    }
    expect(versionOf(await resource())).toBe('4.4.17');
    await cli.ok('preview', '--expect-no-changes');
  });

  test('a row that is renamed keeps its cluster: with an alias, and when it is adopted', async () => {
    await set('row', 'telemetry');
    await set('former', 'emqx-ee');
    await cli.ok('preview', '--expect-no-changes');
    await cli.ok(...UP);
    await set('row', 'sensors');
    await cli.ok('config', 'rm', 'former');
    const text = await cli.ok(...UP);
    expect(text).toMatch(
      /the EmqxEnterprise default\/emqx-ee is left as it is: another resource of Pulumi has adopted it/,
    );
    expect(versionOf(await resource())).toBe('4.4.17');
    await cli.ok('preview', '--expect-no-changes');
  });

  test('destroy leaves nothing', async () => {
    await cli.ok('destroy', '--yes', '--skip-preview');
    const pods = { apiVersion: 'v1', kind: 'Pod', namespace: 'default' };
    expect((await api.list(pods)).items).toEqual([]);
  });
});
