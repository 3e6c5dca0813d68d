import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'start-'));
const hook = path.join(folder, 'loaded.cjs');
writeFileSync(
  hook,
  `process.on('exit', () => require('node:fs').writeSync(2, '\\n' + JSON.stringify(Object.keys(require.cache))));`,
);
afterAll(() => rmSync(folder, { recursive: true }));

/** What a command loads: own files from `src`, and packages by their names. What runs TypeScript does not count. */
function loadedBy(...words: string[]): { files: string[]; packages: string[] } {
  const { stderr } = spawnSync(
    process.execPath,
    ['--require', hook, '--import', 'tsx', path.join(ROOT, 'src/cli/main.ts'), ...words],
    { cwd: ROOT, encoding: 'utf8' },
  );
  const all = JSON.parse(stderr.slice(stderr.lastIndexOf('\n') + 1)) as string[];
  const names = all.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
  return {
    files: all.filter((file) => file.startsWith(path.join(ROOT, 'src'))).map((file) => path.relative(ROOT, file)),
    packages: [...new Set(names)].filter((name) => !['tsx', 'esbuild', 'get-tsconfig'].includes(name)).sort(),
  };
}

test.each([
  ['--help', ['--help']],
  ['--version', ['--version']],
  ['the help of a command', ['upgrade', '--help']],
  ['what is no command', ['upgarde']],
])('%s loads the parser of the command line, and nothing that works', (_, words) => {
  expect(loadedBy(...words)).toEqual({
    files: [
      'main',
      'process-shell',
      'exit',
      'program',
      'examples',
      'local-commands',
      'program-options',
      'runner-commands',
    ].map((name) => `src/cli/${name}.ts`),
    packages: ['commander', 'picocolors'],
  });
});

test('a cluster command loads neither constructs nor the simulator', () => {
  const { files, packages } = loadedBy('status', '--kubeconfig', '/no/such/file');
  expect(files).toContain('src/kubernetes/client.ts');
  expect(files.filter((file) => /src\/(constructs|simulator|sandbox)\//.test(file))).toEqual([]);
  expect(packages).toContain('zod');
  expect(packages.filter((name) => /^(cdk8s.*|constructs|@pulumi\/.*|mqtt.*)$/.test(name))).toEqual([]);
});
