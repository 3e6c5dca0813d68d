import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Told } from '../src/runner';
import { kubeconfigOf, labFile } from './_lab';

type Line = Told | { kind: 'serving'; at: number; port: number };

/** A runner in a process of its own, with the rights of UpgradeRunner. */
export class RunnerProcess {
  readonly told: Line[] = [];
  /** What it writes apart from that: nothing while all is well. */
  complaints = '';
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;

  /** @param account that the manifest of the runner has in this namespace */
  constructor(namespace: string, account: string) {
    const main = labFile('cli/dist/cli/main.js');
    const args = ['runner', '-n', namespace, '--port', '0', '--kubeconfig', kubeconfigOf(namespace, account)];
    this.child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.closed = once(this.child, 'close');
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.told.push(JSON.parse(line) as Line));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.complaints += text;
    });
  }

  /** The kinds of what it has told about clusters, without the progress. */
  get story(): string[] {
    return this.told.flatMap((one) => ('cluster' in one && one.cluster && one.kind !== 'progress' ? [one.kind] : []));
  }

  /** Its metrics, as Prometheus reads them. */
  async metrics(): Promise<string> {
    const { port } = this.told.find((one) => one.kind === 'serving') as { port: number };
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    return await answer.text();
  }

  /** As by `kill -9`. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.closed;
  }
}
