import type { Clock } from '../../upgrade/ports';
import type { CloseCause } from '../emqx/types';
import type { ClientReport, RefusalCounts, RefusalReason } from './client-report';
import { EventSeries } from './event-series';
import { MessageLedger } from './message-ledger';
import { ENDINGS, type Ending } from './reconnect-policy';

const NEW = 0;
const UP = 1;
const DOWN = 2;
const AWAY = 3;

const UNSEEN = 0;
const KEPT = 1;
const LOST = 2;

/** One row per client, one typed array per column: 18 bytes a client. */
function columns(length: number) {
  return {
    state: new Uint8Array(length),
    /** Whether the client belongs to the clients of the report. */
    counted: new Uint8Array(length),
    disconnects: new Uint32Array(length),
    refusals: new Uint32Array(length),
    /** Milliseconds since `begin()`; meant while DOWN. */
    offlineSince: new Uint32Array(length),
    session: new Uint8Array(length),
    /** Whether a message waits for the client. */
    awaited: new Uint8Array(length),
    /** Whether it is connected without the subscription that it had. */
    deaf: new Uint8Array(length),
    /** Why it never tries again: 1 + the index in `ENDINGS`; 0 while it does. */
    ending: new Uint8Array(length),
  };
}

/**
 * The one place where it is written down what clients saw, be they simulated or real sockets, and where the figures of
 * a report come from. `ClientReport` says how each figure is defined.
 *
 * A client is a number from `register()`. Everything is stamped with the clock's time of the call.
 */
export class ClientLedger {
  /** When measuring began, in milliseconds since the epoch. */
  begunAt = 0;
  /** Times in milliseconds since `begunAt`, for charts. */
  readonly disconnects = new EventSeries();
  readonly reconnects = new EventSeries();
  readonly refusals = new EventSeries();
  /** Numbered messages to clients with sessions. It is not cleared by `begin()`: an acknowledged message is never forgotten. */
  readonly messages = new MessageLedger();

  private clients = 0;
  private rows = columns(1024);
  private up = 0;
  private over = 0;
  private least = 0;
  private outages: number[] = [];
  private causes = noCauses();
  private reasons = noReasons();
  private messagesQueued = 0;
  private messagesDelivered = 0;

  constructor(private readonly clock: Clock) {
    this.begin();
  }

  /** How many clients are connected now, devices that have returned among them. */
  get connectedNow(): number {
    return this.up;
  }

  /** How many clients are not connected now and try to be. */
  get retrying(): number {
    return this.countRows('state', DOWN) - this.over;
  }

  /** A new client, not connected yet. Returns its number. */
  register(): number {
    if (this.clients === this.rows.state.length) this.grow();
    return this.clients++;
  }

  /** Measuring begins now: everything written down before is forgotten, except which clients are connected, disconnected or offline. */
  begin(): void {
    this.begunAt = this.clock.now();
    for (const series of [this.disconnects, this.reconnects, this.refusals]) series.clear();
    this.outages = [];
    this.causes = noCauses();
    this.reasons = noReasons();
    this.least = this.up;
    const { state, counted, disconnects, refusals, offlineSince, session, awaited } = this.rows;
    for (const column of [disconnects, refusals, offlineSince, session]) column.fill(0);
    this.messagesQueued = awaited.reduce((sum, waits) => sum + waits, 0);
    this.messagesDelivered = 0;
    for (let client = 0; client < this.clients; client++) {
      counted[client] = state[client] === UP || state[client] === DOWN ? 1 : 0;
    }
  }

  /**
   * The client's CONNECT was accepted.
   *
   * @param sessionPresent given only by a client that came back for a session of its own.
   */
  connected(client: number, sessionPresent?: boolean): void {
    const { state, counted, session } = this.rows;
    const before = state[client];
    if (before === NEW) counted[client] = 1;
    if (before === DOWN) {
      this.endOutage(client);
      this.reconnects.add(this.elapsed());
    }
    if (before !== UP) {
      state[client] = UP;
      this.up++;
    }
    if (sessionPresent === undefined) return;
    if (!sessionPresent) session[client] = LOST;
    else if (session[client] === UNSEEN) session[client] = KEPT;
  }

  /** The other side ended the client's connection. Has no effect on a client that is not connected. */
  disconnected(client: number, cause: CloseCause['kind']): void {
    const { state, counted, disconnects, offlineSince } = this.rows;
    if (state[client] !== UP) return;
    const at = this.elapsed();
    state[client] = DOWN;
    counted[client] = 1;
    disconnects[client]!++;
    offlineSince[client] = at;
    this.disconnects.add(at);
    this.causes[cause]++;
    this.lower();
  }

  /** The client disconnected by itself. */
  left(client: number): void {
    const { state } = this.rows;
    const before = state[client];
    if (before === DOWN) this.endOutage(client);
    state[client] = AWAY;
    if (before === UP) this.lower();
  }

  /** An attempt to connect failed. The client is omitted where it is unknown. */
  refused(reason: RefusalReason, client?: number): void {
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
    this.refusals.add(this.elapsed());
    if (client !== undefined) this.rows.refusals[client]!++;
  }

