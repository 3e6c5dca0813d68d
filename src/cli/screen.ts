/** The part of a terminal stream this needs. */
export interface Terminal {
  write(text: string): unknown;
  columns?: number;
  rows?: number;
}

/** A picture at the foot of a terminal, redrawn in place, with text scrolling by above it. */
export class Screen {
  private frame = '';

  constructor(private readonly terminal: Terminal) {}

  get width(): number {
    return this.terminal.columns ?? 80;
  }

  /** Lines a picture may have: one is left for the cursor. */
  get height(): number {
    return Math.max(1, Math.min(24, (this.terminal.rows ?? 24) - 1));
  }

  draw(frame: string): void {
    this.terminal.write(`${this.back()}${clearedLines(frame)}\n`);
    this.frame = frame;
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

  private back(): string {
    return this.frame === '' ? '' : `\u001b[${this.frame.split('\n').length}A\r`;
  }
}

/** A shorter line must not leave the end of the one before it. */
function clearedLines(frame: string): string {
  return frame
    .split('\n')
    .map((line) => `${line}\u001b[K`)
    .join('\n');
}
