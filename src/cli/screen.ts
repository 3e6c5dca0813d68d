/** The part of a terminal stream that is needed here. */
export interface Terminal {
  write(text: string): unknown;
  columns?: number;
  rows?: number;
}

/** A picture at the foot of a terminal, redrawn in place, with text scrolling by above it. */
export class Screen {
  private frame = '';
  /** Of the terminal when the picture was drawn. */
  private drawnAt = 0;

  constructor(private readonly terminal: Terminal) {}

  get width(): number {
    return this.terminal.columns || 80; // some terminals report 0
  }

  /** Lines a picture may have: one is reserved for the cursor. */
  get height(): number {
    return Math.max(1, Math.min(24, (this.terminal.rows || 24) - 1));
  }

  draw(frame: string): void {
    // At another width the old picture is broken differently: it is cleared with everything below it.
    const back = this.frame === '' || this.width === this.drawnAt ? this.back() : `${this.back()}\u001b[J`;
    this.terminal.write(`${back}${clearedLines(frame)}\n`);
    this.frame = frame;
    this.drawnAt = this.width;
  }

  /** Text above the picture. */
  print(text: string): void {
    const { frame } = this;
    this.terminal.write(`${this.back()}\u001b[J${text}\n`);
    this.frame = '';
    if (frame !== '') this.draw(frame);
  }

  /** Leaves the picture as it is; what comes next is written below it. */
  leave(): void {
    this.frame = '';
  }

  /** To the beginning of the picture. A terminal that has become narrower has broken the lines that were too long for it. */
  private back(): string {
    if (this.frame === '') return '';
    const lines = this.frame.split('\n');
    const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(columnsOf(line) / this.width)), 0);
    return `\u001b[${this.width < this.drawnAt ? rows : lines.length}A\r`;
  }
}

/** How many columns a line takes, its colours left out. */
function columnsOf(line: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them
  return [...line.replaceAll(/\u001b\[[\d;]*m/g, '')].length;
}

/** A shorter line must not leave the end of the one before it. */
function clearedLines(frame: string): string {
  return frame
    .split('\n')
    .map((line) => `${line}\u001b[K`)
    .join('\n');
}
