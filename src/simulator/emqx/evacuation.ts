import { TransportError } from '../../emqx/transport';
import type { SimulatedClock, Timer } from '../clock';
import { type EvacuationOptions, evacuationFile, readEvacuationFile } from './evacuation-options';

/** @see EMQX: `emqx_node_rebalance_evacuation.erl`; that of 4.4 has no `waiting_health_check` */
export type EvacuationState =
  | 'disabled'
  | 'waiting_health_check'
  | 'evicting_conns'
  | 'waiting_takeover'
  | 'evicting_sessions'
  | 'prohibiting';

/** Figures as the evacuation last took them: `initial*` at the start, `current*` at ticks. */
export interface EvacuationStats {
  initialConnected: number;
  initialSessions: number;
  currentConnected: number;
  currentSessions: number;
}

/** What an evacuation needs of its node. */
export interface EvacuationHost {
  readonly clock: SimulatedClock;
  readonly dataDir: DataDir;
  /** The shortest wait that the file of a running evacuation may hold, see `readEvacuationFile`. */
  readonly leastWaitSeconds: number;
  readonly liveConnections: number;
  /** Sessions that it counts; of EMQX 5 and 6 with those of the durable storage that nobody uses, wherever they were. */
  readonly evictableSessions: number;
  /** Virtual time that one session takes to move. */
  readonly sessionMoveMs: number;
  /** Ends up to `count` connections. */
  evictConnections(count: number, serverReference: string | undefined): void;
  /** Nodes that may get sessions now. */
  recipients(migrateTo: readonly string[] | undefined): readonly string[];
  /**
   * Moves one session to one of the recipients.
   *
   * @param skip how many sessions of this batch could not be moved, and are not to be tried again
   */
  moveSession(recipients: readonly string[], skip: number): 'moved' | 'unreachable' | 'none';
  evacuationState(state: EvacuationState): void;
  /** The application crashed on a value it cannot use; the node continues to refuse clients. */
  evacuationCrashed(): void;
}

/** What a node keeps on its volume; give the same object to the node that gets the volume next. */
export interface DataDir {
  /** Text of `.evacuation`. */
  evacuation?: string;
  /** The site of the durable storage that is here (EMQX 5 and 6): it stays with the volume, whatever the node is called. */
  site?: string;
}

const EVICT_INTERVAL_MS = 1000;
const NO_RECIPIENTS_INTERVAL_MS = 30_000;
/** Erlang's timers take at most 2^32 − 1 ms. */
const MAX_WAIT_SECONDS = 4_294_967;

/**
 * The evacuation of one node: wait for health checks (EMQX 5 and 6), evict connections, wait for takeovers, move the sessions that
 * are left, refuse clients.
 *
 * A tick counts first and evicts then, so `current*` is what there was before. The timer of the next tick starts when the
 * batch is done. Moving sessions is one call after the other, and during a batch of them the process answers no requests:
 * `whenFree` waits until it does. It ends only by `stop`, and survives its node in the `.evacuation` file.
 */
export class Evacuation {
  private current: EvacuationState = 'disabled';
  private options: EvacuationOptions | undefined;
  private figures: EvacuationStats = {
    initialConnected: 0,
    initialSessions: 0,
    currentConnected: 0,
    currentSessions: 0,
  };
  private timer: Timer | undefined;
  private batchRuns = false;
  private waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(private readonly host: EvacuationHost) {}

  get state(): EvacuationState {
    return this.current;
  }

  get stats(): Readonly<EvacuationStats> {
    return this.figures;
  }

  get running(): EvacuationOptions | undefined {
    return this.options;
  }

  /** Nodes that may get sessions, computed at each call. */
  get recipients(): readonly string[] {
    return this.host.recipients(this.options?.migrateTo);
  }

  /** Returns whether it was started; otherwise one runs already, unchanged. */
  start(options: EvacuationOptions): boolean {
    if (this.current !== 'disabled') return false;
    this.host.dataDir.evacuation = evacuationFile(options);
    this.begin(options);
    const { waitHealthCheckSeconds } = options;
    if (waitHealthCheckSeconds === undefined) this.beginEviction(options);
    else {
      this.enter('waiting_health_check');
      this.after(waitHealthCheckSeconds * 1000, () => this.beginEviction(options));
    }
    return true;
  }

