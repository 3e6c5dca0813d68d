import { stringify } from 'yaml';
import {
  type Emqx,
  formatProblem,
  parseEmqx,
  problemsOf,
  problemsOfEmqx,
  ResourceError,
  readClusterManifest,
  readManifest,
  structuralProblemsOfEmqx,
  withEmqxDefaults,
} from '../../../src/resource';
import { cluster, clusterWith } from '../_cluster';
import { emqx, emqxWith } from './_emqx';

const UPDATE = 'spec.updateStrategy';
const STRATEGY = `${UPDATE}.evacuationStrategy`;
const CORE = 'spec.coreTemplate.spec';
const REPLICANT = 'spec.replicantTemplate.spec';

test('a sound resource is given back as it is, also completed, and with a status', () => {
  const given = withEmqxDefaults(emqx());
  given.metadata.resourceVersion = '42';
  given.status = {
    conditions: [
      { type: 'Ready', status: 'True', lastTransitionTime: '2026-11-28T10:00:00Z', reason: 'Ready', message: '' },
    ],
    coreNodesStatus: { currentRevision: 'a', updateRevision: 'a' },
  };
  expect(parseEmqx(given)).toBe(given);
});

test.each([
  ['spec.image', 'emqx/emqx-enterprise:5.1.1'],
  ['spec.image', 'emqx/emqx-enterprise:5.10.0-rc.1'],
  ['spec.image', 'emqx/emqx-enterprise:5.8.9-elixir'],
  ['spec.image', 'emqx/emqx-enterprise:5.8.9@sha256:abc'],
  ['spec.image', 'registry.example.com:5000/mirror/emqx-enterprise:5.8.9'],
  ['spec.image', 'registry.example.com/our-broker:5.8.9'],
  ['spec.image', 'emqx/emqx:5.9.0'],
  ['spec.image', 'emqx/emqx:6.2.0'],
  ['spec.clusterDomain', 'cluster.local'],
  [UPDATE, undefined],
  [`${STRATEGY}.connEvictRate`, undefined],
  [`${STRATEGY}.waitTakeover`, 4_294_967],
  [`${UPDATE}.initialDelaySeconds`, 2_000_000_000],
  [`${CORE}.replicas`, 1],
  [`${CORE}.replicas`, 10],
  [`${CORE}.minAvailable`, '50%'],
  [`${CORE}.env`, [{ name: 'EMQX_LOG__CONSOLE__LEVEL', value: 'debug' }]],
  [REPLICANT, { replicas: 0 }],
  ['spec.bootstrapAPIKeys', [{ key: 'a-b', secret: 'abc' }]],
  ['spec.config', { data: 'listeners.tcp.default.bind = 1883' }],
  ['metadata.name', 'a'.repeat(36)],
])('%s may be %j', (path, value) => {
  expect(problemsOfEmqx(emqxWith(path, value))).toEqual([]);
});

