import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { connect, type KubeClient, type KubeObject } from '../../src/kubernetes';
import { type OpenSandbox, openSandbox } from '../../src/sandbox/open-sandbox';
import { quickstart } from '../../src/sandbox/quickstart';
import { type Ended, ended } from '../sandbox/kubernetes-api/_kubectl';
import type { Lease } from './_desk';
import { programFolder, TSX } from './_host';

const hasCli = spawnSync('pulumi', ['version']).status === 0;
const title = 'the real Pulumi CLI, on the sandbox';
const describeCli = (tests: () => void) =>
  hasCli ? describe(title, tests) : describe.skip(`${title} (skipped: no pulumi on the PATH)`, tests);

const PROGRAM = `
const { Config } = require('@pulumi/pulumi');
const { EmqxEnterprise } = require('emqx-blue-green/pulumi');
const config = new Config();
const cluster = new EmqxEnterprise('emqx-ee', {
  name: 'emqx-ee',
  version: config.require('version'),
  adopt: true,
  blueGreenUpdate: {
    initialDelaySeconds: 5,
    evacuationStrategy: { connectionEvictionRate: 20, sessionEvictionRate: 20, waitTakeoverSeconds: 5 },
  },
});
exports.phase = cluster.phase;
exports.version = cluster.version;
`;

describeCli(() => {
  let folder: string;
  let sandbox: OpenSandbox;
  let api: KubeClient;

  beforeAll(async () => {
    folder = programFolder();
    const kubeconfig = path.join(folder, 'kubeconfig');
    writeFileSync(path.join(folder, 'Pulumi.yaml'), 'name: emqx\nruntime: nodejs\n');
    writeFileSync(path.join(folder, 'package.json'), '{ "main": "index.js" }\n');
    writeFileSync(path.join(folder, 'index.js'), PROGRAM);
    let connected = () => {};
    const all = new Promise<void>((resolve) => {
      connected = resolve;
    });
    const options = { manifests: quickstart(20), clients: 900, seed: 5, freePorts: true, kubeconfigPath: kubeconfig };
    sandbox = await openSandbox(options, ({ kind }) => {
      if (kind === 'connected') connected();
    });
    api = await connect({ kubeconfig });
    await all;
  });
  afterAll(async () => {
    api?.close();
    await sandbox?.stop();
    rmSync(folder, { recursive: true });
  });

  const start = (...words: string[]): ChildProcess =>
    spawn('pulumi', [...words, '--non-interactive', '--color=never'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        KUBECONFIG: path.join(folder, 'kubeconfig'),
        NODE_OPTIONS: `--import ${TSX}`,
        PULUMI_BACKEND_URL: `file://${folder}`,
        PULUMI_CONFIG_PASSPHRASE: 'passphrase',
        PULUMI_SKIP_UPDATE_CHECK: 'true',
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
      },
    });
  const run = async (...words: string[]): Promise<Ended> => ended(start(...words));
  /** Runs a command that is to succeed. */
  const pulumi = async (...words: string[]): Promise<string> => {
    const { code, out, error } = await run(...words);
    if (code !== 0) throw new Error(`pulumi ${words.join(' ')} has ended with ${code}:\n${out}\n${error}`);
    return out;
  };
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
  const upgrade = async (version: string, signal: 'SIGINT' | 'SIGKILL') => {
    await pulumi('config', 'set', 'version', version);
    const up = start('up', '--yes', '--skip-preview');
    const end = ended(up);
    await evacuates(version);
    up.kill(signal);
    return end;
  };

  test('previews, takes over, upgrades with Ctrl-C, refresh and kill -9 on the way, and destroys', async () => {
    await pulumi('stack', 'init', 'sandbox');
    await pulumi('config', 'set', 'version', '4.4.14');
    expect(await pulumi('preview')).toMatch(/EmqxEnterprise\s+emqx-ee\s+create/);
    await pulumi('up', '--yes', '--skip-preview');
    await pulumi('preview', '--expect-no-changes');

    const interrupted = await upgrade('4.4.15', 'SIGINT');
    expect(interrupted.code).not.toBe(0);
    expect(interrupted.out + interrupted.error).toContain('stopped by Cancel (Ctrl-C)');
    await pulumi('refresh', '--yes');
    await pulumi('up', '--yes', '--skip-preview');
    expect((await pulumi('stack', 'output', 'phase')).trim()).toBe('running');
    await pulumi('preview', '--expect-no-changes');

    expect((await upgrade('4.4.16', 'SIGKILL')).code).not.toBe(0);
    await until<Lease>('coordination.k8s.io/v1', 'Lease', ({ spec }) => !spec.holderIdentity);
    await pulumi('cancel', '--yes');
    await pulumi('up', '--yes', '--skip-preview');
    expect((await pulumi('stack', 'output', 'version')).trim()).toBe('4.4.16');

    await pulumi('destroy', '--yes', '--skip-preview');
    const pods = { apiVersion: 'v1', kind: 'Pod', namespace: 'default' };
    expect((await api.list(pods)).items).toEqual([]);
  });
});
