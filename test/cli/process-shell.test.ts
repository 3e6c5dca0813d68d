import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const ASKS = `${process.execPath} --import tsx ${path.join(__dirname, '_asks.ts')}`;

/** Whether there is a `script` that gives a command a terminal, as that of util-linux does. */
const hasScript = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;
const onTerminal = hasScript ? test : test.skip;
const suffix = hasScript ? '' : ' (skipped: no script of util-linux)';

/** A process on a terminal of its own, which shows what is typed as terminals do. */
class Terminal {
  private shown = '';
  private readonly looks = new Set<() => void>();
  readonly child: ChildProcess = spawn('script', ['-qec', ASKS, '/dev/null'], { cwd: ROOT });

  constructor() {
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.shown += text;
      for (const look of this.looks) look();
    });
  }

  type(text: string): void {
    this.child.stdin?.write(text);
  }

  /** Resolves with the match once it is shown. */
  shows(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve) => {
      const look = () => {
        const match = pattern.exec(this.shown);
        if (match) resolve(match);
      };
      this.looks.add(look);
      look();
    });
  }
}

let terminal: Terminal | undefined;
afterEach(() => terminal?.child.kill('SIGKILL'));

describe('a question on a terminal', () => {
  onTerminal.each([
    ['whole lines', 'y\n', /pid[\s\S]*y\r\n/],
    ['a line without its end', 'y\ny', /pid[\s\S]*y\r\ny/],
  ])(`is not answered by what was typed before it: %s${suffix}`, async (_, ahead, echo) => {
    terminal = new Terminal();
    const [, pid] = await terminal.shows(/pid (\d+)/);
    terminal.type(ahead);
    await terminal.shows(echo);
    process.kill(Number(pid), 'SIGUSR2');
    await terminal.shows(/\[y\/N\]/);
    terminal.type('no\n');
    expect((await terminal.shows(/answered (.*)\r\n/))[1]).toBe('"no"');
  });
});
