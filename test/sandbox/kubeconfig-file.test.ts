import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KubeconfigFile, KubeconfigFileError } from '../../src/sandbox/kubeconfig-file';

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
  const own = new KubeconfigFile(file);
  own.write(OWN);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  own.remove();
  expect(() => statSync(file)).toThrow('ENOENT');
});

test('takes the place of one that an earlier sandbox left', () => {
  writeFileSync(file, OWN, { mode: 0o644 });
  const own = new KubeconfigFile(file);
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
  expect(() => new KubeconfigFile(file)).toThrow(KubeconfigFileError);
  expect(readFileSync(file, 'utf8')).toBe(content);
});

test('is refused at once where no file can be written', () => {
  expect(() => new KubeconfigFile(path.join(folder, 'no/such', 'config'))).toThrow(/cannot be written: .* ENOENT$/);
  expect(() => new KubeconfigFile(folder)).toThrow(KubeconfigFileError);
});

test('is not removed when somebody else has put his own there', () => {
  const own = new KubeconfigFile(file);
  own.write(OWN);
  writeFileSync(file, kubeconfig('production'));
  own.remove();
  expect(readFileSync(file, 'utf8')).toContain('production');
});