test.each([
  ['spec.image', undefined, 'requires it'],
  ['spec.image', '', 'requires it'],
  ['spec.image', 'emqx/emqx-enterprise', 'a tag that moves'],
  ['spec.image', 'emqx/emqx-enterprise:latest', 'a tag that moves'],
  ['spec.image', 'emqx/emqx-enterprise:5.8', 'does not say which version'],
  ['spec.image', 'emqx/emqx-enterprise@sha256:abc', 'a tag that moves'],
  ['spec.image', ' emqx/emqx-enterprise:5.8.9', 'no spaces'],
  ['spec.image', 'localhost:5000/emqx', 'a tag that moves'],
  ['spec.image', 'emqx/emqx-ee:4.4.14', 'EmqxEnterprise'],
  ['spec.image', 'emqx/emqx-enterprise:5.1.0', 'does not support'],
  ['spec.image', 'emqx/emqx-enterprise:5.1.1-rc.1', 'does not support'],
  ['spec.image', 'emqx/emqx:5.8.9', 'cannot evacuate'],
  ['spec.image', 'mirror.example.com/emqx/emqx:5.8.9-elixir', 'cannot evacuate'],
  ['spec.clusterDomain', 'example.com', 'takes all others for stopped'],
  [`${STRATEGY}.connEvictRate`, 0, 'the upgrade hangs'],
  [`${STRATEGY}.sessEvictRate`, -1, 'never drained'],
  [`${STRATEGY}.sessEvictRate`, '10', 'never converted'],
  [`${STRATEGY}.waitTakeover`, undefined, '60 s'],
  [`${STRATEGY}.waitTakeover`, 0, '60 s'],
  [`${STRATEGY}.waitTakeover`, 4_294_968, 'crash'],
  [STRATEGY, undefined, 'the upgrade hangs'],
  [`${UPDATE}.initialDelaySeconds`, -1, 'how long to wait'],
  [`${UPDATE}.type`, 'Rolling', 'the custom resource definition requires this'],
  [`${CORE}.replicas`, 0, 'without a core'],
  [`${CORE}.replicas`, 11, 'never reports more than ten'],
  [`${REPLICANT}.replicas`, -1, 'not negative'],
  [`${CORE}.toleRations`, [], 'only for old resources'],
  ['metadata.name', 'a'.repeat(37), 'add 27 characters'],
  ['metadata.name', 'A', 'host names'],
])('%s must not be %j', (path, value, reason) => {
  const problems = problemsOfEmqx(emqxWith(path, value));
  expect(problems.map(({ path }) => path)).toEqual([path]);
  expect(problems[0]!.reason).toContain(reason);
});

test.each([
  [{ minAvailable: 1, maxUnavailable: 1 }, `${CORE}.maxUnavailable`, 'left out with minAvailable'],
  [{ env: [{ name: 'EMQX_HOST', value: 'x' }] }, `${CORE}.env[0].name`, 'left out'],
  [{ env: [{ name: 'A' }, { name: 'EMQX_NODE__NAME' }] }, `${CORE}.env[1].name`, 'left out'],
])('of a template %j is refused', (spec, path, bound) => {
  expect(problemsOfEmqx(emqxWith(CORE, spec))).toEqual([expect.objectContaining({ path, bound })]);
});

const reference = { key: { secretName: 's', secretKey: 'k' }, secret: { secretName: 's', secretKey: 'k' } };

test.each([
  [{ key: 'a' }],
  [{ secret: 'abc' }],
  [{}],
  [{ key: 'a', secretRef: reference }],
  [{ secret: 'abc', secretRef: reference }],
])('an API key has one form, in full: not %j', (apiKey) => {
  expect(problemsOfEmqx(emqxWith('spec.bootstrapAPIKeys', [{ secretRef: reference }, apiKey]))).toEqual([
    expect.objectContaining({ path: 'spec.bootstrapAPIKeys[1]', bound: 'key and secret, or secretRef' }),
  ]);
});

test("the operator's own API key cannot be given", () => {
  const problems = problemsOfEmqx(
    emqxWith('spec.bootstrapAPIKeys', [{ key: 'emqx-operator-controller', secret: 'abc' }]),
  );
  expect(problems.map(({ path }) => path)).toEqual(['spec.bootstrapAPIKeys[0].key']);
});

test('node ports are in range, and unique for a protocol, in each Service', () => {
  const ports = [
    { port: 1, nodePort: 1883 },
    { port: 2, nodePort: 30_000 },
    { port: 3, nodePort: 30_000 },
  ];
  const path = 'spec.listenersServiceTemplate.spec.ports';
  expect(problemsOfEmqx(emqxWith(path, ports)).map(({ path }) => path)).toEqual([
    `${path}[0].nodePort`,
    `${path}[2].nodePort`,
  ]);
});

