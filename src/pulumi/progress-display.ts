import type { Clock } from '../upgrade';
import { isInteractive } from './cli-terminal';
import type { EngineLog } from './engine-log';
import type { RowText } from './progress-row';

/** Where every row stays as a line: the shortest time between two of the same kind, ms. */
const LINE_MS = 60_000;

/** And into how many steps the whole is divided for that. */
const STEPS = 20;

/**
 * Shows the progress of one operation. In a terminal the row of the resource is kept up to date, and the row of the stack has the
 * figures in brief: the info of a row begins with what Pulumi itself says of a change, and in 80 columns nothing is left behind it.
 * Otherwise the CLI prints a line for every text: then there is one per phase, and within a phase one per 5 % or 60 s, whichever is
 * later.
 */
export class ProgressDisplay {
  /** The one that the row of the stack is about: the first of those that run. */
  private static inStack: ProgressDisplay | undefined;

  private last: (RowText & { at: number }) | undefined;

  constructor(
    private readonly log: EngineLog,
    private readonly clock: Clock,
    private readonly isLive = isInteractive(),
  ) {}

  show(row: RowText): void {
    if (row.text === this.last?.text || !(this.isLive || this.isDue(row))) return;
    this.last = { ...row, at: this.clock.now() };
    this.log.show(row.text);
    if (!this.isLive) return;
    ProgressDisplay.inStack ??= this;
    if (ProgressDisplay.inStack === this) this.log.showInStack(row.brief ?? row.text);
  }

  end(): void {
    if (ProgressDisplay.inStack === this) ProgressDisplay.inStack = undefined;
  }

  private isDue(row: RowText): boolean {
    const { last } = this;
    if (!last || kindOf(last) !== kindOf(row)) return true;
    const isLater = this.clock.now() - last.at >= LINE_MS;
    return isLater && (row.share === undefined || stepOf(row.share) !== stepOf(last.share ?? 0));
  }
}

function stepOf(share: number): number {
  return Math.floor(share * STEPS + 1e-9);
}

/** What a text is about: without its figures. */
function kindOf({ kind, text }: RowText): string {
  return kind ?? text.replaceAll(/\d+/g, '');
}
