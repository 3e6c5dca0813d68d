import { runProgram } from '../../src/cli/program';
import type { Link, Shell } from '../../src/cli/shell';
import { plain } from './render/fixtures';

/** What a command may find around it; by default no terminal, and no way to a cluster. */
export interface TestShellOptions {
  link?: () => Link | Promise<Link>;
  /** What is answered to questions; undefined where nobody can be asked. */
  answer?: string;
  /** Gets the questions. */
  asked?: string[];
  /** Told of all that is written to standard output. */
  written?: (text: string, shell: TestShell) => void;
  isTTY?: boolean;
  simulationThread?: string;
}

/** A shell that nobody sits at. */
export class TestShell implements Shell {
  readonly name = 'emqx-blue-green';
  readonly style = plain;
  readonly exits: number[] = [];
  readonly ask: Shell['ask'];
  readonly out: Shell['out'];
  readonly link: Shell['link'];
  readonly simulationThread?: string;
  private readonly texts = { out: '', err: '' };
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly words: readonly string[],
    options: TestShellOptions = {},
  ) {
    const { answer, isTTY, simulationThread } = options;
    if (simulationThread !== undefined) this.simulationThread = simulationThread;
    const write = (text: string) => {
      this.texts.out += text;
      options.written?.(text, this);
    };
    this.out = { write, ...(isTTY && { isTTY, columns: 80, rows: 24 }) };
    this.link = async () => {
      if (!options.link) throw new Error('this test has no cluster');
      return options.link();
    };
    if (answer === undefined) return;
    this.ask = async (question) => {
      options.asked?.push(question);
      return answer;
    };
  }

  readonly err = {
    write: (text: string) => {
      this.texts.err += text;
    },
  };

  onInterrupt(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What Ctrl-C does. */
  interrupt(): void {
    for (const listener of this.listeners) listener();
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  get stdout(): string {
    return this.texts.out;
  }

  get stderr(): string {
    return this.texts.err;
  }

  /** Whether anybody still waits for Ctrl-C. */
  get listens(): boolean {
    return this.listeners.size > 0;
  }
}

export interface Ended {
  code: number;
  out: string;
  err: string;
}

/** Runs a command to its end. */
export async function run(words: readonly string[], options: TestShellOptions = {}): Promise<Ended> {
  const shell = new TestShell(words, options);
  const code = await runProgram(shell);
  return { code, out: shell.stdout, err: shell.stderr };
}
