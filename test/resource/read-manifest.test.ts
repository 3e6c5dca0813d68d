import { stringify } from 'yaml';
import { type Problem, ResourceError, readManifest } from '../../src/resource';
import { cluster } from './_cluster';

const text = stringify(cluster());

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
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' } };
  const manifest = `---\n---\n${stringify(service)}---\n# nothing\n---\n${text}`;
  expect(readManifest(manifest, 'file.yaml')).toEqual({ resource: cluster(), others: [service] });
});

test('a list is what is in it, also one in another', () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' } };
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

test('values are read as kubectl reads them', () => {
  const values = `plain: on\ndate: 2026-01-01\ntime: 1:30\nnumber: 0010\nnothing: ~\n`;
  const { others } = readManifest(`${values}---\n${text}`, 'file.yaml');
  expect(others).toEqual([{ plain: true, date: '2026-01-01', time: '1:30', number: 8, nothing: null }]);
});

test('a creation timestamp that Go wrote as null is nothing', () => {
  const manifest = text.replace('  name: emqx-ee\n', '  name: emqx-ee\n  creationTimestamp: null\n');
  expect(manifest).not.toBe(text);
  expect(readManifest(manifest, 'file.yaml').resource).toEqual(cluster());
});
