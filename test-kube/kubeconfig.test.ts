import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { connect } from '../src/kubernetes';
import { type FakeProxy, fakeProxy } from '../test/kubernetes/_fake-proxy';
import { describeKube } from './_describe-kube';
import { hasLab, kubectl, kubectlPath, labFile, measured } from './_lab';

interface Config {
  clusters: { name: string; cluster: Record<string, unknown> }[];
  users: { name: string; user: Record<string, unknown> }[];
  contexts: { name: string; context: Record<string, unknown> }[];
  'current-context'?: string;
}

/** Files by name, and the environment that leads to them; `@` stands for their folder. */
interface Case {
  files: Record<string, Partial<Config> | string>;
  env?: Record<string, string>;
  /** Whether kubectl gets to the server, and so do we. */
  works?: boolean;
  /** Where we do although kubectl does not. */
  weAlone?: boolean;
}

/** The administrator's kubeconfig, and what is in it. */
const admin = hasLab ? (parse(readFileSync(labFile('kubeconfig'), 'utf8')) as Config) : undefined;
const lab = () => {
  const { cluster } = admin!.clusters[0]!;
  const { user } = admin!.users[0]!;
  const bytes = (of: Record<string, unknown>, key: string) =>
    of[`${key}-data`]
      ? Buffer.from(String(of[`${key}-data`]), 'base64').toString()
      : readFileSync(String(of[key]), 'utf8');
  return {
    server: String(cluster['server']),
    ca: bytes(cluster, 'certificate-authority'),
    certificate:
      user['client-certificate'] || user['client-certificate-data'] ? bytes(user, 'client-certificate') : undefined,
    key: user['client-key'] || user['client-key-data'] ? bytes(user, 'client-key') : undefined,
    token: user['token'] as string | undefined,
  };
};

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** The same with other entries of cluster and user. */
function config(cluster: object = {}, user?: object): Config {
  const { clusters, users } = structuredClone(admin!);
  return {
    clusters: [{ name: 'c', cluster: { ...clusters[0]!.cluster, ...cluster } }],
    users: [{ name: 'u', user: (user ?? users[0]!.user) as Record<string, unknown> }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'kube-system' } }],
    'current-context': 'x',
  };
}

/** A plugin that gives the administrator's own credentials; it counts its runs in the file `runs` beside it. */
function plugin(more: { apiVersion?: string; [key: string]: unknown } = {}, script = ''): { files: Case['files'] } {
  const { certificate, key, token } = lab();
  const status = { token, clientCertificateData: certificate, clientKeyData: key };
  const { apiVersion = 'client.authentication.k8s.io/v1' } = more;
  const answer = { apiVersion, kind: 'ExecCredential', status };
  const program = [
    `#!${process.execPath}`,
    `const fs = require('node:fs'), path = require('node:path');`,
    `fs.appendFileSync(path.join(__dirname, 'runs'), '.');`,
    script,
    `console.log(${JSON.stringify(JSON.stringify(answer))});`,
  ];
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: './plugin.js',
    interactiveMode: 'Never',
    ...more,
  };
  return { files: { config: config({}, { exec }), 'plugin.js': program.join('\n') } };
}

