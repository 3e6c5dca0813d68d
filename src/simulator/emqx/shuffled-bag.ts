import type { Random } from '../random';
import { grown, type Table } from '../table';

/**
 * Rows of a table in random order, with cheap adding, removing and taking. A row is in at most one of the bags
 * that share a column.
 *
 * EMQX evicts in the order of a hash table: neither the oldest nor the newest first. Here the order is random and stays
 * so: a new item changes places with a random one, a removed one is replaced by the last.
 */
export class ShuffledBag {
  private items = new Int32Array(0);
  private count = 0;

  /** @param column of the table, for 1 + the place of each row, or 0 of a row that is in none */
  constructor(
    private readonly random: Random,
    private readonly table: Table,
    private readonly column: number,
  ) {}

  get size(): number {
    return this.count;
  }

  has(row: number): boolean {
    return this.table.cells[this.cellOf(row)] !== 0;
  }

  add(row: number): void {
    if (this.has(row)) return;
    const last = this.count++;
    if (last === this.items.length) this.items = grown(this.items, Math.max(16, Math.ceil(last * 1.5)));
    const place = this.random.below(last + 1);
    this.put(place === last ? row : this.items[place]!, last);
    this.put(row, place);
  }

  delete(row: number): void {
    const { cells } = this.table;
    const cell = this.cellOf(row);
    const place = cells[cell]! - 1;
    if (place < 0) return;
    const last = this.items[--this.count]!;
    if (last !== row) this.put(last, place);
    cells[cell] = 0;
  }

  /** The row that is `skip` places from the one to be taken next. */
  peek(skip = 0): number | undefined {
    return skip < this.count ? this.items[this.count - 1 - skip] : undefined;
  }

  /** All that are in it. */
  rows(): Int32Array {
    return this.items.slice(0, this.count);
  }

  private put(row: number, place: number): void {
    this.items[place] = row;
    this.table.cells[this.cellOf(row)] = 1 + place;
  }

  private cellOf(row: number): number {
    return row * this.table.width + this.column;
  }
}
