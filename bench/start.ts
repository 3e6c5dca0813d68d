import { spawnSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..');
const ROUNDS = 10;
/** Of the time that loading cdk8s takes. */
const BOUND = 0.5;

/** Milliseconds a program takes in a process of its own, from its first line to its end. */
function timed(program: string): number {
  const timer = `const from = performance.now(); process.on('exit', () => require('node:fs').writeSync(2, String(performance.now() - from)));`;
  const { stderr } = spawnSync(process.execPath, ['-e', `${timer} ${program}`], { cwd: ROOT, encoding: 'utf8' });
  return Number(stderr);
}

/** How fast the command line starts, as a ratio to what describing a cluster must load. */
export function start(print: (line: string) => void): string[] {
  const rounds = Array.from({ length: ROUNDS }, () => ({
    // The package as it is shipped (`npm run build`).
    help: timed(`process.argv = ['node', 'emqx-blue-green', '--help']; require('./dist/cli/main.js')`),
    cdk8s: timed(`require('cdk8s')`),
  }));
  // What else the machine does only ever adds.
  const help = Math.min(...rounds.map((round) => round.help));
  const cdk8s = Math.min(...rounds.map((round) => round.cdk8s));
  const ratio = help / cdk8s;
  print('\nThe start of the command line');
  print(
    `--help: ${help.toFixed(0)} ms, loading cdk8s: ${cdk8s.toFixed(0)} ms; ${ratio.toFixed(2)} × (at most ${BOUND})`,
  );
  return ratio <= BOUND ? [] : [`--help takes ${ratio.toFixed(2)} × the time of loading cdk8s`];
}
