import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { kubeconfigFile } from '../../src/sandbox/kubeconfig-file';
import { FileTakenError } from '../../src/sandbox/own-file';
import { PrometheusTargets } from '../../src/sandbox/prometheus-targets';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kubeconfig-'));
  file = path.join(folder, 'config');
});
afterEach(() => rmSync(folder, { recursive: true }));

const kubeconfig = (...clusters: string[]) => `clusters:\n${clusters.map((name) => `- name: ${name}\n`).join('')}`;
const OWN = kubeconfig('emqx-blue-green-sandbox');

test('is for its owner alone, and removed at the end', () => {
  const own = kubeconfigFile(file);
  own.write(OWN);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  own.remove();
  expect(() => statSync(file)).toThrow('ENOENT');
});

test('takes the place of one that an earlier sandbox left', () => {
  writeFileSync(file, OWN, { mode: 0o644 });
  const own = kubeconfigFile(file);
  own.write(`${OWN}new: true\n`);
  expect(readFileSync(file, 'utf8')).toContain('new: true');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test.each([
  ['another cluster', kubeconfig('production')],
  ['another cluster beside a sandbox', kubeconfig('emqx-blue-green-sandbox', 'production')],
  ['no cluster', 'clusters: []\n'],
  ['something else', 'hello'],
  ['nothing', ''],
])('is never written over a file with %s', (_, content) => {
  writeFileSync(file, content);
  expect(() => kubeconfigFile(file)).toThrow(FileTakenError);
  expect(readFileSync(file, 'utf8')).toBe(content);
});

test('is refused at once where no file can be written', () => {
  expect(() => kubeconfigFile(path.join(folder, 'no/such', 'config'))).toThrow(/cannot be written: .* ENOENT$/);
  expect(() => kubeconfigFile(folder)).toThrow(FileTakenError);
});

test('is not removed when somebody else has put his own there', () => {
  const own = kubeconfigFile(file);
  own.write(OWN);
  writeFileSync(file, kubeconfig('production'));
  own.remove();
  expect(readFileSync(file, 'utf8')).toContain('production');
});

describe('the targets of Prometheus', () => {
  const node = { namespace: 'default', cluster: 'emqx-ee', pod: 'emqx-ee-abc-0', port: 4711 };

  test('are written with their labels, and over those of an earlier sandbox', () => {
    new PrometheusTargets(file).write([]);
    const targets = new PrometheusTargets(file);
    targets.write([node]);
    const { namespace, cluster, pod } = node;
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual([
      {
        targets: ['127.0.0.1:4711'],
        labels: { namespace, cluster, pod, instance: pod, statefulset: 'emqx-ee-abc', from: 'emqx' },
      },
    ]);
    targets.write([{ ...node, pod: 'emqx-replicant-abc-x7k2p', role: 'replicant' }]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject([
      { labels: { role: 'replicant', set: 'emqx-replicant-abc' } },
    ]);
    targets.remove();
    expect(() => statSync(file)).toThrow('ENOENT');
  });

  test.each(['[{"targets":["10.0.0.1:9090"],"labels":{}}]', 'hello', '{}'])('are never written over %s', (content) => {
    writeFileSync(file, content);
    expect(() => new PrometheusTargets(file)).toThrow(FileTakenError);
  });
});
