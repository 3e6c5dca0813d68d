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

test('an evacuation is told by how many are moved, how fast, how long it takes, and of what cap, in this order', () => {
  const row = new ProgressRow();
  expect(row.after({ kind: 'phase', at: 0, phase: 'evacuate', resumed: false })).toEqual({ text: 'evacuating' });
  expect(row.after(sample('evacuate', 0, 3000))).toEqual({
    text: '0/3,000 · 0/s · evacuating, at most 300/s',
    brief: '0/3000 0/s',
    kind: 'evacuating',
    share: 0,
  });
  row.after(sample('evacuate', 2, 2400));
  expect(row.after(sample('evacuate', 4, 1800, { leftMs: 6_030 }))).toEqual({
    text: '1,200/3,000 · 300/s · 7 s left · evacuating, at most 300/s',
    brief: '1200/3000 300/s 7s',
    kind: 'evacuating',
    share: 0.4,
  });
  expect(row.after(sample('evacuate', 9, 300, { leftMs: 300_000 }))).toMatchObject({
    text: '2,700/3,000 · 0/s · 5 min left · evacuating, at most 300/s',
    brief: '2700/3000 0/s 5min',
  });
});

test.each<[Phase, string]>([
  ['evacuate', 'evacuating cores'],
  ['retire', 'removing the old cores'],
  ['retire-green', 'rolling back: removing the new cores'],
])('with replicants it says of which nodes: %s', (phase, text) => {
  const row = new ProgressRow();
  expect(row.after({ kind: 'phase', at: 0, phase, role: 'core', resumed: false })).toEqual({ text });
});

test('in brief, large numbers are rounded, so that all of it fits into what 80 columns leave', () => {
  const row = new ProgressRow();
  row.after(sample('evacuate', 0, 30_000));
  const last = row.after(sample('evacuate', 4, 28_840, { leftMs: 5_400_000 }));
  expect(last).toMatchObject({ brief: '1160/30.0k 290/s 90min' });
  const huge = new ProgressRow();
  huge.after(sample('evacuate', 0, 1_000_000));
  expect(huge.after(sample('evacuate', 4, 600_000))).toMatchObject({ brief: '400k/1000k 100k/s' });
});

test('an evacuation that is gone on with counts what was moved before', () => {
  const row = new ProgressRow();
  expect(row.after({ kind: 'phase', at: 0, phase: 'evacuate', resumed: true })).toEqual({
    text: 'resumed: evacuating',
  });
  expect(row.after(sample('evacuate', 0, 1000, { devices: 3000 }))).toMatchObject({
    text: '2,000/3,000 · 0/s · evacuating, at most 300/s',
  });
});

test('what is counted are devices: sessions that a new node was given are none', () => {
  const row = new ProgressRow();
  const { sample: last } = sample('evacuate', 4, 0, { devices: 3000 }) as Extract<ProgressEvent, { kind: 'sample' }>;
  const green = { ...last.green!, connections: 3174 };
  row.after(sample('evacuate', 0, 3000, { devices: 3000 }));
  expect(row.after({ kind: 'sample', at: 4000, sample: { ...last, green } })).toMatchObject({
    text: '3,000/3,000 · 750/s · evacuating, at most 300/s',
    share: 1,
  });
});

test('of a node that never said what it has nothing is counted', () => {
  const row = new ProgressRow();
  expect(row.after(sample('evacuate', 0, 0, { nodes: [node(null, null)] }))).toEqual({
    text: 'remaining devices unknown: a node does not answer · evacuating',
  });
});

test('a pause, and another rate, are told', () => {
  const row = new ProgressRow();
  row.after(sample('evacuate', 0, 3000));
  expect(row.after(sample('evacuate', 2, 2400, { paused: true }))).toMatchObject({
    text: '600/3,000 · paused · evacuating',
    brief: '600/3000 paused',
  });
  expect(row.after(sample('evacuate', 4, 1800, { capPerSecond: 500 }))).toMatchObject({
    text: '1,200/3,000 · 300/s · evacuating, at most 500/s',
  });
  expect(row.after(sample('evacuate', 6, 1200, { ratePerSecond: 250 }))).toMatchObject({
    text: '1,800/3,000 · 300/s · evacuating, at most 300/s (adaptive: 250/s)',
  });
});

test('when all devices are moved it tells of the sessions of those that are away', () => {
  const row = new ProgressRow();
  row.after(sample('evacuate', 0, 20));
  const nodes = [node(0, 1200)];
  expect(row.after(sample('evacuate', 3, 0, { nodes, leftMs: 4_000 }))).toMatchObject({
    text: '1,200 sessions to be moved · 4 s left · evacuating',
    brief: '1200 sessions 4s',
  });
});

test('before, it tells how many of the new nodes are ready', () => {
  const row = new ProgressRow();
  const green = { set: 'green', replicas: 3, ready: 1, connections: 0, sessions: 0, seenAt: 0 };
  expect(row.after(sample('green', 0, 9, { green }))).toEqual({ text: 'building the new nodes: 1 of 3 ready' });
  expect(row.after(sample('green', 0, 9, { green: undefined }))).toEqual({ text: 'building the new nodes' });
});
