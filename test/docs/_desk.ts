import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { KubeObject } from '../../src/kubernetes';
import { readClusterManifest } from '../../src/resource';
import { type OpenSandbox, openSandbox } from '../../src/sandbox/open-sandbox';
import { type ClusterManifests, quickstart, quickstartOfEmqx } from '../../src/sandbox/quickstart';
import { compiledSources } from '../_compiled';
import { SharedTime } from '../_shared-time';
import { ended } from '../sandbox/kubernetes-api/_kubectl';

/** Of the quickstart's cluster that `sandbox` opens. */
const QUICKSTART_RATE = 100;

/** The folder a document is followed in, with the sandbox that is open in the first terminal. */
export class Desk {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'desk-'));
  readonly kubeconfigPath = path.join(this.folder, 'sandbox.kubeconfig');
  private sandbox: OpenSandbox | undefined;
  private sharedTime: SharedTime | undefined;
  private connected: Promise<void> = Promise.resolve();

  /** That of the sandbox. */
  get time(): SharedTime {
    if (!this.sharedTime) throw new Error('no sandbox is open');
    return this.sharedTime;
  }

  /** Opens the sandbox as the command line would, in place of the one before. */
  async open(words: readonly string[]): Promise<void> {
    await this.close();
    const after = (flag: string) => (words.includes(flag) ? words[words.indexOf(flag) + 1] : undefined);
    const time = await SharedTime.open();
    this.sharedTime = time;
    this.installCommand(time);
    let tellConnected: () => void = () => undefined;
    this.connected = new Promise((resolve) => {
      tellConnected = resolve;
    });
    this.sandbox = await openSandbox(
      {
        kubeconfigPath: this.kubeconfigPath,
        clients: Number(after('--clients')),
        drive: time.drive,
        freePorts: true,
        ...(!words.includes('--empty') && { manifests: this.manifests(after('-f'), after('--generation')) }),
      },
      ({ kind }) => {
        if (kind === 'connected') tellConnected();
      },
    );
  }

  /** Resolves as soon as the first terminal has told that its clients are connected. */
  get ready(): Promise<void> {
    return this.time.until(this.connected);
  }

  /** Runs commands in another terminal, to their end. */
  async run(commands: string): Promise<string> {
    if (/^emqx-blue-green/m.test(commands)) await this.ready;
    const PATH = `${this.folder}:${process.env['PATH']}`;
    const own = { HOME: this.folder, PATH, NO_COLOR: '1', KUBECONFIG: this.kubeconfigPath };
    const env = { ...process.env, ...this.sharedTime?.environment, ...own };
    const shell = spawn('bash', ['-euc', commands], { cwd: this.folder, env });
    shell.stdin.end();
    const output = ended(shell);
    // kubectl waits for what the cluster does, and cannot share its time.
    const { code, out, error } = await (/^kubectl/m.test(commands) ? this.time.until(output, true) : output);
    if (code !== 0) throw new Error(`exit code ${code}\n${out}${error}`);
    return out;
  }

  async clear(): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true });
  }

  private async close(): Promise<void> {
    await this.sandbox?.stop();
    await this.sharedTime?.close();
    this.sandbox = this.sharedTime = undefined;
  }

  /** The command line, under its own name. */
  private installCommand({ nodeArguments }: SharedTime): void {
    const command = path.join(this.folder, 'emqx-blue-green');
    const words = ['node', ...nodeArguments, path.join(compiledSources(), 'cli/main.js')];
    writeFileSync(command, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
    chmodSync(command, 0o755);
  }

  private manifests(file: string | undefined, generation: string | undefined): ClusterManifests {
    const ofQuickstart = generation === '5' ? quickstartOfEmqx : quickstart;
    if (file === undefined) return { cluster: ofQuickstart(QUICKSTART_RATE).cluster, objects: [] };
    const { resource, others } = readClusterManifest(readFileSync(path.join(this.folder, file), 'utf8'), file);
    return { cluster: resource, objects: others as KubeObject[] };
  }
}