  /** Returns whether there was one to stop. Sessions that were moved stay where they are. */
  stop(): boolean {
    if (this.current === 'disabled') return false;
    delete this.host.dataDir.evacuation;
    this.timer?.cancel();
    this.options = undefined;
    this.batchDone();
    this.enter('disabled');
    return true;
  }

  /** The node was booted: resumes the evacuation in the file, from the eviction of connections on and without recipients of its own. */
  resume(): void {
    const text = this.host.dataDir.evacuation;
    if (text === undefined) return;
    const options = readEvacuationFile(text, this.host.leastWaitSeconds);
    if (options) {
      this.begin(options);
      this.beginEviction(options);
    } else this.host.evacuationCrashed();
  }

  /** Undefined when the process can answer now; otherwise a promise for that moment. */
  whenFree(): Promise<void> | undefined {
    if (!this.batchRuns) return undefined;
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  /** The node ended. */
  kill(): void {
    this.timer?.cancel();
    this.batchRuns = false;
    const { waiting } = this;
    this.waiting = [];
    for (const { reject } of waiting) reject(new TransportError('reset', 'connection reset: the node ended'));
    if (waiting.length > 0) this.host.clock.touch();
  }

  private begin(options: EvacuationOptions): void {
    this.options = options;
    const { liveConnections, evictableSessions } = this.host;
    this.figures = {
      initialConnected: liveConnections,
      initialSessions: evictableSessions,
      currentConnected: liveConnections,
      currentSessions: evictableSessions,
    };
  }

  private beginEviction(options: EvacuationOptions): void {
    this.enter('evicting_conns');
    this.after(0, () => this.evictConnections(options));
  }

  private evictConnections(options: EvacuationOptions): void {
    const count = this.host.liveConnections;
    this.figures.currentConnected = count;
    if (count > 0) {
      this.host.evictConnections(Math.min(count, options.connectionEvictionRate), options.serverReference);
      this.after(EVICT_INTERVAL_MS, () => this.evictConnections(options));
    } else if (options.waitTakeoverSeconds > MAX_WAIT_SECONDS) {
      this.host.evacuationCrashed();
    } else {
      this.enter('waiting_takeover');
      this.after(options.waitTakeoverSeconds * 1000, () => {
        this.enter('evicting_sessions');
        this.after(0, () => this.evictSessions(options));
      });
    }
  }

  private evictSessions(options: EvacuationOptions): void {
    const count = this.host.evictableSessions;
    if (count === 0) {
      this.figures.currentSessions = 0;
      this.enter('prohibiting');
      return;
    }
    const { recipients } = this;
    if (recipients.length === 0) {
      this.after(NO_RECIPIENTS_INTERVAL_MS, () => this.evictSessions(options));
      return;
    }
    this.figures.currentSessions = count;
    this.batchRuns = true;
    this.moveNext(options, recipients, Math.min(count, options.sessionEvictionRate), 0);
  }

  private moveNext(options: EvacuationOptions, recipients: readonly string[], left: number, skipped: number): void {
    this.after(this.host.sessionMoveMs, () => {
      const result = this.host.moveSession(recipients, skipped);
      if (result !== 'none' && left > 1) {
        this.moveNext(options, recipients, left - 1, result === 'moved' ? skipped : skipped + 1);
        return;
      }
      this.batchDone();
      this.after(EVICT_INTERVAL_MS, () => this.evictSessions(options));
    });
  }

  private batchDone(): void {
    this.batchRuns = false;
    const { waiting } = this;
    this.waiting = [];
    for (const { resolve } of waiting) resolve();
    if (waiting.length > 0) this.host.clock.touch();
  }

  private after(delayMs: number, run: () => void): void {
    this.timer = this.host.clock.schedule(delayMs, run);
  }

  private enter(state: EvacuationState): void {
    this.current = state;
    this.host.evacuationState(state);
  }
}
