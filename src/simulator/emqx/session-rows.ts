import { Table } from '../table';
import type { Crowd } from './types';

/** The rows of a crowd: one for each of its clients, from this one on. */
export interface Block {
  readonly crowd: Crowd;
  readonly first: number;
}

/** Columns: where the row is in the bags of its node, since when there is a session, and what it is. */
export const LIVE = 0;
export const EVICTABLE = 1;
const ORDER = 2;
const STATE = 3;
const WIDTH = 4;

/** What a row holds: nothing, a session that is an object, or, from 1 on, a connection of a crowd's client to the node in this slot. */
const FREE = 0;
const OBJECT = -1;

/**
 * The table of all sessions of a cluster, 16 bytes each. A session of a client that belongs to a crowd has that client's row, any other
 * one gets a row of its own.
 */
export class SessionRows {
  readonly table = new Table(WIDTH);
  private readonly blocks: Block[] = [];
  private readonly free: number[] = [];
  private used = 0;
  private begun = 0;

  /** The first row of a crowd, which gets its rows when it is seen first. */
  firstOf(crowd: Crowd): number {
    for (const block of this.blocks) if (block.crowd === crowd) return block.first;
    const first = this.used;
    this.blocks.push({ crowd, first });
    this.used += crowd.size;
    this.table.reserve(this.used);
    return first;
  }

  /** The crowd that a row belongs to. */
  blockOf(row: number): Block | undefined {
    for (const block of this.blocks) if (row >= block.first && row < block.first + block.crowd.size) return block;
    return undefined;
  }

  /** The clients of one crowd, connected as such, whose rows follow each other in a list from this index on. */
  clientsFrom(rows: readonly number[], index: number): number[] {
    const block = this.blockOf(rows[index]!);
    const clients: number[] = [];
    for (let at = index; block && at < rows.length; at++) {
      const client = rows[at]! - block.first;
      if (client < 0 || client >= block.crowd.size || this.slotOf(rows[at]!) === FREE) break;
      clients.push(client);
    }
    return clients;
  }

  /** The row of the crowd's client with this id; undefined where it is of none. */
  find(clientId: string): number | undefined {
    for (const { crowd, first } of this.blocks) {
      const client = crowd.numberOf(clientId);
      if (client !== undefined) return first + client;
    }
    return undefined;
  }

  /** A row for a session that is an object. */
  take(clientId: string): number {
    const row = this.find(clientId) ?? this.free.pop() ?? this.used++;
    this.table.reserve(row + 1);
    this.begin(row, OBJECT);
    return row;
  }

  /** A session begins in the row of a crowd's client. */
  connect(row: number, slot: number): void {
    this.begin(row, slot);
  }

  /** Sessions in these rows will be asked for one after the other, see `Table.preload`. */
  preload(rows: readonly number[]): void {
    this.table.preload(rows);
  }

  /** The session in this row becomes an object. */
  becomeObject(row: number): void {
    this.table.cells[row * WIDTH + STATE] = OBJECT;
  }

  /** The session in this row has ended. */
  release(row: number): void {
    this.table.cells[row * WIDTH + STATE] = FREE;
    if (!this.blockOf(row)) this.free.push(row);
  }

  /** The same of a crowd's client. */
  disconnect(row: number): void {
    this.table.cells[row * WIDTH + STATE] = FREE;
  }

  isFree(row: number): boolean {
    return this.table.cells[row * WIDTH + STATE] === FREE;
  }

  /** The slot of the node that a crowd's client is connected to; 0 of any other row. */
  slotOf(row: number): number {
    const state = this.table.cells[row * WIDTH + STATE]!;
    return state === OBJECT ? FREE : state;
  }

  /** Sessions began in the order of these numbers. */
  orderOf(row: number): number {
    return this.table.cells[row * WIDTH + ORDER]!;
  }

  private begin(row: number, state: number): void {
    const { cells } = this.table;
    const first = row * WIDTH;
    cells[first + LIVE] = 0;
    cells[first + EVICTABLE] = 0;
    cells[first + ORDER] = this.begun++;
    cells[first + STATE] = state;
  }
}
