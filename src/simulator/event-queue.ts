/** A scheduled callback that can be cancelled. */
export interface Timer {
  cancel(): void;
}

/** One callback. */
export class Entry implements Timer {
  /** What was scheduled for the same time next. */
  next: Entry | Batch | undefined;

  constructor(
    public run: (() => void) | undefined,
    /** Whether code that waits on promises may continue because of this entry. */
    readonly wakes: boolean,
  ) {}

  get isOver(): boolean {
    return this.run === undefined;
  }

  cancel(): void {
    this.run = undefined;
  }
}

/** A function that is called with numbers; see `SimulatedClock.lane`. */
export type Lane = (items: readonly number[]) => void;

/** Numbers for one call: scheduled for one time, with nothing else between them. */
export class Batch {
  next: Entry | Batch | undefined;
  isOver = false;
  readonly items: number[];

  constructor(
    readonly run: Lane,
    item: number,
  ) {
    this.items = [item];
  }
}

/** All that is scheduled for one time, in the order of scheduling. */
export class Moment {
  private first: Entry | Batch | undefined;
  private last: Entry | Batch | undefined;

  constructor(readonly at: number) {}

  addEntry(run: () => void, wakes: boolean): Entry {
    const entry = new Entry(run, wakes);
    this.add(entry);
    return entry;
  }

  addItem(run: Lane, item: number): void {
    const { last } = this;
    if (last instanceof Batch && last.run === run && !last.isOver) last.items.push(item);
    else this.add(new Batch(run, item));
  }

  /** The event whose turn it is; undefined when none is left. Those that were cancelled are passed over. */
  get current(): Entry | Batch | undefined {
    while (this.first?.isOver) this.first = this.first.next;
    return this.first;
  }

  /** Whether nothing else is scheduled for this time than what was scheduled last. */
  get isSingle(): boolean {
    return this.first === this.last;
  }

  private add(event: Entry | Batch): void {
    if (this.first && this.last) this.last.next = event;
    else this.first = event;
    this.last = event;
  }
}

const LEAST_LIMIT = 1_024;

/**
 * What is scheduled, in the order of time, and of one time in the order of scheduling.
 *
 * Times are kept once each, however much is scheduled for them: a heap of times, each with a list. So the reconnects of a burst, which
 * fall on few milliseconds, cost no search of the heap.
 */
export class EventQueue {
  private heap: Moment[] = [];
  private readonly moments = new Map<number, Moment>();

  /** How many times are kept at most before those of which all is over are looked for: what was cancelled is not looked for each time. */
  private limit = LEAST_LIMIT;

  /** @param origin a whole number that no time is below: times are looked up by their distance from it, which is small and exact */
  constructor(private readonly origin: number) {}

  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** How many times are kept. */
  get size(): number {
    return this.heap.length;
  }

  /** Where to add what is to happen at a time. */
  moment(at: number): Moment {
    const key = at - this.origin;
    const known = this.moments.get(key);
    if (known) return known;
    const moment = new Moment(at);
    this.moments.set(key, moment);
    if (this.heap.length >= this.limit) this.dropCancelled();
    this.rise(moment);
    return moment;
  }

  /** The first moment for which something is left, which `current` is. */
  first(): Moment | undefined {
    for (;;) {
      const first = this.heap[0];
      if (!first || first.current) return first;
      this.removeFirst(first);
    }
  }

  private dropCancelled(): void {
    const all = this.heap;
    this.heap = [];
    for (const moment of all) {
      if (moment.current) this.rise(moment);
      else this.moments.delete(moment.at - this.origin);
    }
    this.limit = Math.max(LEAST_LIMIT, 2 * this.heap.length);
  }

  private rise(moment: Moment): void {
    const { heap } = this;
    let index = heap.push(moment) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (moment.at >= heap[parent]!.at) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = moment;
  }

  private removeFirst(first: Moment): void {
    const { heap } = this;
    this.moments.delete(first.at - this.origin);
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && heap[right]!.at < heap[left]!.at ? right : left;
      if (heap[child]!.at >= last.at) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}
