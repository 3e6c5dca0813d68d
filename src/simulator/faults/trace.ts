import { createHash } from 'node:crypto';
import type { Clock } from '../../upgrade';

/** What happened in one run, line by line: equal plans give equal traces. */
export class Trace {
  readonly lines: string[] = [];
  private readonly since: number;

  constructor(private readonly clock: Clock) {
    this.since = clock.now();
  }

  add(text: string): void {
    const seconds = ((this.clock.now() - this.since) / 1_000).toFixed(3).padStart(8);
    this.lines.push(`${seconds} ${text}`);
  }

  get digest(): string {
    return createHash('sha256').update(this.lines.join('\n')).digest('hex').slice(0, 16);
  }
}
