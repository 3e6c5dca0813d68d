import { runProgram } from '../../src/cli/program';
import type { Link } from '../../src/cli/shell';
import { TestShell } from '../cli/_shell';
import { hasForm } from './_output';

/** As many pictures are waited for: some two a second, and the longest phase takes ten. */
const PATIENCE = 100;

const ESC = '\u001b';

/** A terminal of 80 columns and 24 lines in which a command lives, with all that has scrolled out of it. */
export class LiveTerminal {
  private readonly shell: TestShell;
  private lines: string[] = [];
  private readonly looks = new Set<() => void>();
  readonly ended: Promise<number>;

  constructor(words: readonly string[], link: () => Promise<Link>) {
    this.shell = new TestShell(words, {
      isTTY: true,
      link,
      written: (text) => this.write(text),
    });
    this.ended = runProgram(this.shell);
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** Resolves once the last thing in the terminal has the form of what is shown; rejects when it does not come to that. */
  shows(shown: string): Promise<void> {
    let left = PATIENCE;
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => {
        this.looks.delete(look);
        end();
      };
      const look = () => {
        if (hasForm(this.text, `…\n${shown}`)) settle(resolve);
        else if (left-- === 0) settle(() => reject(new Error(`instead of\n${shown}there was only\n${this.text}`)));
      };
      const hasEnded = () => {
        left = 0;
        look();
      };
      this.looks.add(look);
      void this.ended.then(hasEnded, hasEnded);
      look();
    });
  }

  /** Ctrl-C, if it still lives. */
  async close(): Promise<void> {
    this.shell.interrupt();
    await this.ended;
  }

  private write(text: string): void {
    const plain = text.replaceAll(`${ESC}[K`, '').replaceAll(`${ESC}[J`, '').replace(/\n$/, '');
    // Up to the first line of the picture, over which the next one is drawn.
    const [all, up] = plain.startsWith(ESC) ? /^.\[(\d+)A\r/s.exec(plain)! : ['', '0'];
    const kept = this.lines.slice(0, this.lines.length - Number(up));
    this.lines = [...kept, ...plain.slice(all.length).split('\n')];
    for (const look of this.looks) look();
  }
}
