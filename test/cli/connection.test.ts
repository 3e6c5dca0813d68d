import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { clusterError } from '../../src/cli/cluster-errors';
import { openLink } from '../../src/cli/link';
import type { Link } from '../../src/cli/shell';
import { KubeApiError, type KubeErrorReason } from '../../src/kubernetes';
import { SimulatedClock } from '../../src/simulator/clock';
import { type ApiCall, InMemoryKubeApi } from '../../src/simulator/kubernetes/in-memory-api';
import { ObjectStore } from '../../src/simulator/kubernetes/object-store';
import { Random } from '../../src/simulator/random';
import { PortError, UpgradeError } from '../../src/upgrade';
import { clusterOf, emqxOf } from '../_upgradable-cluster';
import { atEnd, endAll, kubeconfig, listening, temporaryFile } from '../kubernetes/_fake-server';
import { type Ended, run } from './_shell';

afterEach(endAll);

interface Setting {
  /** As `<namespace>/<name>`. */
  clusters?: string[];
  /** The same of EMQX 5. */
  emqx?: string[];
  /** A refusal of the API server, for the calls it concerns. */
  refuse?: (call: ApiCall) => KubeApiError | undefined;
}

/** Runs a command on a Kubernetes cluster in which nothing happens; the context's namespace is `mqtt`. */
async function on(
  { clusters = [], emqx = [], refuse = () => undefined }: Setting,
  ...words: string[]
): Promise<Ended & { closed: number }> {
  const clock = new SimulatedClock();
  const store = new ObjectStore(clock, new Random(1));
  const api = new InMemoryKubeApi(clock, store, {
    intercept: async (call, perform) => {
      const refusal = refuse(call);
      if (refusal) throw refusal;
      return perform();
    },
  });
  for (const cluster of clusters) {
    const [namespace, name] = cluster.split('/') as [string, string];
    store.create(clusterOf(name, namespace, '4.4.14'));
  }
  for (const cluster of emqx) {
    const [namespace, name] = cluster.split('/') as [string, string];
    store.create(emqxOf(name, namespace, '5.8.8'));
  }
  let closed = 0;
  const transport = () => ({ exchange: () => Promise.reject(new Error('there are no nodes')) });
  const link = (): Link => ({ api, namespace: 'mqtt', transport, clock, close: () => closed++ });
  const ended = await clock.run(() => run(words, { link }));
  return { ...ended, closed };
}

