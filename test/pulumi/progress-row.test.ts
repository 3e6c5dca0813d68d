import { ProgressRow } from '../../src/pulumi/progress-row';
import type { Phase, ProgressEvent, Sample } from '../../src/upgrade';

function sample(phase: Phase, seconds: number, connections: number, more: Partial<Sample> = {}): ProgressEvent {
  const at = seconds * 1000;
  const load = { set: 'blue', replicas: 3, ready: 3, connections, sessions: connections, seenAt: at };
  const nodes = [node(connections, connections)];
  const green = { ...load, set: 'green', connections: 0 };
  const rest = { devices: undefined, leftMs: undefined, capPerSecond: 300, paused: false };
  return { kind: 'sample', at, sample: { at, phase, blue: load, green, nodes, ...rest, ...more } };
}

function node(connections: number | null, sessions: number | null): Sample['nodes'][number] {
  return { pod: 'a', connections, sessions, seenAt: 0, unreachable: null, evacuating: true, drained: false };
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
  const row = new ProgressRow();
  expect(row.after({ kind: 'phase', at: 0, phase: 'evacuate', resumed: true })).toBe('resumed: evacuating');
  expect(row.after(sample('evacuate', 0, 1000, { devices: 3000 }))).toBe('evacuating 2,000/3,000 · 0/s of 300');
});

test('what is counted are devices: sessions that a new node was given are none', () => {
  const row = new ProgressRow();
  const { sample: last } = sample('evacuate', 4, 0, { devices: 3000 }) as Extract<ProgressEvent, { kind: 'sample' }>;
  const green = { ...last.green!, connections: 3174 };
  row.after(sample('evacuate', 0, 3000, { devices: 3000 }));
  expect(row.after({ kind: 'sample', at: 4000, sample: { ...last, green } })).toBe(
    'evacuating 3,000/3,000 · 750/s of 300',
  );
});

test('of a node that never said what it has nothing is counted', () => {
  const row = new ProgressRow();
  expect(row.after(sample('evacuate', 0, 0, { nodes: [node(null, null)] }))).toBe(
    'evacuating · remaining devices unknown: a node does not answer',
  );
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
  const nodes = [node(0, 1200)];
  expect(row.after(sample('evacuate', 3, 0, { nodes, leftMs: 4_000 }))).toBe(
    'evacuating · 1,200 sessions to be moved · 4 s left',
  );
});

test('before, it tells how many of the new nodes are ready', () => {
  const row = new ProgressRow();
  const green = { set: 'green', replicas: 3, ready: 1, connections: 0, sessions: 0, seenAt: 0 };
  expect(row.after(sample('green', 0, 9, { green }))).toBe('building the new nodes: 1 of 3 ready');
  expect(row.after(sample('green', 0, 9, { green: undefined }))).toBe('building the new nodes');
});