  /** The client, which is not connected, never tries again. */
  gaveUp(client: number, ending: Ending): void {
    const { state, ending: endings, offlineSince } = this.rows;
    if (state[client] !== DOWN) offlineSince[client] = this.elapsed();
    state[client] = DOWN;
    this.over++;
    endings[client] = 1 + ENDINGS.indexOf(ending);
  }

  /** Why the client never tries again; undefined while it does. */
  endingOf(client: number): Ending | undefined {
    return ENDINGS[this.rows.ending[client]! - 1];
  }

  /** The client is connected, its session and with it its subscription are gone, and it does not subscribe again. */
  deaf(client: number): void {
    this.rows.deaf[client] = 1;
  }

  /** A message was queued for the client. At most one waits for each at a time. */
  queued(client: number): void {
    if (this.rows.awaited[client] === 1) return;
    this.rows.awaited[client] = 1;
    this.messagesQueued++;
  }

  /** The client has received the message that was queued for it; a second copy of it is not counted. */
  delivered(client: number): void {
    if (this.rows.awaited[client] === 0) return;
    this.rows.awaited[client] = 0;
    this.messagesDelivered++;
  }

  /**
   * What clients saw from `begin()` until now.
   *
   * @param origin where aligned seconds start, ms since the epoch. @default - where the fewest disconnects are
   */
  report(origin?: number): ClientReport {
    const secondsOrigin = origin ?? this.begunAt + this.disconnects.quietestPhase(1000);
    const phase = secondsOrigin - this.begunAt;
    const { disconnects, reconnects } = this;
    const histogram = this.histogram();
    const clients = histogram.reduce((sum, count) => sum + count, 0);
    return {
      clients,
      disconnects: disconnects.total,
      disconnectsByCause: { ...this.causes },
      disconnectsPerClient: {
        mean: clients === 0 ? 0 : disconnects.total / clients,
        max: histogram.length - 1,
        histogram,
      },
      refusedConnects: this.refusals.total,
      refusedByReason: { ...this.reasons },
      refusedPerClientMax: this.rows.refusals.reduce((a, b) => Math.max(a, b), 0),
      secondsOrigin,
      peakDisconnectsPerSecond: disconnects.peakOfBuckets(1000, phase),
      peakReconnectsPerSecond: reconnects.peakOfBuckets(1000, phase),
      slidingDisconnects: { in1s: disconnects.peakOfAnyWindow(1000), in100ms: disconnects.peakOfAnyWindow(100) },
      slidingReconnects: { in1s: reconnects.peakOfAnyWindow(1000), in100ms: reconnects.peakOfAnyWindow(100) },
      ...this.offline(),
      leastConnected: this.least,
      sessionsKept: this.countRows('session', KEPT),
      sessionsLost: this.countRows('session', LOST),
      messagesQueued: this.messagesQueued,
      messagesDelivered: this.messagesDelivered,
      stillOffline: this.countRows('state', DOWN),
      gaveUp: this.over,
      deaf: this.countRows('deaf', 1),
    };
  }

  private histogram(): number[] {
    const { counted, disconnects } = this.rows;
    const histogram = [0];
    for (let client = 0; client < this.clients; client++) {
      if (counted[client] === 0) continue;
      while (histogram.length <= disconnects[client]!) histogram.push(0);
      histogram[disconnects[client]!]!++;
    }
    return histogram;
  }

  private offline(): Pick<ClientReport, 'offlineMs' | 'offlineClientSeconds'> {
    const { state, offlineSince } = this.rows;
    const now = this.elapsed();
    const lengths = [...this.outages];
    for (let client = 0; client < this.clients; client++) {
      if (state[client] === DOWN) lengths.push(now - offlineSince[client]!);
    }
    const sorted = Float64Array.from(lengths).sort();
    const rank = (part: number) => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
    return {
      offlineMs: { p50: rank(0.5), p95: rank(0.95), max: rank(1) },
      offlineClientSeconds: sorted.reduce((sum, length) => sum + length, 0) / 1000,
    };
  }

  private countRows(column: 'session' | 'state' | 'deaf', value: number): number {
    return this.rows[column].reduce((sum, each) => sum + (each === value ? 1 : 0), 0);
  }

  /** Whole milliseconds, so that times that are equal but for floating point stay equal. */
  private elapsed(): number {
    return Math.round(this.clock.now() - this.begunAt);
  }

  private endOutage(client: number): void {
    this.outages.push(this.elapsed() - this.rows.offlineSince[client]!);
  }

  private lower(): void {
    this.up--;
    this.least = Math.min(this.least, this.up);
  }

  private grow(): void {
    const before = this.rows;
    this.rows = columns(before.state.length * 2);
    for (const name of Object.keys(before) as (keyof typeof before)[]) this.rows[name].set(before[name]);
  }
}

function noCauses(): Record<CloseCause['kind'], number> {
  return { evicted: 0, 'taken-over': 0, shutdown: 0 };
}

function noReasons(): RefusalCounts {
  return { 'tcp-refused': 0, rc3: 0, '0x9C': 0, '0x97': 0, timeout: 0 };
}
