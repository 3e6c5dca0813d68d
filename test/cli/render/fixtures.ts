import { createColors } from 'picocolors';
import type { Sample } from '../../../src/upgrade';
import { BLUE, GREEN, T0 } from '../../upgrade/fixtures';

export const plain = createColors(false);
/** Marks each colour by its name, so that a test sees it. */
export const marked = Object.fromEntries(
  ['bold', 'dim', 'red', 'yellow', 'green', 'blue'].map((name) => [name, (text: unknown) => `<${name}>${text}</>`]),
) as unknown as typeof plain;

/** A sample `seconds` after the begin, with so many connections on each set. */
export function sample(seconds: number, blue: number, green?: number, more: Partial<Sample> = {}): Sample {
  const load = (set: string, connections: number) => ({
    set,
    replicas: 3,
    ready: 3,
    connections,
    sessions: connections,
  });
  return {
    at: T0 + seconds * 1_000,
    phase: 'evacuate',
    blue: load(BLUE, blue),
    green: green === undefined ? undefined : load(GREEN, green),
    nodes: [],
    leftMs: undefined,
    ...more,
  };
}
