import fc from 'fast-check';
import {
  formatProblem,
  HIDDEN,
  HOLD_DELAY_SECONDS,
  imageOf,
  isHeld,
  parseEmqxEnterprise,
  problemsOf,
  ResourceError,
  withDefaults,
} from '../../src/resource';
import { cluster, clusterWith } from './_cluster';

const STRATEGY = 'spec.blueGreenUpdate.evacuationStrategy';
const VERSION = 'spec.template.spec.emqxContainer.image.version';

test('a sound resource is given back as it is, also completed, and with a status', () => {
  const given = withDefaults(cluster());
  given.metadata.resourceVersion = '42';
  given.status = {
    conditions: [{ type: 'Running', status: 'True' }],
    blueGreenUpdateStatus: { evacuationsStatus: [{ node: 'a@b', stats: { current_connected: 1 } }] },
  };
  expect(parseEmqxEnterprise(given)).toBe(given);
});

test('without blueGreenUpdate nothing of it is required', () => {
  expect(problemsOf(clusterWith('spec.blueGreenUpdate', undefined))).toEqual([]);
});

test.each([
  [VERSION, '4.4.14'],
  [VERSION, '4.4.15-rc.1'],
  [VERSION, '4.5.0'],
  [`${STRATEGY}.connEvictRate`, 1],
  [`${STRATEGY}.sessEvictRate`, 2_147_483_647],
  [`${STRATEGY}.waitTakeover`, 1],
  [`${STRATEGY}.waitTakeover`, 4_294_967],
  ['spec.blueGreenUpdate.initialDelaySeconds', 0],
  ['spec.blueGreenUpdate.initialDelaySeconds', undefined],
  ['spec.replicas', 1],
  ['metadata.name', 'a'],
  ['metadata.name', 'a'.repeat(41)],
])('%s may be %p', (path, value) => {
  expect(problemsOf(clusterWith(path, value))).toEqual([]);
});

test.each([
  [VERSION, undefined, 'refuses a cluster without one'],
  [VERSION, '', 'refuses a cluster without one'],
  [VERSION, 4.4, 'refuses a cluster without one'],
  [VERSION, 'latest', 'a tag that moves'],
  [VERSION, '4.4', 'not a semantic version'],
  [VERSION, 'v4.4.14', 'not a semantic version'],
  [VERSION, ' 4.4.14', 'not a semantic version'],
  [VERSION, '4.4.14+build', 'not a semantic version'],
  [VERSION, '4.4.13', 'refused by the operator'],
  [VERSION, '4.4.14-rc.1', 'refused by the operator'],
  [VERSION, '5.0.0', 'EMQX 5'],
  [VERSION, '5.0.0-beta.1', 'EMQX 5'],
  [`${STRATEGY}.connEvictRate`, 0, 'hangs without an error'],
  [`${STRATEGY}.connEvictRate`, undefined, 'hangs without an error'],
  [`${STRATEGY}.connEvictRate`, -1, 'never drained'],
  [`${STRATEGY}.connEvictRate`, 0.5, 'fractions'],
  [`${STRATEGY}.connEvictRate`, Number.NaN, 'fractions'],
  [`${STRATEGY}.connEvictRate`, 2_147_483_648, '32 bits'],
  [`${STRATEGY}.sessEvictRate`, '10', 'never converted'],
  [`${STRATEGY}.sessEvictRate`, true, 'never converted'],
  [`${STRATEGY}.sessEvictRate`, null, 'never converted'],
  [`${STRATEGY}.waitTakeover`, 0, '60 s'],
  [`${STRATEGY}.waitTakeover`, undefined, '60 s'],
  [`${STRATEGY}.waitTakeover`, -1, 'cannot be negative'],
  [`${STRATEGY}.waitTakeover`, 4_294_968, 'crash'],
  ['spec.blueGreenUpdate.initialDelaySeconds', -1, 'how long to wait'],
  ['spec.blueGreenUpdate.initialDelaySeconds', 2_147_483_648, '32 bits'],
  ['spec.replicas', 0, 'nothing can take'],
  ['metadata.name', undefined, 'host names'],
  ['metadata.name', '', 'host names'],
  ['metadata.name', '1a', 'host names'],
  ['metadata.name', 'a-', 'host names'],
  ['metadata.name', 'Emqx', 'host names'],
  ['metadata.name', 'a.b', 'host names'],
  ['metadata.name', 'a'.repeat(42), '63'],
])('%s must not be %p', (path, value, reason) => {
  const problems = problemsOf(clusterWith(path, value));
  expect(problems.map(({ path, value }) => ({ path, value }))).toEqual([{ path, value }]);
  expect(problems[0]!.reason).toContain(reason);
});

