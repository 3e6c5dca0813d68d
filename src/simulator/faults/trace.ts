import { createHash } from 'node:crypto';
import type { Clock, ProgressEvent } from '../../upgrade';

/** What happened in one run, line by line: equal plans give equal traces. */
export class Trace {
  readonly lines: string[] = [];
  private readonly since: number;

  /** @param watch is told what the engine tells, and what befalls it */
  constructor(
    private readonly clock: Clock,
    private readonly watch: (event: ProgressEvent) => void,
  ) {
    this.since = clock.now();
  }

  add(text: string): void {
    const seconds = ((this.clock.now() - this.since) / 1_000).toFixed(3).padStart(8);
    this.lines.push(`${seconds} ${text}`);
  }

  /** A line that whoever watches wants to see, too. */
  describe(text: string): void {
    this.add(text);
    this.watch({ kind: 'action', at: this.clock.now(), text });
  }

  /** What a process tells. Samples are for who watches. */
  description(process: string, event: ProgressEvent): void {
    if (event.kind !== 'sample')
      this.add(`${process}: ${event.kind} ${event.kind === 'phase' ? event.phase : event.text}`);
    this.watch(event);
  }

  get digest(): string {
    return createHash('sha256').update(this.lines.join('\n')).digest('hex').slice(0, 16);
  }
}
