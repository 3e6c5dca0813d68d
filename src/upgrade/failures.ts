import { backOffMs } from './back-off';
import { UpgradeError } from './errors';
import type { Clock } from './ports';
import { PortError } from './ports';

/** Before the first retry after a conflict, ms: nothing is wrong with the server. */
const CONFLICT_MS = 250;

/** Refusals in a row that are tolerated: an API server that has just started knows no rights for a moment. */
export const REFUSALS = 5;

/**
 * Failures in a row: when to retry, and what to report. A report is made once when it begins to fail, once when it fails
 * in another way, and once when it works again.
 */
export class Failures {
  /** The latest. */
  last: PortError | undefined;
  /** How often it was refused in a row. */
  refusals = 0;
  private reported: PortError['code'] | undefined;
  private count = 0;
  /** Of these, the latest that are all conflicts, or all something else. */
  private alike = 0;
  private wasConflict = false;
  private since = 0;
  private until = 0;

  /**
   * @param who distinguishes callers that wait for the same
   * @param report is called with each change of state
   */
  constructor(
    private readonly clock: Clock,
    private readonly who: string,
    private readonly report: (kind: 'action' | 'warning', text: string) => void,
  ) {}

  /** For how long it has been failing, ms; 0 where it works. */
  get forMs(): number {
    return this.last ? this.clock.now() - this.since : 0;
  }

  /** How long to wait before the next attempt, ms. */
  get waitMs(): number {
    return Math.max(0, this.until - this.clock.now());
  }

  /** Whether it was refused so often that only the user can fix it. */
  get isRefused(): boolean {
    return this.refusals > REFUSALS;
  }

  /** Whether it has failed more often than refusals are tolerated. */
  get isHopeless(): boolean {
    return this.count > REFUSALS;
  }

  /** The error that ends the run. @param holds the state while no process drives it */
  givenUp(holds: string): UpgradeError {
    const what = this.isRefused ? 'has refused requests that the run needs' : 'has failed requests that the run needs';
    const seconds = Math.round(this.forMs / 1_000);
    return new UpgradeError(
      this.isRefused ? 'ACCESS_LOST' : 'UNREACHABLE',
      `the API server ${what} for ${seconds} s, last: ${this.last?.message}; no process drives the run now; state: ${holds}`,
      'once that is fixed, the same command resumes the run',
      { cause: this.last },
    );
  }

  /** Counts a failure. @throws the error itself where a retry makes no sense */
  add(error: unknown): void {
    if (!(error instanceof PortError) || error.code === 'missing') throw error;
    if (!this.last) this.since = this.clock.now();
    this.refusals = error.code === 'refused' ? this.refusals + 1 : 0;
    this.last = error;
    this.count += 1;
    // A conflict is an answer: what has failed before it, or fails after it, begins to fail anew.
    const isConflict = error.code === 'conflict';
    this.alike = isConflict === this.wasConflict ? this.alike + 1 : 1;
    this.wasConflict = isConflict;
    // Another process has written at the same time: nothing is wrong unless it happens again at once.
    const isFirstConflict = isConflict && this.alike === 1;
    if (!isFirstConflict && error.code !== this.reported) {
      this.report('warning', error.message);
      this.reported = error.code;
    }
    this.until = this.clock.now() + (isFirstConflict ? CONFLICT_MS : backOffMs(this.alike, this.who));
  }

  /** It works. @param what is reported to work, where the server was unavailable or refused. @default nothing is reported */
  clear(what?: string): void {
    if (what && this.reported && this.reported !== 'conflict') {
      this.report('action', `${what} after ${Math.round(this.forMs / 1_000)} s`);
    }
    this.last = undefined;
    this.reported = undefined;
    this.count = 0;
    this.alike = 0;
    this.refusals = 0;
    this.until = 0;
  }
}
