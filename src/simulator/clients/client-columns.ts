import { Table } from '../table';
import type { CompleteGroup } from './client-group';
import { FRESH, type ReconnectState } from './reconnect-policy';

/** Columns. The first holds the index of the group and, above it, what else is known of a client, bit by bit. */
const WHAT = 0;
const POD = 1;
const WAITS_AND_FAILURES = 2;
const ENDS = 3;
const WIDTH = 4;

const IS_CONNECTED = 1 << 16;
const IS_MQTT31 = 1 << 17;
const HAD_SESSION = 1 << 18;
const IS_AWAITED = 1 << 19;
const GROUP = 0xffff;
const MOST_COUNTED = 0xffff;

/** Clients that are alike, in the order of their numbers: those from `first` on. */
export interface ClientRange {
  readonly group: CompleteGroup;
  readonly first: number;
}

/**
 * What is known of each client of a population, as a table: 16 bytes a client, and 8 more where a library goes by how long a connection
 * lasted.
 *
 * Counters stop at 65,535. No policy looks further: its lists are shorter, and their last item stands for all later ones.
 */
export class ClientColumns {
  readonly ranges: readonly ClientRange[];
  readonly size: number;
  private readonly byName = new Map<string, ClientRange>();
  private readonly table: Table;
  private readonly cells: Int32Array;
  private readonly connectedAt: Float64Array;
  /** What a policy reads and changes, of one client at a time. */
  private readonly state: ReconnectState = { ...FRESH };

  constructor(groups: readonly CompleteGroup[]) {
    let size = 0;
    this.ranges = groups.map((group) => {
      const range = { group, first: size };
      size += group.count;
      this.byName.set(group.name, range);
      return range;
    });
    this.size = size;
    this.table = new Table(WIDTH, size);
    this.cells = this.table.cells;
    this.ranges.forEach(({ group, first }, index) => {
      for (let client = first; client < first + group.count; client++) this.cells[client * WIDTH + WHAT] = index;
    });
    this.connectedAt = new Float64Array(
      groups.some(({ reconnect }) => reconnect.resetAfterMs !== undefined) ? size : 0,
    );
  }

  /** What is known of these clients will be needed soon, see `Table.preload`. */
  preload(clients: readonly number[]): void {
    this.table.preload(clients);
  }

  groupOf(client: number): CompleteGroup {
    return this.rangeOf(client).group;
  }

  clientId(client: number): string {
    const { group, first } = this.rangeOf(client);
    return `${group.name}-${client - first}`;
  }

  /** The client with this id; undefined of any other id. */
  numberOf(clientId: string): number | undefined {
    const end = clientId.lastIndexOf('-');
    const range = this.byName.get(clientId.slice(0, end));
    if (!range) return undefined;
    const index = Number(clientId.slice(end + 1));
    const client = range.first + index;
    return index < range.group.count && this.clientId(client) === clientId ? client : undefined;
  }

  isConnected(client: number): boolean {
    return this.has(client, IS_CONNECTED);
  }

  /** Whether it left a session behind that it expects to find again. */
  hadSession(client: number): boolean {
    return this.has(client, HAD_SESSION);
  }

  isMqtt31(client: number): boolean {
    return this.has(client, IS_MQTT31);
  }

  /** Whether no connection of it has ended yet. */
  isFresh(client: number): boolean {
    return this.cells[client * WIDTH + ENDS] === 0;
  }

  /** The pod that it is connected to, or was last. */
  podOf(client: number): number {
    return this.cells[client * WIDTH + POD]!;
  }

  connected(client: number, pod: number): void {
    this.mark(client, IS_CONNECTED, true);
    this.cells[client * WIDTH + POD] = pod;
  }

  disconnected(client: number): void {
    this.mark(client, IS_CONNECTED, false);
  }

  gotSession(client: number): void {
    this.mark(client, HAD_SESSION, true);
  }

  /** Whether somebody waits until it is connected, or never tries again. */
  isAwaited(client: number): boolean {
    return this.has(client, IS_AWAITED);
  }

  await(client: number, isAwaited: boolean): void {
    this.mark(client, IS_AWAITED, isAwaited);
  }

  /** What the client remembers of its connections, until that of another one is asked for; `remember` keeps what was changed. */
  recall(client: number): ReconnectState {
    const { cells, state } = this;
    const first = client * WIDTH;
    const counted = cells[first + WAITS_AND_FAILURES]!;
    state.waits = counted & MOST_COUNTED;
    state.failures = counted >>> 16;
    state.connectionEnds = cells[first + ENDS]!;
    state.isMqtt31 = (cells[first + WHAT]! & IS_MQTT31) !== 0;
    state.connectedAt = this.goesByTime(client) ? this.connectedAt[client]! : FRESH.connectedAt;
    return state;
  }

  remember(client: number): void {
    const { cells } = this;
    const { waits, failures, connectionEnds, connectedAt, isMqtt31 } = this.state;
    const first = client * WIDTH;
    cells[first + WAITS_AND_FAILURES] = Math.min(waits, MOST_COUNTED) | (Math.min(failures, MOST_COUNTED) << 16);
    cells[first + ENDS] = connectionEnds;
    this.mark(client, IS_MQTT31, isMqtt31);
    if (this.goesByTime(client)) this.connectedAt[client] = connectedAt;
  }

  private goesByTime(client: number): boolean {
    return this.connectedAt.length > 0 && this.groupOf(client).reconnect.resetAfterMs !== undefined;
  }

  private rangeOf(client: number): ClientRange {
    return this.ranges[this.cells[client * WIDTH + WHAT]! & GROUP]!;
  }

  private has(client: number, bit: number): boolean {
    return (this.cells[client * WIDTH + WHAT]! & bit) !== 0;
  }

  private mark(client: number, bit: number, isSet: boolean): void {
    const cell = client * WIDTH + WHAT;
    this.cells[cell] = isSet ? this.cells[cell]! | bit : this.cells[cell]! & ~bit;
  }
}