/** The files a program writes. */
function synthesized(program: string): string[] {
  const { outputText } = ts.transpileModule(program, { compilerOptions: { module: ts.ModuleKind.CommonJS } });
  const from = process.cwd();
  const folder = mkdtempSync(path.join(tmpdir(), 'access-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  process.chdir(folder);
  try {
    new Function('require', 'exports', outputText)((name: string) => jest.requireActual(name), {});
    return readdirSync('dist');
  } finally {
    process.chdir(from);
  }
}

const refusal = (status: number, code: KubeErrorReason, message: string) => new KubeApiError(status, code, message);
const isList = ({ verb, kind }: ApiCall) => verb === 'list' && kind === 'EmqxEnterprise';

describe('the cluster', () => {
  test.each<[string, string[], string[], string]>([
    ['is the one of the context’s namespace', ['mqtt/emqx-ee', 'iot/other'], [], 'mqtt/emqx-ee'],
    ['is the one of the namespace that is named', ['mqtt/emqx-ee', 'iot/other'], ['-n', 'iot'], 'iot/other'],
    ['is the one that is named', ['mqtt/emqx-ee', 'mqtt/other'], ['other'], 'mqtt/other'],
    ['is the one that is named, wherever', ['mqtt/emqx-ee', 'iot/other'], ['other', '-n', 'iot'], 'iot/other'],
  ])('%s', async (_, clusters, words, found) => {
    const { code, out, err } = await on({ clusters }, 'report', ...words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(`no upgrade of ${found} by emqx-blue-green is on record\n→ to upgrade it, run upgrade\n`);
  });

  test('that is named is found without the right to list', async () => {
    const refuse = (call: ApiCall) =>
      isList(call) && call.name === undefined ? refusal(403, 'Forbidden', 'no') : undefined;
    const { err } = await on({ clusters: ['mqtt/emqx-ee'], refuse }, 'report', 'emqx-ee');
    expect(err).toContain('no upgrade of mqtt/emqx-ee');
  });

  test('that is not named is not looked for without the right to list', async () => {
    const refuse = (call: ApiCall) => (isList(call) ? refusal(403, 'Forbidden', 'you may not list') : undefined);
    expect(await on({ clusters: ['mqtt/emqx-ee'], refuse }, 'report')).toMatchObject({
      code: 5,
      err: 'the API server: you may not list\n→ give the name of the cluster: with a name this right is not needed\n',
    });
  });

  const WHERE = '→ check the name, the namespace (-n) and the context (--context)\n';
  test.each<[string, string[], string[], string]>([
    ['none there', [], [], `the namespace mqtt has no EMQX cluster\n${WHERE}`],
    [
      'none there, but elsewhere',
      ['iot/one', 'prod/two'],
      [],
      `the namespace mqtt has no EMQX cluster; other namespaces have iot/one, prod/two\n${WHERE}`,
    ],
    [
      'others there and elsewhere',
      ['mqtt/one', 'mqtt/two', 'iot/three'],
      ['four'],
      `the namespace mqtt has no EMQX cluster four; it has one, two; other namespaces have iot/three\n${WHERE}`,
    ],
    [
      'several',
      ['mqtt/one', 'mqtt/two'],
      [],
      'the namespace mqtt has 2 EMQX clusters: one, two\n→ give the name of one\n',
    ],
  ])('is not found: %s', async (_, clusters, words, message) => {
    expect(await on({ clusters }, 'report', ...words)).toEqual({ code: 2, out: '', err: message, closed: 1 });
  });

  test('is not found, and where else one may not be looked for is not said', async () => {
    const refuse = (call: ApiCall) =>
      isList(call) && call.namespace === '' ? refusal(403, 'Forbidden', 'no') : undefined;
    const { err } = await on({ clusters: ['iot/one'], refuse }, 'report');
    expect(err).toBe(`the namespace mqtt has no EMQX cluster\n${WHERE}`);
  });

  const [OLD, NEW] = ['EmqxEnterprise (apps.emqx.io/v1beta4)', 'EMQX (apps.emqx.io/v2beta1)'];
  test.each<[string[], string[], string]>([
    [[], ['EmqxEnterprise', 'EMQX'], `knows neither ${OLD} nor ${NEW}`],
    [['emqx-ee'], ['EmqxEnterprise', 'EMQX'], `knows neither ${OLD} nor ${NEW}`],
    [['emqx/emqx'], ['EMQX'], `does not know ${NEW}`],
    [['emqxenterprise/emqx'], ['EmqxEnterprise'], `does not know ${OLD}`],
  ])('cannot be where the kind is unknown: %j', async (words, absent, unknown) => {
    const refuse = ({ kind }: ApiCall) =>
      absent.includes(kind) ? refusal(404, 'NotFound', 'the server could not find the requested resource') : undefined;
    const { code, err } = await on({ refuse }, 'report', ...words);
    expect(code).toBe(2);
    expect(err).toBe(
      `the cluster ${unknown}: the CRDs of the EMQX Operator are not installed\n` +
        '→ check the context; the construct EmqxOperator installs the operator with its CRDs\n',
    );
  });

  describe('of either kind', () => {
    const BOTH = { clusters: ['mqtt/fleet', 'iot/old'], emqx: ['mqtt/fleet', 'iot/new'] };

    test.each<[string, Setting, string[], string]>([
      ['is the only one of its namespace', { emqx: ['mqtt/emqx'] }, [], 'mqtt/emqx'],
      ['is the one that is named', BOTH, ['new', '-n', 'iot'], 'iot/new'],
      ['is the one whose type is named, too', BOTH, ['emqx/fleet'], 'mqtt/fleet'],
      ['may have the long type', BOTH, ['emqxes.apps.emqx.io/fleet'], 'mqtt/fleet'],
      ['may have the type with its version', BOTH, ['EMQXES.v2beta1.apps.emqx.io/fleet'], 'mqtt/fleet'],
      ['may be of the other type', BOTH, ['emqxenterprise/fleet'], 'mqtt/fleet'],
    ])('%s', async (_, setting, words, found) => {
      expect((await on(setting, 'report', ...words)).err).toContain(`no upgrade of ${found} by emqx-blue-green`);
    });

    test.each<[string[], string, string]>([
      [
        ['fleet'],
        'the namespace mqtt has two EMQX clusters fleet: emqxenterprise/fleet and emqx/fleet',
        'say which one is meant: emqxenterprise/fleet or emqx/fleet',
      ],
      [[], 'the namespace mqtt has 2 EMQX clusters: emqxenterprise/fleet, emqx/fleet', 'give the name of one'],
      [
        ['emqx/old', '-n', 'iot'],
        'the namespace iot has no EMQX old; it has new; other namespaces have mqtt/fleet',
        'check the name, the namespace (-n) and the context (--context)',
      ],
    ])('is not guessed: %j', async (words, message, fix) => {
      expect(await on(BOTH, 'report', ...words)).toMatchObject({ code: 2, err: `${message}\n→ ${fix}\n` });
    });

    test.each<[string, string[], string]>([
      ['without a name', [], 'no upgrade of mqtt/one'],
      ['with a name', ['one'], 'no upgrade of mqtt/one'],
      [
        'with another name',
        ['two'],
        'no EMQX cluster two; it has one; whether it has an EMQX is unknown: you may not read any',
      ],
    ])('is found %s where the other kind may not be read', async (_, words, message) => {
      const refuse = ({ kind }: ApiCall) => (kind === 'EMQX' ? refusal(403, 'Forbidden', 'no') : undefined);
      expect((await on({ clusters: ['mqtt/one'], refuse }, 'report', ...words)).err).toContain(message);
    });

    test('that may not be read is named where all are shown', async () => {
      const refuse = ({ kind }: ApiCall) => (kind === 'EMQX' ? refusal(403, 'Forbidden', 'you may not') : undefined);
      const { err } = await on({ refuse }, 'status', '-A');
      expect(err).toBe('clusters of the kind EMQX are not shown: you may not\n');
    });

    test('has a version of its kind', async () => {
      const { code, err } = await on(BOTH, 'plan', 'new', '-n', 'iot', '--set-version', '4.4.15');
      expect(code).toBe(2);
      expect(err).toMatch(/^'--set-version' \("4.4.15"\) must be a version from 5.1.1 on: EMQX 4.4 is described by/);
    });

    test('gets rights of its kind', async () => {
      const refuse = ({ kind }: ApiCall) => (kind === 'StatefulSet' ? refusal(403, 'Forbidden', 'no') : undefined);
      const { err } = await on({ ...BOTH, refuse }, 'status', 'emqx/fleet');
      expect(err).toContain(`'UpgradeAccess', { kinds: ['EMQX'], clusters: ['fleet'] });\n`);
    });
  });
});

describe('the API server', () => {
  const CLUSTER = { clusters: ['mqtt/emqx-ee'] };
  const always = (error: KubeApiError) => ({ ...CLUSTER, refuse: () => error });

  test.each<[string, KubeApiError, string, string]>([
    [
      'an expired token',
      refusal(401, 'Unauthorized', 'Unauthorized'),
      'UNAUTHORIZED',
      'log in again as you do for kubectl',
    ],
    [
      'no answer',
      refusal(0, 'Unreachable', 'GET /apis: ECONNREFUSED'),
      'UNREACHABLE',
      'check the context and the network',
    ],
    ['an error of its own', refusal(500, 'InternalError', 'etcd is away'), 'UNREACHABLE', 'try again in a moment'],
  ])('%s is told with the way out, and a code of its own', async (_, error, code, fix) => {
    const ended = await on(always(error), 'status', '-o', 'json');
    expect(ended).toMatchObject({ code: 5, closed: 1 });
    const told = (JSON.parse(ended.out) as { error: object }).error;
    expect(told).toEqual({ code, message: `the API server: ${error.message}`, fix: expect.stringContaining(fix) });
    expect(ended.err).toContain(`the API server: ${error.message}\n→ ${fix}`);
  });

  test('a missing right is named as the server does, with what grants all of them', async () => {
    const message =
      'statefulsets.apps is forbidden: User "jane" cannot list resource "statefulsets" in API group "apps" in the namespace "mqtt"';
    const refuse = ({ kind }: ApiCall) => (kind === 'StatefulSet' ? refusal(403, 'Forbidden', message) : undefined);
    const { code, err } = await on({ ...CLUSTER, refuse }, 'status');
    expect(code).toBe(5);
    expect(err).toContain(`the API server: ${message}\n`);
    const program = err.slice(err.indexOf('\n\n') + 2).replaceAll(/^ {2}/gm, '');
    expect(program).toBe(`import { App, Chart } from 'cdk8s';
import { UpgradeAccess } from 'emqx-blue-green';

const app = new App();
new UpgradeAccess(new Chart(app, 'access', { namespace: 'mqtt' }), 'UpgradeAccess', { clusters: ['emqx-ee'] });
app.synth();
`);
    expect(synthesized(program)).toEqual(['access.k8s.yaml']);
  });

  test('says nothing that a terminal would obey', async () => {
    const { err } = await on(always(refusal(409, 'Conflict', 'not \u001b[2J now')), 'status');
    expect(err).toContain('the API server: not \\u{1b}[2J now\n');
  });

  test.each<[string, PortError | UpgradeError, object]>([
    [
      'what the operator has not made',
      new PortError('missing', 'x', { cause: refusal(404, 'NotFound', 'secrets "emqx-ee-bootstrap-user" not found') }),
      {
        code: 'NOT_FOUND',
        message: 'the API server: secrets "emqx-ee-bootstrap-user" not found',
        fix: 'the operator creates the objects of a cluster: check that it runs, and that the cluster has started',
      },
    ],
    [
      'what this program cannot use',
      new PortError('refused', 'the journal has a format this version does not know'),
      {
        code: 'REFUSED',
        message: 'the journal has a format this version does not know',
        fix: 'check that object, for example with kubectl get -o yaml',
      },
    ],
    [
      'a run that lost its credentials',
      new UpgradeError('ACCESS_LOST', 'the API server has refused it', 'the same command resumes the run', {
        cause: new PortError('refused', 'x', { cause: refusal(401, 'Unauthorized', 'Unauthorized') }),
      }),
      {
        code: 'UNAUTHORIZED',
        message: 'the API server has refused it',
        fix: expect.stringMatching(/^the same command resumes the run: log in again as you do for kubectl/),
      },
    ],
    [
      'a run that cannot reach the API server any more',
      new UpgradeError('UNREACHABLE', 'it has not done it', 'the same command resumes the run', {
        cause: new PortError('unavailable', 'x', { cause: refusal(0, 'Unreachable', 'ECONNREFUSED') }),
      }),
      {
        code: 'UNREACHABLE',
        message: 'it has not done it',
        fix: expect.stringMatching(/: check the context and the network/),
      },
    ],
  ])('%s is told with what to look at', (_, error, told) => {
    expect(clusterError(error, { namespace: 'mqtt', name: 'emqx-ee' })).toMatchObject({ exitCode: 5, ...told });
  });
});

describe('the kubeconfig', () => {
  const file = () => temporaryFile(JSON.stringify(kubeconfig('http://127.0.0.1:1')));

  test.each<[string, () => Parameters<typeof openLink>[0], RegExp]>([
    ['that is not there', () => ({ kubeconfig: '/no/such/file' }), /^the kubeconfig \/no\/such\/file: ENOENT\n/],
    [
      'without such a context',
      () => ({ kubeconfig: file(), context: 'prod' }),
      /^the context prod is not in the kubeconfig; it has test\n/,
    ],
  ])('%s is bad input', async (_, flags, message) => {
    const { code, err } = await run(['status'], { link: () => openLink(flags()) });
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err).toContain('→ give the file with --kubeconfig or KUBECONFIG, and the context in it with --context\n');
  });

  test('whose credential plugin is not installed says how to get it, and blames no network', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-plugin', installHint: 'get it' };
    const content = kubeconfig('https://127.0.0.1:1', { exec });
    const flags = { kubeconfig: temporaryFile(JSON.stringify(content)) };
    expect(await run(['status'], { link: () => openLink(flags) })).toEqual({
      code: 5,
      out: '',
      err: 'the credential plugin no-such-plugin of the user me is not installed\n→ get it\n',
    });
  });

  test('gives the namespace of its context', async () => {
    const link = await openLink({ kubeconfig: file() });
    atEnd(() => link.close());
    expect(link.namespace).toBe('mqtt');
  });
});

test('nodes are asked at the URL of the template', async () => {
  const asked: (string | undefined)[] = [];
  const url = await listening(createServer(({ url }, response) => response.end(`${asked.push(url)}`)));
  const flags = { kubeconfig: temporaryFile(JSON.stringify(kubeconfig('http://127.0.0.1:1'))) };
  const link = await openLink({ ...flags, emqxUrl: `${url}/{namespace}/{pod}/` });
  atEnd(() => link.close());
  const request = { method: 'GET', path: '/api/v4/nodes', headers: {}, timeoutMs: 5_000 } as const;
  await link.transport(8081).exchange({ namespace: 'mqtt', name: 'emqx-ee-0' }, request);
  expect(asked).toEqual(['/mqtt/emqx-ee-0/api/v4/nodes']);
});
