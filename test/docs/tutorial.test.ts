import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { KubeObject } from '../../src/kubernetes';
import { readManifest } from '../../src/resource';
import { type OpenSandbox, openSandbox } from '../../src/sandbox/open-sandbox';
import { describeKubectl, ended } from '../sandbox/kubernetes-api/_kubectl';
import { hasForm, linesOf } from './_output';

const ROOT = path.resolve(__dirname, '../..');

/** Commands of the tutorial, with what it shows of their output. */
interface Step {
  line: number;
  commands: string;
  shown: string | undefined;
}

function stepsOf(document: string): Step[] {
  const text = readFileSync(path.join(ROOT, document), 'utf8');
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```$)?/gm)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    commands: match[1]!,
    shown: match[2],
  }));
}

/** The folder the tutorial is followed in, with the sandbox that is open in the first terminal. */
class Desk {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'tutorial-'));
  private readonly kubeconfigPath = path.join(this.folder, 'sandbox.kubeconfig');
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
    const file = after('-f');
    // What the operator alone does may go fast; the command line lives by the wall clock.
    const speed = file === undefined ? 8 : 1;
    let tellConnected: () => void = () => undefined;
    this.connected = new Promise((resolve) => {
      tellConnected = resolve;
    });
    this.sandbox = await openSandbox(
      {
        kubeconfigPath: this.kubeconfigPath,
        clients: Number(after('--clients')),
        speed,
        ...(file !== undefined && { manifests: this.manifests(file) }),
      },
      ({ kind }) => {
        if (kind === 'connected') tellConnected();
      },
    );
  }

  /** Runs commands in the second terminal, as soon as the first has told that its clients are connected where that matters. */
  async run(commands: string): Promise<string> {
    if (/^emqx-blue-green/m.test(commands)) await this.connected;
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

  private manifests(file: string) {
    const { resource, others } = readManifest(readFileSync(path.join(this.folder, file), 'utf8'), file);
    return { cluster: resource, objects: others as KubeObject[] };
  }
}

/** The sessions that `status` counts, of all nodes. */
function sessionsIn(status: string): number {
  return [...status.matchAll(/([\d,]+) sessions/g)].reduce(
    (sum, [, count]) => sum + Number(count!.replace(',', '')),
    0,
  );
}

describeKubectl(
  'the tutorial',
  () => {
    test('does what it shows', async () => {
      const desk = new Desk();
      const statuses: string[] = [];
      try {
        for (const { line, commands, shown } of stepsOf('docs/tutorial.md')) {
          const [program, verb, ...words] = commands.trim().split(/\s+/);
          if (program === 'emqx-blue-green' && verb === 'sandbox') {
            await desk.open(words);
            continue;
          }
          const output = await desk.run(commands).catch((error: Error) => {
            throw new Error(`docs/tutorial.md:${line}: ${error.message}`);
          });
          if (shown !== undefined && !hasForm(output, shown)) {
            expect([`line ${line}`, ...linesOf(output)]).toEqual([`line ${line}`, ...linesOf(shown)]);
          }
          if (commands.includes('emqx-blue-green status')) statuses.push(output);
        }
      } finally {
        await desk.clear();
      }
      const [before = 0, byTheOperator = 0, driven = 0] = statuses.map(sessionsIn);
      // The nodes count anew only now and then, so that the first look may come before the last count.
      expect(before).toBeLessThanOrEqual(330);
      expect(driven).toBe(330);
      expect(byTheOperator).toBeLessThanOrEqual(300);
    }, 280_000);
  },
  31,
);

test('output has the form of what is shown but for times, numbers, hashes and gaps', () => {
  const output = 'emqx-ee-7f79674698   3/3   9m31s\nsecond\nEMQX 4.4.15\n';
  expect(hasForm(output, 'emqx-ee-74967c7597 2/3 4s\nsecond\nEMQX 4.4.15\n')).toBe(true);
  expect(hasForm(output, '…\nEMQX 4.4.15\n')).toBe(true);
  expect(hasForm(output, 'emqx-ee-7f79674698 3/3 4s\n…\n')).toBe(true);
  expect(hasForm(output, '…\nEMQX 4.4.14\n')).toBe(false);
  expect(hasForm(output, 'emqx-ee-7f79674698 3/3 4s\nEMQX 4.4.15\n')).toBe(false);
  expect(hasForm(output, 'second\n…\n')).toBe(false);
});