const cases: Record<string, () => Case> = {
  'as it is': () => ({ files: { config: config() } }),
  'the same names in two files': () => ({
    files: { config: config(), other: config({ server: 'https://127.0.0.1:1' }, {}) },
    env: { KUBECONFIG: '@/config:@/other' },
  }),
  'a file that is missing': () => ({ files: { config: config() }, env: { KUBECONFIG: '@/none:@/config' } }),
  'an empty file': () => ({ files: { config: config(), empty: '' }, env: { KUBECONFIG: '@/empty:@/config' } }),
  'a current context in a later file': () => {
    const { 'current-context': current, ...rest } = config();
    return {
      files: { config: rest, current: { 'current-context': current! } },
      env: { KUBECONFIG: '@/config:@/current' },
    };
  },
  'a user in another file': () => {
    const { users, ...rest } = config();
    return { files: { config: rest, users: { users } }, env: { KUBECONFIG: '@/config:@/users' } };
  },
  'files beside the kubeconfig': () => {
    const { ca, certificate, key, server, token } = lab();
    const user = token ? { token } : { 'client-certificate': 'pki/c.pem', 'client-key': 'pki/k.pem' };
    const cluster = { name: 'c', cluster: { server, 'certificate-authority': 'pki/ca.pem' } };
    const files = { config: { ...config({}, user), clusters: [cluster] }, 'pki/ca.pem': ca };
    return { files: { ...files, ...(certificate && { 'pki/c.pem': certificate }), ...(key && { 'pki/k.pem': key }) } };
  },
  'data beside a file': () => ({
    files: {
      config: config({ 'certificate-authority': 'other.pem', 'certificate-authority-data': base64(lab().ca) }),
      'other.pem': OTHER_CA,
    },
    // kubectl says that the data will override, and gives up; client libraries go on.
    works: false,
    weAlone: true,
  }),
  insecure: () => {
    const { server } = lab();
    const cluster = { name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } };
    return { files: { config: { ...config(), clusters: [cluster] } } };
  },
  'another authority': () => ({
    files: { config: config({ 'certificate-authority-data': base64(OTHER_CA) }) },
    works: false,
  }),
  'tls-server-name': () => ({ files: { config: config({ 'tls-server-name': 'localhost' }) } }),
  'a wrong tls-server-name': () => ({ files: { config: config({ 'tls-server-name': 'nobody' }) }, works: false }),
  'a server with a slash at the end': () => ({ files: { config: config({ server: `${lab().server}/` }) } }),
  impersonation: () => ({
    files: {
      config: config({}, { ...admin!.users[0]!.user, as: 'jane', 'as-groups': ['system:masters'], 'as-uid': 'u' }),
    },
  }),
  'impersonation of somebody without rights': () => ({
    files: { config: config({}, { ...admin!.users[0]!.user, as: 'jane' }) },
    works: false,
  }),
  'a wrong token': () => ({ files: { config: config({}, { token: 'wrong' }) }, works: false }),
  'a token file that wins over a token': () => ({
    files: { config: config({}, { token: 'wrong', tokenFile: 'token' }), token: `${serviceToken()}\n` },
  }),
  'a plugin beside the kubeconfig': () => plugin(),
  'a plugin that wants to know the cluster': () =>
    plugin(
      { provideClusterInfo: true },
      `if (!JSON.parse(process.env.KUBERNETES_EXEC_INFO).spec.cluster.server) process.exit(1);`,
    ),
  'a plugin of another form': () => plugin({ apiVersion: 'client.authentication.k8s.io/v1beta1' }),
  'a plugin that answers in another form': () => ({
    ...plugin({}, `console.log = (text) => process.stdout.write(text.replace('k8s.io/v1', 'k8s.io/v1beta1'));`),
    works: false,
  }),
  'a plugin that is not installed': () => ({
    ...plugin({ command: 'no-such-plugin', installHint: 'get it' }),
    works: false,
  }),
  'a proxy of the kubeconfig': () => ({ files: { config: config({ 'proxy-url': proxies.http!.url }) } }),
  'a proxy of SOCKS': () => ({ files: { config: config({ 'proxy-url': proxies.socks!.url }) } }),
  'a proxy of the environment': () => ({
    files: { config: config({ server: 'https://kube.invalid:443', 'tls-server-name': 'localhost' }) },
    env: { HTTPS_PROXY: proxies.http!.url },
  }),
  'a server that NO_PROXY exempts': () => ({
    files: { config: config({ server: 'https://kube.invalid:443', 'tls-server-name': 'localhost' }) },
    env: { HTTPS_PROXY: proxies.http!.url, NO_PROXY: '.invalid' },
    works: false,
  }),
};

/** Somebody's who signs for no server here. */
const OTHER_CA = hasLab
  ? readFileSync('/etc/ssl/certs/ca-certificates.crt', 'utf8').split(/(?<=-----END CERTIFICATE-----\n)/)[0]!
  : '';

