import type { createColors } from 'picocolors';

type Colors = ReturnType<typeof createColors>;

/** Colours as picocolors makes them; given by the caller, who knows whether anybody can see them. */
export type Style = Pick<Colors, 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'blue'>;

/** What every picture needs to know of the place it is drawn in. */
export interface Canvas {
  style: Style;
  /** Columns. */
  width: number;
}
