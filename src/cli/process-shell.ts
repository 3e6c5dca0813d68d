import { closeSync, constants, existsSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import pico from 'picocolors';
import { EXIT } from './exit';
import type { Shell } from './shell';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * The shell of this process.
 *
 * @param name what the user types to call the program
 */
export function processShell(name: string): Shell {
  const { stdin, stdout, stderr } = process;
  const simulationThread = path.join(__dirname, 'simulation-thread.js');
  // The reader of the output is gone. An upgrade may be interrupted at any moment.
  stdout.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') stderr.write(`standard output cannot be written: ${code}\n`);
    process.exit(EXIT.stopped);
  });
  // If nothing reads standard error, that is no failure of the command.
  stderr.on('error', () => undefined);
  return {
    name,
    words: process.argv.slice(2),
    out: stdout,
    err: stderr,
    style: pico,
    ask: stdin.isTTY && stdout.isTTY ? ask : undefined,
    // Sources that are not compiled have none.
    ...(existsSync(simulationThread) && { simulationThread }),
    link: async (flags) => (await import('./link.js')).openLink(flags),
    onInterrupt: (listener) => {
      for (const name of SIGNALS) process.on(name, listener);
      return () => {
        for (const name of SIGNALS) process.off(name, listener);
      };
    },
    exit: (code) => process.exit(code),
  };
}

/** The answer is empty when the input ends before there is one. What was typed before the question is no answer to it. */
async function ask(question: string, signal: AbortSignal): Promise<string> {
  discardTypedAhead();
  const { createInterface } = await import('node:readline');
  // Not as a terminal: Ctrl-C is to reach the process, not the editing of the line.
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
  try {
    return await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      const ended = () => {
        process.stdout.write('\n');
        resolve('');
      };
      lines.once('close', ended);
      lines.question(question, (answer) => {
        lines.off('close', ended);
        resolve(answer);
      });
    });
  } finally {
    lines.close();
  }
}

const CTRL_C = 3;

/** Reads and discards everything that was typed ahead; a Ctrl-C in it still takes effect. */
function discardTypedAhead(): void {
  const { stdin } = process;
  let terminal: number | undefined;
  try {
    // Opened a second time, it can be read without waiting for more.
    terminal = openSync('/dev/tty', constants.O_RDONLY | constants.O_NONBLOCK);
    stdin.setRawMode(true); // else an unfinished line would stay
    const typed = Buffer.alloc(1024);
    for (let length = 1; length > 0; ) {
      length = readSync(terminal, typed);
      if (typed.subarray(0, length).includes(CTRL_C)) process.kill(process.pid, 'SIGINT');
    }
  } catch {
    // All is read; or this system has no such file, and what was typed stays.
  } finally {
    stdin.setRawMode(false);
    if (terminal !== undefined) closeSync(terminal);
  }
}
