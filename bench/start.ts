import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROUNDS = 9;
/** Of the CPU time of a Node that does nothing, and of that of `kubectl get`. */
const BOUNDS = { help: 1.3, status: 3, plan: 4 };

/** The package as it is shipped (`npm run build`). */
const COMMAND = [process.execPath, path.resolve(__dirname, '../dist/cli/main.js')];

/** Seconds of CPU, user and system, that a command and what it starts take. */
function cpuOf(command: readonly string[]): number {
  const timed = ['-c', '"$@" >/dev/null || exit; times', 'bash', ...command];
  const { status, stdout, stderr } = spawnSync('bash', timed, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command.join(' ')} ends with ${status}: ${stderr}`);
  const ofChildren = stdout.trim().split('\n').at(-1) ?? '';
  return [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

/** The least of each over some rounds, in turn: what else the machine does only ever adds. */
function least(ours: readonly string[], theirs: readonly string[]): { ours: number; theirs: number } {
  const rounds = Array.from({ length: ROUNDS }, () => ({ ours: cpuOf(ours), theirs: cpuOf(theirs) }));
  return {
    ours: Math.min(...rounds.map((round) => round.ours)),
    theirs: Math.min(...rounds.map((round) => round.theirs)),
  };
}

/** The CPU that the command line takes, as ratios: help to a Node that does nothing, status and plan to `kubectl get` on the same server. */
export async function start(print: (line: string) => void): Promise<string[]> {
  print('\nThe start of the command line, in seconds of CPU');
  const misses: string[] = [];
  const compare = (name: keyof typeof BOUNDS, other: string, { ours, theirs }: { ours: number; theirs: number }) => {
    const ratio = ours / theirs;
    const text = `${name} ${ours.toFixed(3)}, ${other} ${theirs.toFixed(3)}: ${ratio.toFixed(2)} ×`;
    print(`${text} (at most ${BOUNDS[name]})`);
    if (ratio > BOUNDS[name]) misses.push(text);
  };
  compare('help', 'node -e 0', least([...COMMAND, '--help'], [process.execPath, '-e', '0']));
  if (spawnSync('kubectl', ['version', '--client']).status !== 0) {
    print('status, plan: skipped, there is no kubectl');
    return misses;
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  const kubeconfig = path.join(folder, 'kubeconfig');
  const [node = '', ...words] = COMMAND;
  const sandbox = spawn(node, [...words, 'sandbox', '--clients', '50', '--kubeconfig-out', kubeconfig]);
  try {
    for await (const chunk of sandbox.stdout) if (String(chunk).includes('clients are connected')) break;
    const way = ['--kubeconfig', kubeconfig];
    const get = ['kubectl', 'get', 'emqxenterprise', ...way];
    compare('status', 'kubectl get', least([...COMMAND, 'status', ...way], get));
    compare('plan', 'kubectl get', least([...COMMAND, 'plan', '--set-version', '4.4.15', ...way], get));
  } finally {
    sandbox.kill('SIGTERM');
    await once(sandbox, 'exit');
    rmSync(folder, { recursive: true });
  }
  return misses;
}
