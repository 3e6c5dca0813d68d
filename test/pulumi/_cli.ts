import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Ended, ended } from '../sandbox/kubernetes-api/_kubectl';
import { programFolder } from './_host';

/** Whether there is a Pulumi CLI on the PATH, with its language host for Node. */
export const hasCli = ['pulumi', 'pulumi-language-nodejs'].every(
  (command) => spawnSync(command, ['-h']).error === undefined,
);

/** Whether a terminal can be made for it. */
export const hasTerminals = spawnSync('script', ['--version']).status === 0;

/** A program in a folder of its own, and a real Pulumi CLI with its state there. */
export class PulumiCli {
  readonly folder = programFolder();
  /** By it the processes of this CLI are recognised. */
  private readonly mark = `PULUMI_TEST_RUN=${randomUUID()}`;

  constructor(program: string) {
    const options = '{ name: nodejs, options: { typescript: false } }';
    writeFileSync(path.join(this.folder, 'Pulumi.yaml'), `name: emqx\nruntime: ${options}\n`);
    writeFileSync(path.join(this.folder, 'package.json'), '{ "main": "index.js" }\n');
    writeFileSync(path.join(this.folder, 'index.js'), program);
  }

  get kubeconfig(): string {
    return path.join(this.folder, 'kubeconfig');
  }

  start(words: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    return this.spawn('pulumi', [...words, '--non-interactive', '--color=never'], env);
  }

  run(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return ended(this.start(words, env));
  }

  /** Runs a command that is to succeed. @returns what it printed */
  async ok(...words: string[]): Promise<string> {
    const { code, out, error } = await this.run(words);
    if (code !== 0) throw new Error(`pulumi ${words.join(' ')} has ended with ${code}:\n${out}\n${error}`);
    return out;
  }

  /** Runs a command that is to fail. @returns what it printed */
  async fails(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const { code, out, error } = await this.run(words, env);
    if (code === 0) throw new Error(`pulumi ${words.join(' ')} has not failed:\n${out}`);
    return out + error;
  }

  /**
   * Runs a command in a terminal of this width.
   *
   * @param keys what is typed after something was drawn
   * @returns the lines that were drawn, one after the other
   */
  async drawn(
    columns: number,
    words: readonly string[],
    keys: (drawn: string) => string | undefined = () => undefined,
  ): Promise<string[]> {
    const command = `stty cols ${columns} rows 40; exec pulumi ${words.join(' ')}`;
    const child = this.spawn('script', ['-qfec', command, '/dev/null'], { TERM: 'xterm', CI: '' }, 'pipe');
    child.stdout!.on('data', (chunk: Buffer) => {
      const typed = keys(String(chunk));
      if (typed !== undefined) child.stdin!.write(typed);
    });
    const { out } = await ended(child);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these move the cursor and set colours.
    return out.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '').split(/[\r\n]+/);
  }

  /** Resolves when no host of dynamic providers that this CLI has started is left. Its language host ends with it, except after SIGKILL. */
  async providersGone(): Promise<void> {
    const isProvider = (pid: number) => textOf(`/proc/${pid}/cmdline`).includes('dynamic-provider');
    while (this.processes().some(isProvider)) await wait(250);
  }

  remove(): void {
    for (const pid of this.processes()) process.kill(pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true });
  }

  private processes(): number[] {
    if (!existsSync('/proc/self/environ')) return [];
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.filter((pid) => textOf(`/proc/${pid}/environ`).includes(this.mark)).map(Number);
  }

  private spawn(
    command: string,
    words: readonly string[],
    env: NodeJS.ProcessEnv,
    input: 'ignore' | 'pipe' = 'ignore',
  ) {
    const [name, value] = this.mark.split('=') as [string, string];
    return spawn(command, words, {
      cwd: this.folder,
      stdio: [input, 'pipe', 'pipe'],
      env: {
        ...process.env,
        [name]: value,
        KUBECONFIG: this.kubeconfig,
        PULUMI_BACKEND_URL: `file://${this.folder}`,
        PULUMI_HOME: path.join(this.folder, '.pulumi-home'),
        PULUMI_CONFIG_PASSPHRASE: 'passphrase',
        PULUMI_SKIP_UPDATE_CHECK: 'true',
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
        ...env,
      },
    });
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // the process has ended, or is of another user
  }
}