describe('fields of the other generation are named, with the place where they belong', () => {
  test.each([
    ['spec.blueGreenUpdate', 'write spec.updateStrategy in an EMQX'],
    ['spec.replicas', 'write spec.coreTemplate.spec.replicas in an EMQX'],
    ['spec.license', 'write license.key in spec.config.data in an EMQX'],
    ['spec.template', 'write spec.coreTemplate in an EMQX'],
    [`${CORE}.emqxContainer`, 'write spec.coreTemplate.spec in an EMQX'],
    [`${CORE}.reloaderImage`, 'remove it: an EMQX has nothing like it'],
  ])('%s of an EmqxEnterprise in an EMQX', (path, fix) => {
    expect(problemsOfEmqx(emqxWith(path, {}))).toEqual([
      expect.objectContaining({
        path,
        reason:
          'it belongs to an EmqxEnterprise (apps.emqx.io/v1beta4), the resource of EMQX 4.4, and would be dropped silently',
        fix,
      }),
    ]);
  });

  test.each([
    ['spec.updateStrategy', 'write spec.blueGreenUpdate in an EmqxEnterprise'],
    ['spec.coreTemplate', 'write spec.template in an EmqxEnterprise'],
    ['spec.config', 'write spec.template.spec.emqxContainer.emqxConfig in an EmqxEnterprise'],
    ['spec.replicantTemplate', 'remove it: an EmqxEnterprise has nothing like it'],
  ])('%s of an EMQX in an EmqxEnterprise', (path, fix) => {
    expect(problemsOf(clusterWith(path, {}))).toEqual([
      expect.objectContaining({
        path,
        reason:
          'it belongs to an EMQX (apps.emqx.io/v2beta1), the resource of EMQX 5 and 6, and would be dropped silently',
        fix,
      }),
    ]);
  });
});

test.each([
  ['EmqxEnterprise', 'apps.emqx.io/v2beta1', ['kind']],
  ['EMQX', 'apps.emqx.io/v1beta4', ['apiVersion']],
  ['EMQX', 'apps.emqx.io/v2alpha1', ['apiVersion']],
  ['EMQX', 'apps.emqx.io/v3beta1', ['apiVersion']],
  [undefined, undefined, ['kind', 'apiVersion']],
])('of a %s of %s nothing else is checked', (kind, apiVersion, paths) => {
  expect(problemsOfEmqx({ kind, apiVersion, spec: 7 }).map(({ path }) => path)).toEqual(paths);
});

test.each([
  ['apps.emqx.io/v2alpha1', 'let the cluster convert it'],
  ['apps.emqx.io/v3beta1', 'leave its upgrade to the operator'],
])('%s is explained', (apiVersion, fix) => {
  expect(problemsOfEmqx({ ...emqx(), apiVersion })[0]!.fix).toContain(fix);
});

describe('version v2, of operator 2.3', () => {
  const v2 = (path: string, value: unknown) => ({ ...emqxWith(path, value), apiVersion: 'apps.emqx.io/v2' });

  test('is read by the same model, and stays v2', () => {
    const given = v2('spec.updateStrategy.evacuationStrategy', { connEvictRate: 100, waitHealthCheck: 5 });
    expect(parseEmqx(given)).toBe(given);
    expect(withEmqxDefaults(given as Emqx)).toMatchObject({
      apiVersion: 'apps.emqx.io/v2',
      spec: {
        updateStrategy: {
          initialDelaySeconds: 10,
          evacuationStrategy: { connEvictRate: 100, sessEvictRate: 1000, waitTakeover: 10, waitHealthCheck: 5 },
        },
      },
    });
  });

  test.each<[string, unknown, string]>([
    ['spec.image', 'emqx/emqx:latest', 'spec.image'],
    ['spec.coreTemplate.spec.replicas', 11, 'spec.coreTemplate.spec.replicas'],
    [
      'spec.updateStrategy.evacuationStrategy',
      { connEvictRate: 0 },
      'spec.updateStrategy.evacuationStrategy.connEvictRate',
    ],
    ['spec.updateStrategy.initialDelaySeconds', -1, 'spec.updateStrategy.initialDelaySeconds'],
    ['spec.waitHealthCheck', 5, 'spec.waitHealthCheck'],
  ])('and by the same rules: %s = %j', (path, value, at) => {
    expect(problemsOfEmqx(v2(path, value)).map((problem) => problem.path)).toEqual([at]);
  });

  test('finds cores by the names of their pods, so their domain does not matter', () => {
    expect(problemsOfEmqx(v2('spec.clusterDomain', 'example.org'))).toEqual([]);
  });

  test('has a wait for load balancers, which v2beta1 does not have', () => {
    const path = 'spec.updateStrategy.evacuationStrategy.waitHealthCheck';
    expect(problemsOfEmqx(emqxWith(path, 5)).map((problem) => problem.path)).toEqual([path]);
  });
});

