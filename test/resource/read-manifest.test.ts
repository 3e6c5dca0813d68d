import { stringify } from 'yaml';
import { HIDDEN, type Problem, ResourceError, readManifest } from '../../src/resource';
import { cluster } from './_cluster';

const text = stringify(cluster());
const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: {} };

function problemsIn(manifest: string): readonly Problem[] {
  try {
    readManifest(manifest, 'file.yaml');
  } catch (error) {
    if (error instanceof ResourceError) return error.problems;
    throw error;
  }
  return [];
}

test('the cluster and the other objects are told apart, empty documents are left out', () => {
  const manifest = `---\n---\n${stringify(service)}---\n# nothing\n---\n${text}`;
  expect(readManifest(manifest, 'file.yaml')).toEqual({ resource: cluster(), others: [service] });
});

test('a list is what is in it, also one in another', () => {
  const list = (kind: string, apiVersion: string, items: object[]) => ({ apiVersion, kind, metadata: {}, items });
  const inner = list('EmqxEnterpriseList', 'apps.emqx.io/v1beta4', [cluster()]);
  const manifest = stringify(list('List', 'v1', [service, inner]));
  expect(readManifest(manifest, 'file.yaml')).toEqual({ resource: cluster(), others: [service] });
});

test('JSON is YAML', () => {
  expect(readManifest(JSON.stringify(cluster()), 'file.json').resource).toEqual(cluster());
});

test.each([
  ['', undefined],
  ['# only a comment\n', undefined],
  ['kind: ConfigMap\n', 'ConfigMap'],
  ['kind: ConfigMap\n---\nkind: Secret\n', 'ConfigMap, Secret'],
  ['apiVersion: v1\nkind: List\nitems:\n- kind: ConfigMap\n- 7\n', 'ConfigMap'],
  ['apiVersion: v1\nkind: List\n', undefined],
  [`${text}---\n${text}`, 'EmqxEnterprise, EmqxEnterprise'],
])('a manifest with none or several clusters is refused (%#)', (manifest, value) => {
  expect(problemsIn(manifest)).toEqual([expect.objectContaining({ path: 'kind', value })]);
});

test('what cannot be read is told by line and column, and never quoted', () => {
  const problems = problemsIn('spec:\n  license:\n    stringData: |x do-not-print-me\n---\na: "do-not-print-me\n');
  expect(problems.map(({ path }) => path)).toEqual(['line 3, column 18', 'line 6, column 1']);
  expect(JSON.stringify(problems)).not.toContain('do-not-print-me');
});

test('a document that is no object is refused', () => {
  expect(problemsIn(`- a\n---\n${text}---\ntext\n`).map(({ path, bound }) => [path, bound])).toEqual([
    ['document 1', 'an object'],
    ['document 3', 'an object'],
  ]);
});

test('aliases that explode are refused', () => {
  const level = (n: number) =>
    `l${n}: &l${n} [${Array(10)
      .fill(`*l${n - 1}`)
      .join(', ')}]\n`;
  const bomb = `l0: &l0 [x]\n${[1, 2, 3, 4, 5].map(level).join('')}`;
  expect(problemsIn(bomb)).toEqual([expect.objectContaining({ path: 'document 1', bound: 'YAML' })]);
});

test('a field that is null counts as left out, as Helm and Go programs write it; not so in a list', () => {
  const manifest = `${text}`
    .replace('  name: emqx-ee\n', '  name: emqx-ee\n  creationTimestamp: null\n  annotations:\n')
    .replace('spec:\n', 'spec:\n  license:\n  persistent: ~\n');
  expect(readManifest(manifest, 'file.yaml').resource).toEqual(cluster());
  expect(problemsIn(manifest.replace('spec:\n', 'spec:\n  serviceTemplate: { spec: { ports: [~] } }\n'))).toEqual([
    expect.objectContaining({ path: 'spec.serviceTemplate.spec.ports[0]' }),
  ]);
});

test('what else stands in the manifest must be objects that Kubernetes could take, and none of their data is told', () => {
  const others = [
    { kind: 'Secret' },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { 'do-not': 5, v: ['do-not-print-me'] } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 1, labels: { a: true } },
      spec: { ports: {}, selector: [] },
    },
    { apiVersion: 'example.com/v1', kind: 'Anything', metadata: { name: 'x' }, spec: 7 },
  ];
  const problems = problemsIn([...others.map((other) => stringify(other)), text].join('---\n'));
  expect(problems.map(({ path }) => path)).toEqual([
    'object 1: apiVersion',
    'object 1: metadata',
    'Secret s: data.do-not',
    'Secret s: data.v',
    'object 3: metadata.name',
    'object 3: metadata.labels.a',
    'object 3: spec.selector',
    'object 3: spec.ports',
  ]);
  expect(problems.map(({ value }) => value)).toEqual(expect.arrayContaining([HIDDEN]));
  expect(JSON.stringify(problems)).not.toContain('do-not-print-me');
});

test.each([
  [
    'apps.emqx.io/v1beta3',
    /^let the cluster convert it: kubectl get emqxenterprises\.v1beta4\.apps\.emqx\.io emqx-ee -n mqtt -o yaml$/,
  ],
  ['apps.emqx.io/v2beta1', /^write apiVersion: apps\.emqx\.io\/v1beta4$/],
  ['emqx.io/v1', /^write apiVersion: apps\.emqx\.io\/v1beta4$/],
])('a cluster of the version %s is told how to get the right one', (apiVersion, fix) => {
  const other = { apiVersion, kind: 'EmqxEnterprise', metadata: { name: 'emqx-ee', namespace: 'mqtt' } };
  expect(problemsIn(stringify(other))).toEqual([
    expect.objectContaining({ path: 'apiVersion', fix: expect.stringMatching(fix) }),
  ]);
});

test.each([
  ['EMQX', 'apps.emqx.io/v2beta1', /describes EMQX 5 and later/],
  ['EmqxBroker', 'apps.emqx.io/v1beta4', /open-source EMQX 4\.4/],
  ['EMQX', 'example.com/v1', /no document of the manifest describes a cluster/],
  ['EmqxPlugin', 'apps.emqx.io/v1beta4', /no document of the manifest describes a cluster/],
])('a manifest with a %s of %s is told what that is', (kind, apiVersion, reason) => {
  const other = stringify({ apiVersion, kind, metadata: { name: 'x' } });
  const [problem, ...more] = problemsIn(`${stringify(service)}---\n${other}`);
  expect(problem).toMatchObject({ path: 'kind', reason: expect.stringMatching(reason) });
  expect(problem!.fix).not.toMatch(/^write/);
  expect(more).toEqual([]);
});
