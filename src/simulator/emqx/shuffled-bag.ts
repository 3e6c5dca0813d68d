import type { Random } from '../random';

/** A slot of an item for its position in a {@link ShuffledBag}; -1 while it is in none. */
export type PositionKey<T> = { [K in keyof T]: T[K] extends number ? K : never }[keyof T];

/**
 * Items in random order, with cheap adding, removing and taking.
 *
 * EMQX evicts in the order of a hash table: neither the oldest nor the newest first. Here the order is random and stays
 * so: a new item changes places with a random one, a removed one is replaced by the last.
 */
export class ShuffledBag<T extends object> {
  private readonly items: T[] = [];

  /** @param position the numeric property of the items in which the bag keeps their position */
  constructor(
    private readonly random: Random,
    private readonly position: PositionKey<T>,
  ) {}

  get size(): number {
    return this.items.length;
  }

  has(item: T): boolean {
    return (item[this.position] as number) >= 0;
  }

  add(item: T): void {
    if (this.has(item)) return;
    const last = this.items.push(item) - 1;
    const place = this.random.below(last + 1);
    this.put(this.items[place] as T, last);
    this.put(item, place);
  }

  delete(item: T): void {
    if (!this.has(item)) return;
    const place = item[this.position] as number;
    const last = this.items.pop() as T;
    if (last !== item) this.put(last, place);
    this.mark(item, -1);
  }

  /** The item that is `skip` places from the one to be taken next. */
  peek(skip = 0): T | undefined {
    return this.items[this.items.length - 1 - skip];
  }

  private put(item: T, place: number): void {
    this.items[place] = item;
    this.mark(item, place);
  }

  private mark(item: T, place: number): void {
    (item as Record<PropertyKey, unknown>)[this.position] = place;
  }
}
