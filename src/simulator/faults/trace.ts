import { createHash } from 'node:crypto';
import type { Clock, ProgressEvent } from '../../upgrade';

/** What happened in one run, line by line: equal plans give equal traces. */
export class Trace {
  readonly lines: string[] = [];
  private readonly since: number;

  /** @param watch receives the events of the engine, and the faults it meets */
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

  /** A line that is also reported to `watch`. */
  describe(text: string): void {
    this.add(text);
    this.watch({ kind: 'action', at: this.clock.now(), text });
  }

  /** An event of a process. Samples are only for `watch`. */
  description(process: string, event: ProgressEvent): void {
    if (event.kind !== 'sample')
      this.add(`${process}: ${event.kind} ${event.kind === 'phase' ? event.phase : event.text}`);
    this.watch(event);
  }

  get digest(): string {
    return createHash('sha256').update(this.lines.join('\n')).digest('hex').slice(0, 16);
  }
}
