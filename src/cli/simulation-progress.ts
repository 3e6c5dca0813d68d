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
  private readonly upgrades = new Map<string, { began: number; last: number; reportedMs: number }>();
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
    return [...this.upgrades.values()].reduce((sum, { began, last }) => sum + last - began, 0);
  }

  /** @param name whose upgrade it is: another name is another upgrade. */
  see({ at }: { at: number }, name: string): void {
    const upgrade = this.upgrades.get(name) ?? { began: at, last: at, reportedMs: 0 };
    this.upgrades.set(name, upgrade);
    upgrade.last = at;
    const steps = Math.floor((at - upgrade.began - upgrade.reportedMs) / this.stepMs);
    if (steps < 1) return;
    upgrade.reportedMs += steps * this.stepMs;
    const line = `the upgrade ${name}: ${time(upgrade.reportedMs)} simulated`;
    if (this.screen) {
      this.screen.draw(line);
      this.isDrawn = true;
    } else this.shell.err.write(`${line}\n`);
  }

  end(): void {
    if (this.isDrawn) this.screen?.draw('');
    this.screen?.leave();
  }
}
