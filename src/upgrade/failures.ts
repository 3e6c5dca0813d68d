import { backOffMs } from './back-off';
import { UpgradeError } from './errors';
import type { Clock } from './ports';
import { PortError } from './ports';

/** Before what became untrue meanwhile is looked at again for the first time, ms: nothing is wrong with the other side. */
const CONFLICT_MS = 250;

/** Refusals in a row that may pass: an API server that has just started knows no rights for a moment. */
const REFUSALS = 5;

/**
 * What fails in a row: when it is tried again, and what is said of it. It is said once when it begins to fail, once when it fails
 * in another way, and once when it works again.
 */
export class Failures {
  /** The latest. */
  last: PortError | undefined;
  private reported: PortError['code'] | undefined;
  private count = 0;
  private refusals = 0;
  private since = 0;
  private until = 0;

  /**
   * @param who distinguishes those that wait for the same
   * @param report is called with each change of state
   */
  constructor(
    private readonly clock: Clock,
    private readonly who: string,
    private readonly report: (kind: 'action' | 'warning', text: string) => void,
  ) {}

  /** For how long it has failed, ms; 0 where it works. */
  get forMs(): number {
    return this.last ? this.clock.now() - this.since : 0;
  }

  /** How long to wait before the next attempt, ms. */
  get waitMs(): number {
    return Math.max(0, this.until - this.clock.now());
  }

  /** Whether it was refused so often that nothing but somebody's help will change that. */
  get isRefused(): boolean {
    return this.refusals > REFUSALS;
  }

  /** Whether it has failed as often as refusals may. */
  get isHopeless(): boolean {
    return this.count > REFUSALS;
  }

  /** What ends the run for them. @param holds what is so while nobody drives it */
  givenUp(holds: string): UpgradeError {
    const what = this.isRefused ? 'has refused what the run needs' : 'has not done what the run needs';
    const seconds = Math.round(this.forMs / 1_000);
    return new UpgradeError(
      this.isRefused ? 'ACCESS_LOST' : 'UNREACHABLE',
      `the API server ${what} for ${seconds} s, last: ${this.last?.message}; nobody drives the run now, and what holds is: ${holds}`,
      'once that is cured, the same command resumes the run',
      { cause: this.last },
    );
  }

  /** It has failed. @throws the error itself where it is none that may pass */
  add(error: unknown): void {
    if (!(error instanceof PortError) || error.code === 'missing') throw error;
    if (!this.last) this.since = this.clock.now();
    this.refusals = error.code === 'refused' ? this.refusals + 1 : 0;
    this.last = error;
    // Somebody else has written at the same time: nothing is wrong unless it happens again at once.
    const isFirstConflict = ++this.count === 1 && error.code === 'conflict';
    if (!isFirstConflict && error.code !== this.reported) {
      this.report('warning', error.message);
      this.reported = error.code;
    }
    this.until = this.clock.now() + (isFirstConflict ? CONFLICT_MS : backOffMs(this.count, this.who));
  }

  /** It works. @param what is said to work, where the other side was away or refused. @default nothing is said */
  clear(what?: string): void {
    if (what && this.reported && this.reported !== 'conflict') {
      this.report('action', `${what} after ${Math.round(this.forMs / 1_000)} s`);
    }
    this.last = undefined;
    this.reported = undefined;
    this.count = 0;
    this.refusals = 0;
    this.until = 0;
  }
}
