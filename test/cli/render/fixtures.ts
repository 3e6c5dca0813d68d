import { createColors } from 'picocolors';
import type { Check, Sample } from '../../../src/upgrade';
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
    seenAt: T0 + seconds * 1_000,
  });
  return {
    at: T0 + seconds * 1_000,
    phase: 'evacuate',
    blue: load(BLUE, blue),
    green: green === undefined ? undefined : load(GREEN, green),
    nodes: [],
    devices: undefined,
    leftMs: undefined,
    capPerSecond: 100,
    paused: false,
    ...more,
  };
}

/** One check of each outcome. */
export const CHECKS: Check[] = [
  { id: 'status', group: 'cluster', status: 'ok', finding: 'Running, 3 of 3 nodes ready' },
  {
    id: 'license',
    group: 'nodes',
    status: 'warning',
    finding: '3000 of 3100 licensed connections in use',
    fix: 'extend it',
  },
  {
    id: 'nodes',
    group: 'nodes',
    status: 'blocker',
    finding: 'the evacuation API is absent on emqx-blue-0',
    fix: 'load the plugins emqx_eviction_agent and emqx_node_rebalance (EMQX Enterprise 4.4.12 or newer)',
  },
];
