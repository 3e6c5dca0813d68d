import type { ProgressEvent } from '../upgrade';
import { time } from './render/text';
import { Screen } from './screen';
import type { Shell } from './shell';

/** Virtual time between two reports, in ms: on a terminal, and elsewhere. */
const STEP_MS = { terminal: 10_000, log: 3_600_000 };

/**
 * Reports the progress of a simulation in virtual time: on a terminal as a line that is erased at the end; elsewhere as a line on
 * standard error for each simulated hour.
 */
export class SimulationProgress {
  private readonly screen: Screen | undefined;
  private readonly stepMs: number;
  private began: number | undefined;
  private last = 0;
  private reported = 0;
  private name = '';
  private before = 0;
  private isDrawn = false;

  constructor(
    private readonly shell: Pick<Shell, 'out' | 'err'>,
    isText: boolean,
  ) {
    this.screen = isText && shell.out.isTTY ? new Screen(shell.out) : undefined;
    this.stepMs = this.screen ? STEP_MS.terminal : STEP_MS.log;
  }

  /** Virtual time of all upgrades so far, in ms. */
  get simulatedMs(): number {
    return this.before + this.ofThisOne;
  }

  /** @param name whose upgrade the event is of: another name is another upgrade. */
  see({ at }: ProgressEvent, name: string): void {
    if (name !== this.name) {
      this.before = this.simulatedMs;
      this.name = name;
      this.began = at;
      this.reported = 0;
    }
    this.last = at;
    if (this.ofThisOne < this.reported + this.stepMs) return;
    this.reported += this.stepMs * Math.floor((this.ofThisOne - this.reported) / this.stepMs);
    const line = `the upgrade ${name}: ${time(this.reported)} simulated`;
    if (this.screen) {
      this.screen.draw(line);
      this.isDrawn = true;
    } else this.shell.err.write(`${line}\n`);
  }

  end(): void {
    if (this.isDrawn) this.screen?.draw('');
    this.screen?.leave();
  }

  private get ofThisOne(): number {
    return this.began === undefined ? 0 : this.last - this.began;
  }
}