test('a missing strategy is three missing values', () => {
  const problems = problemsOf(clusterWith(STRATEGY, undefined));
  expect(problems.map(({ path }) => path)).toEqual(
    ['waitTakeover', 'connEvictRate', 'sessEvictRate'].map((field) => `${STRATEGY}.${field}`),
  );
});

test('under what is no object nothing is said to be missing', () => {
  const problems = problemsOf(clusterWith('spec.blueGreenUpdate', 'yes'));
  expect(problems.map(formatProblem)).toEqual([
    `'spec.blueGreenUpdate' ("yes") must be an object: the custom resource definition requires this, and values are never converted; write an object here`,
  ]);
});

test.each([[undefined], [null], [7], ['text'], [[]], [{}]])('%p is no resource', (input) => {
  expect(() => parseEmqxEnterprise(input, 'input')).toThrow(/^input: 'kind' \(missing\) must be EmqxEnterprise: /);
});

test.each([
  ['spec.replica', 'replicas'],
  ['spec.template.spec.emqxContainer.emqxConf', 'emqxConfig'],
  ['spec.blueGreenUpdate.initialDelaySecond', 'initialDelaySeconds'],
  ['spec.licence', 'license'],
  ['metadata.label', 'labels'],
])('%s is unknown, and %s is suggested', (path, nearest) => {
  const problems = problemsOf(clusterWith(path, 'do-not-print-me'));
  expect(problems).toEqual([expect.objectContaining({ path, value: HIDDEN, fix: `did you mean '${nearest}'?` })]);
});

test('an unknown field that resembles nothing is told what there is', () => {
  const [problem] = problemsOf(clusterWith('spec.license.zzzzzzzzzz', 1));
  expect(problem!.fix).toBe('remove it, or use one of data, stringData, secretName');
});

test.each([
  [{ data: 'x', stringData: 'y' }, 'data, stringData'],
  [{ stringData: 'do-not-print-me', secretName: 'y' }, 'stringData, secretName'],
])('a license has one form: %#', (license, forms) => {
  expect(problemsOf(clusterWith('spec.license', license))).toEqual([
    expect.objectContaining({ path: 'spec.license', value: forms, bound: 'given in one form' }),
  ]);
});

test('node ports are in range, and unique for a protocol', () => {
  const ports = [
    { port: 1, nodePort: 29_999 },
    { port: 2, nodePort: 30_000 },
    { port: 3, nodePort: 30_000, protocol: 'TCP' },
    { port: 4, nodePort: 30_000, protocol: 'UDP' },
    { port: 5, nodePort: 32_768 },
    { port: 6 },
    { port: 7 },
  ];
  const path = 'spec.serviceTemplate.spec.ports';
  expect(problemsOf(clusterWith(path, ports)).map(({ path, value, bound }) => [path, value, bound])).toEqual([
    [`${path}[0].nodePort`, 29_999, 'a whole number from 30000 to 32767'],
    [`${path}[2].nodePort`, 30_000, 'given once'],
    [`${path}[4].nodePort`, 32_768, 'a whole number from 30000 to 32767'],
  ]);
});

const SECRET = 'do-not-print-me';
const CONTAINER = 'spec.template.spec.emqxContainer';

test.each([
  ['spec.license', SECRET],
  ['spec.license.stringData', [SECRET]],
  ['spec.license.stringdata', SECRET],
  [`${CONTAINER}.bootstrapAPIKeys`, [{ key: 'a', secret: SECRET.repeat(9) }]],
  [`${CONTAINER}.bootstrapAPIKeys`, [{ key: 'a b', secret: SECRET, extra: SECRET }]],
  [`${CONTAINER}.bootstrapAPIKeys`, SECRET],
  [`${CONTAINER}.env`, SECRET],
  [`${CONTAINER}.env`, [{ name: 'PASSWORD', value: [SECRET] }]],
  [`${CONTAINER}.emqxConfig`, SECRET],
  ['spec.template.spec.extraContainers', [{ name: 'a', env: [SECRET] }]],
])('what may be a secret is never shown: %s (%#)', (path, value) => {
  const error = new ResourceError('x', problemsOf(clusterWith(path, value)));
  expect(error.problems).not.toEqual([]);
  expect(JSON.stringify([error.message, error.problems])).not.toContain(SECRET);
});

