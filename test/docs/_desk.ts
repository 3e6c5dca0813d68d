import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { KubeObject } from '../../src/kubernetes';
import { readManifest } from '../../src/resource';
import { type OpenSandbox, openSandbox } from '../../src/sandbox/open-sandbox';
import { type ClusterManifests, quickstart } from '../../src/sandbox/quickstart';
import { ended } from '../sandbox/kubernetes-api/_kubectl';
import { ROOT } from './_steps';

/** Of the quickstart's cluster that `sandbox` opens. */
const QUICKSTART_RATE = 100;

/** The folder a document is followed in, with the sandbox that is open in the first terminal. */
export class Desk {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'desk-'));
  readonly kubeconfigPath = path.join(this.folder, 'sandbox.kubeconfig');
  private sandbox: OpenSandbox | undefined;
  private connected: Promise<void> = Promise.resolve();

  constructor() {
    const command = path.join(this.folder, 'emqx-blue-green');
    const program = path.join(ROOT, 'src/cli/main.ts');
    writeFileSync(command, `#!/bin/sh\nexec node ${ROOT}/node_modules/tsx/dist/cli.mjs ${program} "$@"\n`);
    chmodSync(command, 0o755);
  }

  /** Opens the sandbox as the command line would, in place of the one before. */
  async open(words: readonly string[]): Promise<void> {
    await this.sandbox?.stop();
    const after = (flag: string) => (words.includes(flag) ? words[words.indexOf(flag) + 1] : undefined);
    const isEmpty = words.includes('--empty');
    let tellConnected: () => void = () => undefined;
    this.connected = new Promise((resolve) => {
      tellConnected = resolve;
    });
    this.sandbox = await openSandbox(
      {
        kubeconfigPath: this.kubeconfigPath,
        clients: Number(after('--clients')),
        // What the operator alone does may go fast; the command line lives by the wall clock.
        speed: isEmpty ? 8 : 1,
        ...(!isEmpty && { manifests: this.manifests(after('-f')) }),
      },
      ({ kind }) => {
        if (kind === 'connected') tellConnected();
      },
    );
  }

  /** Resolves as soon as the first terminal has told that its clients are connected. */
  get ready(): Promise<void> {
    return this.connected;
  }

  /** Runs commands in another terminal, to their end. */
  async run(commands: string): Promise<string> {
    if (/^emqx-blue-green/m.test(commands)) await this.ready;
    const env = { ...process.env, HOME: this.folder, PATH: `${this.folder}:${process.env['PATH']}`, NO_COLOR: '1' };
    const shell = spawn('bash', ['-euc', commands], {
      cwd: this.folder,
      env: { ...env, KUBECONFIG: this.kubeconfigPath },
    });
    shell.stdin.end();
    const { code, out, error } = await ended(shell);
    if (code !== 0) throw new Error(`exit code ${code}\n${out}${error}`);
    return out;
  }

  async clear(): Promise<void> {
    await this.sandbox?.stop();
    rmSync(this.folder, { recursive: true });
  }

  private manifests(file: string | undefined): ClusterManifests {
    if (file === undefined) return { cluster: quickstart(QUICKSTART_RATE).cluster, objects: [] };
    const { resource, others } = readManifest(readFileSync(path.join(this.folder, file), 'utf8'), file);
    return { cluster: resource, objects: others as KubeObject[] };
  }
}
