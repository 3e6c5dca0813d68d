import { setMaxListeners } from 'node:events';
import { type Clock, UpgradeError } from '../upgrade';
import { AnySignal } from '../upgrade/any-signal';
import { onCancel } from './cancellation';
import type { CommonInputs } from './common-inputs';
import { EngineLog } from './engine-log';
import { keepAlive } from './engine-watch';
import { onSignals } from './host-signals';
import type { Marks } from './identity';
import type { Raw } from './inputs';
import { type ClusterLink, reasonOf } from './link';
import { ProgressDisplay } from './progress-display';
import type { RowText } from './progress-row';
import type { ClusterInputs } from './resource-type';
import { type ClusterPhase, type Seen, seen, unseen } from './state';

/** How long the last observation may take when an operation is interrupted, ms: the user that pressed Ctrl-C waits for it. */
const LAST_READ_MS = 1_500;

/**
 * Something was started, and has not finished. The engine keeps the properties, shows the reasons, and updates the resource
 * again at the next `pulumi up`.
 */
export class UnfinishedError extends Error {
  override readonly name = 'UnfinishedError';
  constructor(
    readonly id: string,
    /** What is kept in the state. */
    readonly properties: Raw,
    readonly reasons: string[],
  ) {
    super(`${id} is not in the wanted state yet`);
  }
}

/** One creation, update or removal, from start to end: what it reports, and what ends it early. */
export class Operation {
  /** Aborts when the operation is no longer wanted: after Cancel, or when the Pulumi engine is gone. */
  readonly left: AbortSignal;
  /** Aborts then, or when its time is up. */
  readonly signal: AbortSignal;
  /** Whether something may have been written. */
  touched = false;
  /** The last observed state of an open run; reported when the operation is interrupted. */
  holds: string | undefined;
  /** What goes on after an interruption. */
  next = '`pulumi up` resumes';

  private readonly leaving = new AbortController();
  private readonly expiring = new AbortController();
  private readonly over = new AbortController();
  private readonly engine: EngineLog;
  private readonly forget: (() => void)[];
  private abandoned = false;
  private readonly release: () => void;
  private readonly display: ProgressDisplay;
  private isLimited = false;

  constructor(
    { __progressRow: row }: CommonInputs,
    private readonly clock: Clock,
  ) {
    this.left = this.leaving.signal;
    this.signal = new AnySignal(this.left, this.expiring.signal).signal;
    setMaxListeners(0, this.signal); // every request under way is one
    this.release = keepAlive(() => this.abandon('the Pulumi engine is gone'));
    this.engine = new EngineLog(row ?? '');
    this.display = new ProgressDisplay(this.engine, clock);
    this.forget = [
      onCancel(() => this.leaving.abort(new Error('stopped by Cancel (Ctrl-C, or SIGTERM to the CLI)'))),
      onSignals(
        () => this.leaving.abort(new Error('stopped by SIGTERM')),
        () => this.abandon('ended by the Pulumi engine'),
      ),
    ];
  }

  /** Limits the operation to this time from now on. The first limit counts. */
  limit(seconds: number): void {
    if (this.isLimited) return;
    this.isLimited = true;
    const reason = `not finished within ${seconds} s (upgrade.timeouts.totalSeconds)`;
    this.after(seconds * 1000, () => this.expiring.abort(new Error(reason)));
  }

  /** Whether nobody will record what comes of the operation. */
  get isAbandoned(): boolean {
    return this.abandoned;
  }

  get hasExpired(): boolean {
    return this.expiring.signal.aborted && !this.left.aborted;
  }

  /** Shows what it does now. */
  show(progress: string | RowText): void {
    this.display.show(typeof progress === 'string' ? { text: progress } : progress);
  }

  /** Adds a warning below the rows. */
  warn(text: string): void {
    this.log('warning', text);
  }

  /** Adds a line below the rows. */
  log(severity: 'info' | 'warning', text: string): void {
    this.engine.log(severity, text);
  }

  /** From now on the cluster is written to, unless the operation is no longer wanted. */
  begin(): void {
    this.signal.throwIfAborted();
    this.touched = true;
  }

  private abandon(why: string): void {
    this.abandoned = true;
    this.leaving.abort(new Error(why));
  }

  /** Whether an error only results from ending the operation. */
  private isLeftBy(error: unknown): boolean {
    if (!this.signal.aborted) return false;
    return error === this.signal.reason || (error instanceof UpgradeError && error.code === 'DETACHED');
  }

  async end(): Promise<void> {
    this.over.abort();
    for (const forget of this.forget) forget();
    this.display.end();
    await this.engine.close();
    this.release();
  }

  /**
   * The error for the engine when an operation ends: where nothing was written the state stays, otherwise it describes the current state.
   *
   * @param kept properties as they are kept in the state
   */
  async failure(error: unknown, link: ClusterLink, kept: Kept): Promise<Error> {
    const isLeft = this.isLeftBy(error);
    const cause = isLeft ? (this.signal.reason as Error).message : reasonOf(error);
    if (!this.touched) return new Error(isLeft ? `${cause}; nothing was written` : cause);
    const holds = this.holds === undefined ? [] : [this.holds];
    // One reason: the engine counts each as an error of its own.
    const reason = [cause, ...holds, ...(isLeft ? [this.next] : [])].join('; ');
    const late = new AbortController();
    this.after(LAST_READ_MS, () => late.abort());
    const view = await link.view(late.signal).catch(() => undefined);
    const state: Seen = view ? seen(view, kept.marks) : unseen(kept.inputs, kept.marks, 'changing');
    const phase = kept.phaseOf?.(state.phase) ?? state.phase;
    const properties = { ...kept.inputs, ...state, phase, __provider: kept.provider };
    return new UnfinishedError(link.id, properties, [reason]);
  }

  /** Runs `callback` after `ms`, unless the operation has ended by then. */
  private after(ms: number, callback: () => void): void {
    this.clock.sleep(ms, this.over.signal).then(callback, () => undefined);
  }
}

/** What the state keeps of an unfinished operation. */
export interface Kept {
  inputs: ClusterInputs;
  marks: Marks;
  /** Text of the provider: without it the engine could not call it again. */
  provider: unknown;
  phaseOf?(seen: ClusterPhase): ClusterPhase;
}
