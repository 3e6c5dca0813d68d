import type { createColors } from 'picocolors';

type Colors = ReturnType<typeof createColors>;

/** Colours of picocolors; given by the caller, who knows whether the output shows them. */
export type Style = Pick<Colors, 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'blue'>;

/** What every picture needs to know of the output it is drawn on. */
export interface Canvas {
  style: Style;
  /** Columns. */
  width: number;
}
