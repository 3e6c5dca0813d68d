import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compiledSources } from '../_compiled';
import { describeKubectl } from '../sandbox/kubernetes-api/_kubectl';
import { run } from './_shell';

const ROOT = path.resolve(__dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'completion-'));
const bin = path.join(folder, 'bin');
afterAll(() => rmSync(folder, { recursive: true }));

/** The words that may come behind those that are typed. */
async function offered(...words: string[]): Promise<string[]> {
  const { code, out, err } = await run(['__complete', ...words]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[0]!);
}

describe('what may come next', () => {
  test.each<[string[], string[]]>([
    [['st'], ['status']],
    [['re'], ['resume', 'rescue', 'report']],
    [['help', 'de'], ['demo']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['status', '--wat'], ['--watch']],
    [['status', '-w', '--wat'], ['']],
    [['simulate', '--fault', 'x', '--fau'], ['--fault']],
    [
      ['plan', '--on-failure', ''],
      ['stop', 'abort'],
    ],
    [['plan', '--driver', 'p'], ['pilot']],
    [
      ['check', '-o', ''],
      ['text', 'json'],
    ],
    [['check', '--output=j'], ['--output=json']],
    [['check', '--output', '=', 'j'], ['json']], // as bash takes it apart
    [
      ['check', '--output', '='],
      ['text', 'json'],
    ],
    [['upgrade', '-f', 'emq'], [':files']],
    [['upgrade', '--set-version', '4'], ['']],
    [['status', 'emqx-ee', ''], ['']],
    [['nonsense', ''], ['']],
  ])('behind %j is %j', async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  test('of commands and options it is all there are, with what they do', async () => {
    const { out } = await run(['__complete', '']);
    expect(out).toContain('status\tshow the state of a cluster and of its upgrade\n');
    expect(await offered('')).toEqual(expect.arrayContaining(['check', 'sandbox', 'completion', 'help']));
    expect(await offered('upgrade', '--')).toEqual(expect.arrayContaining(['--yes', '--rate', '--context', '--help']));
  });
});

/** Puts commands on a PATH that run what is in `src`. */
function install(): NodeJS.ProcessEnv {
  spawnSync('mkdir', ['-p', bin]);
  for (const [name, file] of [
    ['emqx-blue-green', 'main'],
    ['kubectl-emqx_blue_green', 'kubectl-plugin'],
    ['kubectl_complete-emqx_blue_green', 'kubectl-complete'],
  ]) {
    const command = `cd '${ROOT}' && exec '${process.execPath}' '${compiledSources()}/cli/${file}.js' "$@"`;
    writeFileSync(path.join(bin, name!), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  }
  return { ...process.env, PATH: `${bin}:${process.env.PATH}`, HOME: folder, NO_COLOR: '1' };
}

const isInstalled = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

/** Tests in a real shell; where it is not installed they are skipped, and their name says so. */
function describeShell(shell: string, tests: (env: NodeJS.ProcessEnv) => void): void {
  const env = install();
  if (isInstalled(shell)) describe(shell, () => tests(env));
  else describe.skip(`${shell} (skipped: it is not installed)`, () => tests(env));
}

function ranIn(shell: string, script: string, env: NodeJS.ProcessEnv): string {
  const { stdout, stderr } = spawnSync(shell, ['-c', script], { cwd: folder, env, encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout;
}

writeFileSync(path.join(folder, 'my cluster.yaml'), '');

describeShell('bash', (env) => {
  /** What Tab offers behind these words, the last of which is typed in part. */
  const tab = (...words: string[]) =>
    ranIn(
      'bash',
      `source <(emqx-blue-green completion bash)
       COMP_WORDS=(emqx-blue-green ${words.map((word) => `'${word}'`).join(' ')})
       COMP_CWORD=${words.length}
       $(complete -p emqx-blue-green | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
       printf '%s\\n' "\${COMPREPLY[@]}"`,
      env,
    )
      .trimEnd()
      .split('\n');

  test('completes commands, options, their values, and files', () => {
    expect(tab('st')).toEqual(['status']);
    expect(tab('upgrade', '--accept-')).toEqual(['--accept-loss', '--accept-downgrade']);
    expect(tab('plan', '--driver', '')).toEqual(['pilot', 'operator']);
    expect(tab('plan', '--file', 'my')).toEqual(['my cluster.yaml']);
  });
});

describeShell('zsh', (env) => {
  test('completes a command', () => {
    const tab = (typed: string) =>
      ranIn(
        'zsh',
        `zmodload zsh/zpty
         zpty z zsh -f -i
         zpty -w z "PS1= PROMPT2= RPS1=; unsetopt beep; autoload -Uz compinit; compinit -u -d ${folder}/zdump; source <(emqx-blue-green completion zsh); zstyle ':completion:*' list-separator '--'; print READY"
         zpty -r -m z ready '*READY*READY*'
         zpty -w -n z $'${typed}\\t'
         zpty -w -n z $' \\C-a print -r -- "<C-e>"\\n'
         zpty -r -m z line '*<*>*' && print -r -- $line
         zpty -d z`,
        env,
      );
    expect(tab('emqx-blue-green stat')).toContain('emqx-blue-green status');
  });
});

describeShell('fish', (env) => {
  const tab = (typed: string) =>
    ranIn('fish', `emqx-blue-green completion fish | source; complete -C '${typed}'`, env).trimEnd().split('\n');

  test('completes commands, options, their values, and files', () => {
    expect(tab('emqx-blue-green stat')).toEqual(['status\tshow the state of a cluster and of its upgrade']);
    expect(tab('emqx-blue-green upgrade --accept-d')).toEqual([expect.stringMatching(/^--accept-downgrade\t/)]);
    expect(tab('emqx-blue-green plan --driver p')).toEqual([expect.stringMatching(/^pilot\t/)]);
    expect(tab('emqx-blue-green plan --file my')).toEqual(['my cluster.yaml']);
  });
});

describeKubectl('as a plugin of kubectl', () => {
  const kubectl = (...words: string[]) => spawnSync('kubectl', words, { env: install(), encoding: 'utf8' });

  test('it is called by its name, and calls itself so', () => {
    const { status, stdout } = kubectl('emqx-blue-green', 'help', 'plan');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Usage: kubectl emqx-blue-green plan \[options\] \[name\]\n/);
    expect(stdout).toContain('\n  kubectl emqx-blue-green plan --set-version 4.4.15\n');
    expect(kubectl('plugin', 'list').stdout).toContain('/kubectl-emqx_blue_green\n');
  });

  test('its words are completed with those of kubectl', () => {
    expect(kubectl('__complete', 'emqx-blue-green', 'sta').stdout).toBe(
      'status\tshow the state of a cluster and of its upgrade\n:4\n',
    );
    expect(kubectl('__complete', 'emqx-blue-green', 'plan', '-f', '').stdout).toBe(':0\n');
  });
});
