import { type Clock, UpgradeError } from '../upgrade';
import { onCancel } from './cancellation';
import type { EmqxEnterpriseInputs } from './emqx-enterprise-inputs';
import { EngineLog } from './engine-log';
import type { Raw } from './inputs';
import { type ClusterLink, reasonOf } from './link';
import { type ClusterPhase, type Seen, seen, unseen } from './state';

/** How long a last look may take when an operation is left, ms: whoever presses Ctrl-C waits for it. */
const LAST_READ_MS = 1_500;

/**
 * Something was begun, and has not come to its end. The engine keeps the properties, shows the reasons, and updates the resource
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
    super(`${id} is not as it shall be yet`);
  }
}

/** One creation, update or removal, from its beginning to its end: what is told of it, and what ends it before its time. */
export class Operation {
  /** Aborts when nobody wants the operation any more: Cancel, or the Pulumi engine has gone. */
  readonly left: AbortSignal;
  /** The same, or its time is up. */
  readonly signal: AbortSignal;
  /** Whether something may have been written. */
  touched = false;
  /** What a run under way was seen to do last; told when it is left. */
  holds: string | undefined;

  private readonly leaving = new AbortController();
  private readonly expiring = new AbortController();
  private readonly over = new AbortController();
  private readonly log: EngineLog;
  private readonly forget: () => void;
  private isLimited = false;

  constructor(
    { progressRow }: EmqxEnterpriseInputs,
    private readonly clock: Clock,
  ) {
    this.left = this.leaving.signal;
    this.signal = AbortSignal.any([this.left, this.expiring.signal]);
    this.log = new EngineLog(progressRow ?? '', () => this.leaving.abort(new Error('the Pulumi engine has gone')));
    this.forget = onCancel(() => this.leaving.abort(new Error('stopped by Cancel (Ctrl-C)')));
  }

  /** From now on the operation may take so long. The first limit counts. */
  limit(seconds: number): void {
    if (this.isLimited) return;
    this.isLimited = true;
    const reason = `not done within ${seconds} s (upgrade.timeouts.totalSeconds)`;
    this.after(seconds * 1000, () => this.expiring.abort(new Error(reason)));
  }

  get hasExpired(): boolean {
    return this.expiring.signal.aborted && !this.left.aborted;
  }

  /** Shows a text in the row of the resource. */
  show(text: string): void {
    this.log.show(text);
  }

  /** Tells of something below the rows. */
  warn(text: string): void {
    this.log.log('warning', text);
  }

  /** From now on things are written, unless nobody wants it any more. */
  begin(): void {
    this.signal.throwIfAborted();
    this.touched = true;
  }

  /** Whether an error is nothing but the end that was put to the operation. */
  private isLeftBy(error: unknown): boolean {
    if (!this.signal.aborted) return false;
    return error === this.signal.reason || (error instanceof UpgradeError && error.code === 'DETACHED');
  }

  end(): void {
    this.over.abort();
    this.forget();
    this.log.close();
  }

  /**
   * What an error that ends the operation means to the engine: where nothing was written the state stays, else it says what holds.
   *
   * @param kept properties as they are kept in the state
   */
  async failure(error: unknown, link: ClusterLink, kept: Kept): Promise<Error> {
    const isLeft = this.isLeftBy(error);
    const cause = isLeft ? (this.signal.reason as Error).message : reasonOf(error);
    if (!this.touched) return new Error(isLeft ? `${cause}; nothing was written` : cause);
    const holds = this.holds === undefined ? [] : [this.holds];
    const reasons = [cause, ...holds, ...(isLeft ? ['`pulumi up` goes on'] : [])];
    const late = new AbortController();
    this.after(LAST_READ_MS, () => late.abort());
    const view = await link.view(late.signal).catch(() => undefined);
    const state: Seen = view ? seen(view) : unseen(kept.inputs, 'changing');
    const phase = kept.phaseOf?.(state.phase) ?? state.phase;
    const properties = { ...kept.inputs, ...state, phase, __provider: kept.provider };
    return new UnfinishedError(link.id, properties, reasons);
  }

  /** Runs `callback` after `ms`, unless the operation has ended by then. */
  private after(ms: number, callback: () => void): void {
    this.clock.sleep(ms, this.over.signal).then(callback, () => undefined);
  }
}

/** What the state keeps of an operation that was not finished. */
export interface Kept {
  inputs: EmqxEnterpriseInputs;
  /** Text of the provider: without it the engine could not call it again. */
  provider: unknown;
  phaseOf?(seen: ClusterPhase): ClusterPhase;
}
