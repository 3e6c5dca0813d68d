import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { compiledSources } from '../_compiled';

const ROOT = path.resolve(__dirname, '../..');

function run(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(compiledSources(), 'cli/main.js'), ...words],
    { cwd: ROOT, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  );
  return { status, stdout, stderr };
}

test('a bad manifest is told whole on standard error, with exit code 2 and nothing else', () => {
  const file = 'examples/invalid/several-problems.yaml';
  const expected = readFileSync(path.join(ROOT, file), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('# '))
    .map((line) => line.slice(2));
  const { status, stdout, stderr } = run('demo', '-f', file);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr.trim().split('\n→ ').join('; ').split('\n')).toEqual(expected.map((line) => `${file}: ${line}`));
});

test('bad options are told all at once, with exit code 2', () => {
  const { status, stdout, stderr } = run(
    'demo',
    '--clients',
    '0',
    '--rate',
    'fast',
    '--set-version',
    '5.0.0',
    '-f',
    'no/such.yaml',
  );
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr.trim().split(/\n(?!→)/)).toEqual([
    `'--clients' ("0") must be a whole number from 1 to 20000: each is a socket on this machine\n→ give one, or leave --clients out`,
    `'--rate' ("fast") must be a whole number from 1 to 1000000: it is a number of disconnects per second\n→ give one, or leave --rate out`,
    `'--file' ("no/such.yaml") must be a file that can be read: reading it failed with ENOENT\n→ check the path, or give - to read standard input`,
    expect.stringContaining(`'--set-version' ("5.0.0") must be a version from 5.1.1 on`),
  ]);
});

test('the help names the commands', () => {
  const { status, stdout } = run('--help');
  expect(status).toBe(0);
  expect(stdout).toMatch(/demo .*upgrade a simulated cluster/);
});
