import { ProgressRow } from '../../src/pulumi/progress-row';
import type { Phase, ProgressEvent, Sample } from '../../src/upgrade';

function sample(phase: Phase, seconds: number, connections: number, more: Partial<Sample> = {}): ProgressEvent {
  const load = { set: 'blue', replicas: 3, ready: 3, connections, sessions: connections };
  const nodes = [{ pod: 'a', connections, sessions: connections, evacuating: true, drained: false }];
  const at = seconds * 1000;
  const green = { ...load, set: 'green', connections: 0 };
  const rest = { leftMs: undefined, capPerSecond: 300, paused: false };
  return { kind: 'sample', at, sample: { at, phase, blue: load, green, nodes, ...rest, ...more } };
}

test('an evacuation is told by how many are moved, how fast, of what cap, and how long it takes', () => {
  const row = new ProgressRow();
  expect(row.after({ kind: 'phase', at: 0, phase: 'evacuate', resumed: false })).toBe('evacuating');
  expect(row.after(sample('evacuate', 0, 3000))).toBe('evacuating 0/3,000 · 0/s of 300');
  row.after(sample('evacuate', 2, 2400));
  expect(row.after(sample('evacuate', 4, 1808, { leftMs: 6_030 }))).toBe(
    'evacuating 1,192/3,000 · 298/s of 300 · 7 s left',
  );
  expect(row.after(sample('evacuate', 9, 300, { leftMs: 300_000 }))).toBe(
    'evacuating 2,700/3,000 · 0/s of 300 · 5 min left',
  );
});

test('an evacuation that is gone on with counts what was moved before', () => {
  const row = new ProgressRow(3000);
  expect(row.after({ kind: 'phase', at: 0, phase: 'evacuate', resumed: true })).toBe('gone on with: evacuating');
  expect(row.after(sample('evacuate', 0, 1000))).toBe('evacuating 2,000/3,000 · 0/s of 300');
});

test('a pause, and another rate, are told', () => {
  const row = new ProgressRow();
  row.after(sample('evacuate', 0, 3000));
  expect(row.after(sample('evacuate', 2, 2400, { paused: true }))).toBe('evacuating 600/3,000 · paused');
  expect(row.after(sample('evacuate', 4, 1800, { capPerSecond: 500 }))).toBe('evacuating 1,200/3,000 · 300/s of 500');
});

test('when all devices are moved it tells of the sessions of those that are away', () => {
  const row = new ProgressRow();
  row.after(sample('evacuate', 0, 20));
  const nodes = [{ pod: 'a', connections: 0, sessions: 1200, evacuating: true, drained: false }];
  expect(row.after(sample('evacuate', 3, 0, { nodes, leftMs: 4_000 }))).toBe(
    'evacuating · 1,200 sessions to be moved · 4 s left',
  );
});

test('before, it tells how many of the new nodes are ready', () => {
  const row = new ProgressRow();
  const green = { set: 'green', replicas: 3, ready: 1, connections: 0, sessions: 0 };
  expect(row.after(sample('green', 0, 9, { green }))).toBe('building the new nodes: 1 of 3 ready');
  expect(row.after(sample('green', 0, 9, { green: undefined }))).toBe('building the new nodes');
});
