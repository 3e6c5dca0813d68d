import type { ProgressEvent } from '../upgrade';
import { liveFrame, logLine } from './render/live';
import { advance, emptyView, type RunView } from './render/run-view';
import type { Canvas } from './render/style';
import { Screen } from './screen';
import type { Shell } from './shell';

/** Columns without a terminal. */
const PLAIN_WIDTH = 100;

/** Reports the events of a run: as a live picture on a terminal, as lines of a log elsewhere. */
export class RunReporter {
  private readonly screen: Screen | undefined;
  private view: RunView;

  constructor(
    private readonly shell: Pick<Shell, 'out' | 'style'>,
    cluster: string,
  ) {
    this.screen = shell.out.isTTY ? new Screen(shell.out) : undefined;
    this.view = emptyView(cluster);
  }

  report(event: ProgressEvent): void {
    const line = this.screen ? undefined : logLine(event, this.view);
    this.view = advance(this.view, event);
    if (line !== undefined) this.print(line);
    const { screen } = this;
    screen?.draw(liveFrame(this.view, { style: this.shell.style, width: screen.width, height: screen.height }));
  }

  /** Text above the picture. */
  print(text: string): void {
    if (this.screen) this.screen.print(text);
    else this.shell.out.write(`${text}\n`);
  }

  /** Leaves the picture: further output is written below it. */
  end(): void {
    this.screen?.leave();
  }
}

/** The canvas for pictures on this shell. */
export function canvasOf({ out, style }: Pick<Shell, 'out' | 'style'>): Canvas {
  return { style, width: (out.isTTY && out.columns) || PLAIN_WIDTH };
}
