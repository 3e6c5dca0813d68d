import type { Clock } from '../../upgrade/ports';
import type { CloseCause } from '../emqx/types';
import { Table } from '../table';
import type { ClientReport, RefusalCounts, RefusalReason } from './client-report';
import { EventSeries } from './event-series';
import { MessageLedger } from './message-ledger';
import { ENDINGS, type Ending } from './reconnect-policy';

/** Columns, one row per client: 16 bytes. The first holds several things, bit by bit. */
const WHAT = 0;
const DISCONNECTS = 1;
const REFUSALS = 2;
/** Milliseconds since `begin()`; meant while DOWN. */
const OFFLINE_SINCE = 3;
const WIDTH = 4;

/** What a client is. */
const STATE = 0b11;
const NEW = 0;
const UP = 1;
const DOWN = 2;
const AWAY = 3;
/** Whether it belongs to the clients of the report. */
const COUNTED = 1 << 2;
/** What it found of its session; neither while it has not come back for one. */
const SESSION = 0b11 << 3;
const KEPT = 1 << 3;
const LOST = 2 << 3;
/** Whether a message waits for it. */
const AWAITED = 1 << 5;
/** Whether it is connected without the subscription that it had. */
const DEAF = 1 << 6;
/** Why it never tries again: from here on 1 + the index in `ENDINGS`; 0 while it does. */
const ENDING_AT = 7;

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
  private readonly table = new Table(WIDTH);
  private up = 0;
  private down = 0;
  private over = 0;
  private least = 0;
  /** How many outages lasted how many ms. */
  private outages = new Map<number, number>();
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
    return this.down - this.over;
  }

  /** What is known of these clients will be needed soon, see `Table.preload`. */
  preload(clients: readonly number[], first: number): void {
    this.table.preload(clients, first);
  }

  /** New clients, not connected yet. Returns the number of the first; those of the others follow. */
  register(count = 1): number {
    const first = this.clients;
    this.clients += count;
    this.table.reserve(this.clients);
    return first;
  }

  /** Measuring begins now: everything written down before is forgotten, except which clients are connected, disconnected or offline. */
  begin(): void {
    this.begunAt = this.clock.now();
    for (const series of [this.disconnects, this.reconnects, this.refusals]) series.clear();
    this.outages.clear();
    this.causes = noCauses();
    this.reasons = noReasons();
    this.least = this.up;
    this.messagesQueued = this.count(AWAITED, AWAITED);
    this.messagesDelivered = 0;
    const { cells } = this.table;
    for (let client = 0; client < this.clients; client++) {
      const row = client * WIDTH;
      const state = cells[row + WHAT]! & STATE;
      const counted = state === UP || state === DOWN ? COUNTED : 0;
      cells[row + WHAT] = (cells[row + WHAT]! & ~(SESSION | COUNTED)) | counted;
      cells[row + DISCONNECTS] = 0;
      cells[row + REFUSALS] = 0;
      cells[row + OFFLINE_SINCE] = 0;
    }
  }

  /**
   * The client's CONNECT was accepted.
   *
   * @param sessionPresent given only by a client that came back for a session of its own.
   */
  connected(client: number, sessionPresent?: boolean): void {
    const { cells } = this.table;
    const row = client * WIDTH;
    let what = cells[row + WHAT]!;
    const before = what & STATE;
    if (before === NEW) what |= COUNTED;
    if (before === DOWN) {
      this.endOutage(client);
      this.reconnects.add(this.elapsed());
    }
    if (before !== UP) {
      what = (what & ~STATE) | UP;
      this.up++;
    }
    if (sessionPresent === false) what = (what & ~SESSION) | LOST;
    else if (sessionPresent && (what & SESSION) === 0) what |= KEPT;
    cells[row + WHAT] = what;
  }

  /** The other side ended the client's connection. Has no effect on a client that is not connected. */
  disconnected(client: number, cause: CloseCause['kind']): void {
    const { cells } = this.table;
    const row = client * WIDTH;
    const what = cells[row + WHAT]!;
    if ((what & STATE) !== UP) return;
    const at = this.elapsed();
    cells[row + WHAT] = (what & ~STATE) | DOWN | COUNTED;
    cells[row + DISCONNECTS]!++;
    cells[row + OFFLINE_SINCE] = at;
    this.down++;
    this.disconnects.add(at);
    this.causes[cause]++;
    this.lower();
  }

  /** The client disconnected by itself. */
  left(client: number): void {
    const before = this.stateOf(client);
    if (before === DOWN) this.endOutage(client);
    this.set(client, STATE, AWAY);
    if (before === UP) this.lower();
  }

  /** An attempt to connect failed. The client is omitted where it is unknown. */
  refused(reason: RefusalReason, client?: number): void {
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
    this.refusals.add(this.elapsed());
    if (client !== undefined) this.table.cells[client * WIDTH + REFUSALS]!++;
  }

  /** The client, which is not connected, never tries again. */
  gaveUp(client: number, ending: Ending): void {
    if (this.stateOf(client) !== DOWN) {
      this.table.cells[client * WIDTH + OFFLINE_SINCE] = this.elapsed();
      this.down++;
    }
    this.set(client, STATE, DOWN);
    this.over++;
    const { cells } = this.table;
    cells[client * WIDTH + WHAT]! |= (1 + ENDINGS.indexOf(ending)) << ENDING_AT;
  }

  /** Why the client never tries again; undefined while it does. */
  endingOf(client: number): Ending | undefined {
    return ENDINGS[(this.table.cells[client * WIDTH + WHAT]! >>> ENDING_AT) - 1];
  }

  /** The client is connected, its session and with it its subscription are gone, and it does not subscribe again. */
  deaf(client: number): void {
    this.set(client, DEAF, DEAF);
  }

  /** A message was queued for the client. At most one waits for each at a time. */
  queued(client: number): void {
    if (this.isAwaited(client)) return;
    this.set(client, AWAITED, AWAITED);
    this.messagesQueued++;
  }

  /** The client has received the message that was queued for it; a second copy of it is not counted. */
  delivered(client: number): void {
    if (!this.isAwaited(client)) return;
    this.set(client, AWAITED, 0);
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
      refusedPerClientMax: this.highest(REFUSALS),
      secondsOrigin,
      peakDisconnectsPerSecond: disconnects.peakOfBuckets(1000, phase),
      peakReconnectsPerSecond: reconnects.peakOfBuckets(1000, phase),
      slidingDisconnects: { in1s: disconnects.peakOfAnyWindow(1000), in100ms: disconnects.peakOfAnyWindow(100) },
      slidingReconnects: { in1s: reconnects.peakOfAnyWindow(1000), in100ms: reconnects.peakOfAnyWindow(100) },
      ...this.offline(),
      leastConnected: this.least,
      sessionsKept: this.count(SESSION, KEPT),
      sessionsLost: this.count(SESSION, LOST),
      messagesQueued: this.messagesQueued,
      messagesDelivered: this.messagesDelivered,
      stillOffline: this.down,
      gaveUp: this.over,
      deaf: this.count(DEAF, DEAF),
    };
  }

  private histogram(): number[] {
    const { cells } = this.table;
    const histogram = [0];
    for (let row = 0; row < this.clients * WIDTH; row += WIDTH) {
      if ((cells[row + WHAT]! & COUNTED) === 0) continue;
      const times = cells[row + DISCONNECTS]!;
      while (histogram.length <= times) histogram.push(0);
      histogram[times]!++;
    }
    return histogram;
  }

  private offline(): Pick<ClientReport, 'offlineMs' | 'offlineClientSeconds'> {
    const { cells } = this.table;
    const now = this.elapsed();
    const lengths = new Map(this.outages);
    for (let client = 0; client < this.clients; client++) {
      if (this.stateOf(client) === DOWN) addOne(lengths, now - cells[client * WIDTH + OFFLINE_SINCE]!);
    }
    const sorted = [...lengths].sort(([a], [b]) => a - b);
    const total = sorted.reduce((sum, [, count]) => sum + count, 0);
    const rank = (part: number) => {
      let left = Math.max(1, Math.ceil(part * total));
      for (const [length, count] of sorted) {
        left -= count;
        if (left <= 0) return length;
      }
      return 0;
    };
    return {
      offlineMs: { p50: rank(0.5), p95: rank(0.95), max: rank(1) },
      offlineClientSeconds: sorted.reduce((sum, [length, count]) => sum + length * count, 0) / 1000,
    };
  }

  /** How many have this value in these bits. */
  private count(bits: number, value: number): number {
    const { cells } = this.table;
    let count = 0;
    for (let row = 0; row < this.clients * WIDTH; row += WIDTH) if ((cells[row + WHAT]! & bits) === value) count++;
    return count;
  }

  private highest(column: number): number {
    const { cells } = this.table;
    let highest = 0;
    for (let row = 0; row < this.clients * WIDTH; row += WIDTH) highest = Math.max(highest, cells[row + column]!);
    return highest;
  }

  private stateOf(client: number): number {
    return this.table.cells[client * WIDTH + WHAT]! & STATE;
  }

  private isAwaited(client: number): boolean {
    return (this.table.cells[client * WIDTH + WHAT]! & AWAITED) !== 0;
  }

  private set(client: number, bits: number, value: number): void {
    const cell = client * WIDTH + WHAT;
    this.table.cells[cell] = (this.table.cells[cell]! & ~bits) | value;
  }

  /** Whole milliseconds, so that times that are equal but for floating point stay equal. */
  private elapsed(): number {
    return Math.round(this.clock.now() - this.begunAt);
  }

  private endOutage(client: number): void {
    this.down--;
    addOne(this.outages, this.elapsed() - this.table.cells[client * WIDTH + OFFLINE_SINCE]!);
  }

  private lower(): void {
    this.up--;
    this.least = Math.min(this.least, this.up);
  }
}

function addOne(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function noCauses(): Record<CloseCause['kind'], number> {
  return { evicted: 0, 'taken-over': 0, shutdown: 0 };
}

function noReasons(): RefusalCounts {
  return { 'tcp-refused': 0, rc3: 0, '0x9C': 0, '0x97': 0, timeout: 0 };
}