test('a numeric password among the settings is not shown either', () => {
  const problems = problemsOf(clusterWith(`${CONTAINER}.emqxConfig`, { 'auth.redis.password': 123456 }));
  expect(problems.map(formatProblem)).toEqual([
    `'${CONTAINER}.emqxConfig["auth.redis.password"]' (hidden) must be text: the custom resource definition requires this, and values are never converted; write it in quotes`,
  ]);
});

test('whatever is put anywhere, the answer is a resource or a ResourceError', () => {
  const paths = [VERSION, `${STRATEGY}.connEvictRate`, 'spec.license', 'spec.template', 'spec', 'metadata', 'status'];
  fc.assert(
    fc.property(fc.constantFrom(...paths, 'spec.serviceTemplate.spec.ports'), fc.anything(), (path, value) => {
      const input = clusterWith(path, value);
      try {
        expect(parseEmqxEnterprise(input)).toBe(input);
      } catch (error) {
        expect(error).toBeInstanceOf(ResourceError);
        expect(
          (error as ResourceError).problems.every((problem) =>
            /^'.+' \(.+\) must be .+: .+; .+$/s.test(formatProblem(problem)),
          ),
        ).toBe(true);
      }
    }),
  );
});

test('a hold is a delay of a billion seconds or more', () => {
  const held = (delay: unknown) =>
    isHeld(clusterWith('spec.blueGreenUpdate.initialDelaySeconds', delay) as Parameters<typeof isHeld>[0]);
  expect([undefined, 5, 999_999_999, 1_000_000_000, HOLD_DELAY_SECONDS].map(held)).toEqual([
    false,
    false,
    false,
    true,
    true,
  ]);
  expect(HOLD_DELAY_SECONDS).toBe(2_000_000_000);
});

test.each([
  [{ version: '4.4.14' }, 'emqx/emqx-ee:4.4.14'],
  [{ version: '4.4.14', registry: '', repository: '' }, 'emqx/emqx-ee:4.4.14'],
  [{ version: '4.4.14', registry: 'r:5000', repository: 'a/b' }, 'r:5000/a/b:4.4.14'],
  [{ version: '4.4.14', prefix: 'v', suffix: '-alpine' }, 'emqx/emqx-ee:v4.4.14-alpine'],
])('the image of %j is %s', (parts, image) => {
  expect(imageOf(parts)).toBe(image);
});

test.each([
  ['spec.template.spec.emqxContainer.tty', 'yes', 'true or false', 'write true: in YAML 1.2 yes is a text'],
  ['spec.template.spec.emqxContainer.tty', 'true', 'true or false', 'write it without quotes'],
  ['spec.clusterDomain', 5, 'text', 'write it in quotes'],
  ['spec.template.spec.emqxContainer.image.pullPolicy', 'Sometimes', 'one of Always, Never, IfNotPresent', undefined],
  ['spec.persistent', {}, 'an object', 'add an object'],
  ['spec.serviceTemplate.spec.ports', [{ port: 1, targetPort: true }], 'a whole number or text', undefined],
  ['spec.serviceTemplate.spec.ports', [{ port: 1.5 }], 'a whole number', undefined],
  [
    'spec.template.spec.emqxContainer.bootstrapAPIKeys',
    [{ key: 'a', secret: 'ab' }],
    'at least 3 characters long',
    undefined,
  ],
  [
    'spec.template.spec.emqxContainer.bootstrapAPIKeys',
    [{ key: '-', secret: 'abc' }],
    'text of the form /^[a-zA-Z\\d_]+$/',
    undefined,
  ],
])('what the definition asks of %s is told in words: %p', (path, value, bound, fix) => {
  const problems = problemsOf(clusterWith(path, value));
  expect(problems).toHaveLength(1);
  expect(problems[0]!.bound).toBe(bound);
  expect(problems[0]!.fix).toBe(fix ?? `write ${bound} here`);
});
