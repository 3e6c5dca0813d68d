import pico from 'picocolors';
import { EXIT } from './exit';
import type { Shell } from './shell';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The shell of this process. */
export function processShell(): Shell {
  const { stdin, stdout, stderr } = process;
  // Whoever read the output has gone. An upgrade may be left at any moment.
  stdout.on('error', () => process.exit(EXIT.stopped));
  return {
    words: process.argv.slice(2),
    out: stdout,
    err: stderr,
    style: pico,
    ask: stdin.isTTY && stdout.isTTY ? ask : undefined,
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

/** The answer is empty when the input ends before there is one. */
async function ask(question: string, signal: AbortSignal): Promise<string> {
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