let issued: string | undefined;
function serviceToken(): string {
  issued ??= kubectl(['create', 'token', 'namespace-controller', '-n', 'kube-system']).trim();
  return issued;
}

const proxies: { http?: FakeProxy; socks?: FakeProxy } = {};

describeKube('a kubeconfig leads where it leads kubectl', () => {
  const place = mkdtempSync(path.join(tmpdir(), 'kubeconfigs-'));

  beforeAll(async () => {
    const port = Number(new URL(lab().server).port);
    [proxies.http, proxies.socks] = await Promise.all([fakeProxy(port, 'http'), fakeProxy(port, 'socks5')]);
  });

  afterAll(() => {
    for (const proxy of Object.values(proxies)) proxy?.close();
    rmSync(place, { recursive: true });
  });

  test.each(Object.keys(cases))('%s', async (name) => {
    const { files, env = {}, works = true, weAlone = false } = cases[name]!();
    const folder = mkdtempSync(path.join(place, 'case-'));
    for (const [file, content] of Object.entries(files)) {
      const at = path.join(folder, file);
      mkdirSync(path.dirname(at), { recursive: true });
      writeFileSync(at, typeof content === 'string' ? content : JSON.stringify(content));
      if (file.endsWith('.js')) chmodSync(at, 0o700);
    }
    const own = { KUBECONFIG: '@/config', ...env };
    const environment = Object.fromEntries(
      Object.entries(own).map(([key, value]) => [key, value.replaceAll('@', folder)]),
    );
    const byKubectl = await kubectlGets(environment);
    const byUs = await weGet(environment);
    expect({ kubectl: byKubectl.works, we: byUs.works }).toEqual({ kubectl: works, we: works || weAlone });
    if (!works) measured(`kubeconfig, ${name}: kubectl: ${byKubectl.words} · emqx-blue-green: ${byUs.words}`);
  });

  test('a plugin without an expiry runs once, and a proxy has one connection, for ten requests', async () => {
    const folder = mkdtempSync(path.join(place, 'case-'));
    const { files } = plugin();
    Object.assign((files['config'] as Config).clusters[0]!.cluster, { 'proxy-url': proxies.http!.url });
    for (const [file, content] of Object.entries(files)) {
      writeFileSync(path.join(folder, file), typeof content === 'string' ? content : JSON.stringify(content), {
        mode: 0o700,
      });
    }
    const before = proxies.http!.connections();
    const api = await connect({ kubeconfig: path.join(folder, 'config') });
    for (let count = 0; count < 10; count++)
      await api.get({ apiVersion: 'v1', kind: 'Namespace', name: 'default', namespace: '' });
    api.close();
    expect(readFileSync(path.join(folder, 'runs'), 'utf8')).toBe('.');
    expect(proxies.http!.connections() - before).toBe(1);
  });
});

interface Outcome {
  works: boolean;
  words: string;
}

async function kubectlGets(env: Record<string, string>): Promise<Outcome> {
  const { code, output } = await ended(['get', 'configmaps', '--request-timeout=5s', '-o', 'name'], env);
  return { works: code === 0, words: output.trim().split('\n').at(-1) ?? '' };
}

async function weGet(env: Record<string, string>): Promise<Outcome> {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    const api = await connect({ timeoutMs: 5_000 });
    try {
      await api.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace: api.namespace });
      // That there is no such pod only the API server knows: a port-forward takes the same way.
      const words = await api.dial({ namespace: api.namespace, name: 'nobody' }, 8081, 5_000).then(
        () => 'a connection to nobody',
        (error: Error) => error.message,
      );
      return { works: words.includes('pods "nobody" not found'), words };
    } finally {
      api.close();
    }
  } catch (error) {
    return { works: false, words: (error as Error).message };
  } finally {
    for (const key of Object.keys(env)) {
      if (before[key] === undefined) delete process.env[key];
      else process.env[key] = before[key];
    }
  }
}

function ended(args: readonly string[], env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(kubectlPath(), args, { env: { PATH: process.env['PATH'], HOME: '/nowhere', ...env } });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('close', (code) => resolve({ code, output }));
  });
}