const SECRET = 'do-not-print-me';

test.each([
  ['spec.config', { data: [SECRET] }],
  ['spec.config', SECRET],
  ['spec.config.Data', SECRET],
  ['spec.bootstrapAPIKeys', [{ key: 'a', secret: SECRET.repeat(20) }]],
  ['spec.bootstrapAPIKeys', [{ key: 'a', secretRef: SECRET }]],
  [`${CORE}.env`, SECRET],
  [`${CORE}.env`, [{ name: 'PASSWORD', value: [SECRET] }]],
  [`${REPLICANT}.args`, SECRET],
  [`${REPLICANT}.extraContainers`, [{ name: 'a', env: [SECRET] }]],
])('what may be a secret is never shown: %s (%#)', (path, value) => {
  const error = new ResourceError('x', problemsOfEmqx(emqxWith(path, value)));
  expect(error.problems).not.toEqual([]);
  expect(JSON.stringify([error.message, error.problems])).not.toContain(SECRET);
});

test('the structure alone needs no image that can be upgraded', () => {
  expect(structuralProblemsOfEmqx(emqxWith('spec.image', 'emqx/emqx:5.8.9'))).toEqual([]);
  expect(structuralProblemsOfEmqx(emqxWith('spec.image', 7)).map(({ path }) => path)).toEqual(['spec.image']);
});

test('all problems are reported at once, with what to do', () => {
  const given = emqxWith('spec.clusterDomain', 'example.com');
  given.spec.image = 'emqx/emqx:5.8.9';
  delete given.spec.updateStrategy!.evacuationStrategy;
  expect(() => parseEmqx(given, 'file.yaml')).toThrow(ResourceError);
  expect(problemsOfEmqx(given).map(formatProblem)).toEqual([
    `'spec.image' ("emqx/emqx:5.8.9") must be an image of EMQX Enterprise from 5.1.1 on, with its whole version as tag: the open-source EMQX of up to 5.8 cannot evacuate a node, and the operator removes old nodes with all clients on them; choose emqx/emqx-enterprise, or from 5.9 on emqx/emqx, which is the same edition`,
    `'spec.clusterDomain' ("example.com") must be left out, or cluster.local: operator 2.2 looks for cores under this domain only, takes all others for stopped, and removes them with all clients on them; leave it out; with another DNS domain no upgrade is safe`,
    `'spec.updateStrategy.evacuationStrategy' (missing) must be an object with connEvictRate, sessEvictRate and waitTakeover: the operator sends missing rates as 0, EMQX refuses 0, and the upgrade hangs without an error; set how many connections and sessions a node may evict per second, for example 100 each, and the wait, for example 10`,
  ]);
});

describe('a manifest', () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: {} };
  const [old, next] = [stringify(cluster()), stringify(emqx())];

  test('may hold a cluster of either generation', () => {
    const { resource, others } = readClusterManifest(`${stringify(service)}---\n${next}`, 'file.yaml');
    expect({ resource, others }).toEqual({ resource: emqx(), others: [service] });
    expect(readClusterManifest(old, 'file.yaml').resource).toEqual(cluster());
  });

  test('is checked by the rules of its generation', () => {
    const wrong = stringify(emqxWith('spec.clusterDomain', 'example.com'));
    expect(() => readClusterManifest(wrong, 'file.yaml')).toThrow(/^file.yaml: 'spec.clusterDomain'/);
  });

  test.each([
    [`${old}---\n${next}`, 'EmqxEnterprise, EMQX'],
    [stringify(service), 'Service'],
    [stringify({ ...emqx(), apiVersion: 'example.com/v1' }), 'EMQX'],
  ])('holds exactly one (%#)', (text, value) => {
    expect(() => readClusterManifest(text, 'file.yaml')).toThrow(
      `'kind' ("${value}") must be EmqxEnterprise or EMQX, in exactly one document`,
    );
  });

  test('of an EMQX is still refused where an EmqxEnterprise is needed', () => {
    expect(() => readManifest(next, 'file.yaml')).toThrow(`'kind' ("EMQX") must be EmqxEnterprise`);
  });
});
