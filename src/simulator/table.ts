/**
 * A table of whole numbers, a few for each row. Those of a row stand together, in one array for all rows: whoever asks for one of a
 * million rows loads one line of the processor's cache, and not one for each column.
 */
export class Table {
  /** Cell `column` of row `row` is `cells[row * width + column]`. A table that grows gets another array. */
  cells: Int32Array;
  /** Means nothing; without it `preload` would have no effect, and might not be run. */
  preloaded = 0;

  /** @param width how many columns there are */
  constructor(
    readonly width: number,
    rows = 0,
  ) {
    this.cells = new Int32Array(rows * width);
  }

  /** How many rows there is room for. */
  get rows(): number {
    return this.cells.length / this.width;
  }

  /**
   * Reads all of these rows, for nothing but that the processor has them when their turn comes: it loads many at the same time, but those
   * that it meets one after the other it waits for, one after the other.
   *
   * @param first is subtracted from each of `rows`; what is no row of the table then is left out
   */
  preload(rows: readonly number[], first = 0): void {
    const { cells, width } = this;
    let sum = 0;
    for (let index = 0; index < rows.length; index++) {
      const cell = (rows[index]! - first) * width;
      if (cell >= 0 && cell < cells.length) sum ^= cells[cell]!;
    }
    this.preloaded = sum;
  }

  /** Makes room for so many rows, and for some more. New cells are 0. */
  reserve(rows: number): void {
    if (rows <= this.rows) return;
    this.cells = grown(this.cells, Math.max(rows, Math.ceil(this.rows * 1.5)) * this.width);
  }
}

/** A copy of this length, which is filled up with zeros. */
export function grown(numbers: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(length);
  longer.set(numbers);
  return longer;
}
