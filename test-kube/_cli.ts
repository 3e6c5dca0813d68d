import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { kubeconfigOf, labFile } from './_lab';
import { ACCOUNT } from './_upgrade-namespace';

const ROOT = path.resolve(__dirname, '..');

/** Packs the command line as it is now, as it is shipped, into the folder of the control plane. @throws Error when that fails */
export function buildCli(): void {
  const folder = labFile('cli');
  mkdirSync(folder);
  copyFileSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  const script = path.join(ROOT, 'scripts/bundle-cli.ts');
  const args = ['--import', 'tsx', script, path.join(folder, 'dist')];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

/** How a command has ended. */
export interface Ended {
  /** Its exit code; null when it was killed. */
  code: number | null;
  output: string;
}

/** A command of the CLI in a process of its own, with the rights of UpgradeAccess. */
export class Cli {
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;

  /** @param cluster as the command line is told it */
  constructor(namespace: string, cluster: string, args: readonly string[]) {
    const main = labFile('cli/dist/cli/main.js');
    const [command = '', ...rest] = args;
    const target = [cluster, '-n', namespace, '--kubeconfig', kubeconfigOf(namespace, ACCOUNT)];
    this.child = spawn(process.execPath, [main, command, ...target, ...rest], {
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = this.end();
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** As by `kill -9`: it cannot say goodbye. Has no effect on one that has ended. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Does something while the process stands still. */
  async paused(during: () => Promise<void>): Promise<void> {
    this.child.kill('SIGSTOP');
    try {
      await during();
    } finally {
      this.child.kill('SIGCONT');
    }
  }

  private async end(): Promise<Ended> {
    let output = '';
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    }
    const [code] = (await once(this.child, 'close')) as [number | null];
    return { code, output };
  }
}
