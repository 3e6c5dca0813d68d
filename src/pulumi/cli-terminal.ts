import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/** Overrides what is found out: `live`, or `lines`. */
const OVERRIDE = 'EMQX_BLUE_GREEN_PROGRESS';

/** The host is a child of a shell script, and that of the CLI; a language host may be between them. */
const MOST_ANCESTORS = 6;

/**
 * Whether the Pulumi CLI shows rows in a terminal, where a new text replaces the one before. Otherwise it prints each as a line. The
 * engine does not say which; so the process of the CLI is looked at, by the CLI's own rules: both its input and its output are a
 * terminal, and no flag or variable says otherwise. Where processes cannot be looked at, the variables count alone.
 */
export function isInteractive(env: NodeJS.ProcessEnv = process.env, cli = findCli()): boolean {
  const override = env[OVERRIDE];
  if (override === 'live' || override === 'lines') return override === 'live';
  if (env['CI'] || env['TERM'] === 'dumb' || env['PULUMI_AUTOMATION_API']) return false;
  return cli === undefined || (cli.hasTerminal && !cli.words.some((word) => PLAIN.test(word)));
}

/** Flags with which the CLI prints lines in a terminal, too. */
const PLAIN = /^(--(non-interactive|json)(=true)?|-j)$/;

interface Cli {
  /** Its command line. */
  readonly words: readonly string[];
  readonly hasTerminal: boolean;
}

/** The CLI among the ancestors of this process; undefined where it is not found, and on systems without `/proc`. */
function findCli(): Cli | undefined {
  try {
    let pid = process.ppid;
    for (let step = 0; step < MOST_ANCESTORS && pid > 1; step++) {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      // The CLI has a command. What a process has set as its title is one word, whatever that ends with.
      if (path.basename(words[0]!) === 'pulumi' && words[1])
        return { words, hasTerminal: isTerminal(pid, 0) && isTerminal(pid, 1) };
      // After the name, which may contain anything: state, parent.
      pid = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
    }
  } catch {
    // No such file system, or a process of another user.
  }
  return undefined;
}

function isTerminal(pid: number, descriptor: number): boolean {
  const target = `/proc/${pid}/fd/${descriptor}`;
  return existsSync(target) && /^\/dev\/(pts\/|tty|console)/.test(readlinkSync(target));
}
