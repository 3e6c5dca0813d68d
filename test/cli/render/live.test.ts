import { liveFrame, logLine, pointsOf } from '../../../src/cli/render/live';
import { advance, emptyView, type RunView, rateOf } from '../../../src/cli/render/run-view';
import { statusLine, statusTree } from '../../../src/cli/render/status';
import type { ProgressEvent } from '../../../src/upgrade';
import { BLUE, GREEN, T0 } from '../../upgrade/fixtures';
import { marked, plain, sample } from './fixtures';

const node = (index: number, connections: number, drained = false) => ({
  pod: `${BLUE}-${index}`,
  connections,
  sessions: connections,
  seenAt: T0 + 1_000_000,
  unreachable: null,
  evacuating: connections < 1_000,
  drained,
});

const sampled = (seconds: number, blue: number, green?: number, more = {}): ProgressEvent => {
  const one = sample(seconds, blue, green, more);
  return { kind: 'sample', at: one.at, sample: one };
};

const viewOf = (...events: ProgressEvent[]): RunView => events.reduce(advance, emptyView('mqtt/emqx'));

const HALF = viewOf(
  sampled(0, 3_000, 0, { nodes: [0, 1, 2].map((index) => node(index, 1_000)) }),
  { kind: 'waiting', at: T0, text: 'the blue nodes to be drained' },
  { kind: 'action', at: T0, text: `evacuate ${BLUE}-0 at 34/s` },
  sampled(10, 2_000, 900),
  sampled(15, 1_500, 1_400, { nodes: [node(0, 0, true), node(1, 500), node(2, 1_000)], leftMs: 15_000 }),
);

describe('the status', () => {
  test('is one line', () => {
    expect(statusLine(HALF)).toBe('phase evacuate · blue 1,500 of 3,000 · 100/s, cap 100/s · about 15 s left');
    expect(statusLine(emptyView('mqtt/emqx'))).toBe('about to begin');
    expect(statusLine(viewOf({ kind: 'phase', at: T0, phase: 'pin', resumed: false }))).toBe('phase pin');
    const nobody = sampled(0, 10, undefined, { phase: 'done' });
    expect(statusLine(viewOf(nobody))).toBe('no upgrade is under way · blue 10 of 10');
    const ended: ProgressEvent = { kind: 'phase', at: T0, phase: 'done', resumed: false };
    expect(statusLine(viewOf(sampled(0, 10), ended, nobody))).toBe('done · blue 10 of 10');
    expect(statusLine(viewOf(sampled(0, 10, 0, { leftMs: 0 })))).toBe('phase evacuate · blue 10 of 10');
    const paused = [sampled(0, 10), sampled(5, 9, 1, { paused: true })];
    expect(statusLine(viewOf(...paused))).toBe('phase evacuate · blue 9 of 10 · paused');
  });

  test('says which role is replaced, and where the devices are meanwhile', () => {
    const replicants = sampled(0, 300, 0, { role: 'replicant', beside: { role: 'core', blue: 0, green: 0 } });
    const cores = sampled(3, 0, 0, { role: 'core', beside: { role: 'replicant', blue: 0, green: 300 } });
    if (cores.kind === 'sample') cores.sample.blue.set = 'emqx-core';
    expect(statusLine(viewOf(replicants))).toBe('phase evacuate of replicants · blue 300 of 300');
    expect(statusLine(viewOf(replicants, cores))).toBe('phase evacuate of cores · blue 0 of 0 · replicants: green 300');
    expect(pointsOf(viewOf(replicants, cores)).map(({ blue, green }) => [blue, green])).toEqual([
      [300, 0],
      [0, 300],
    ]);
    expect(logLine(replicants, viewOf())).toContain('replicants: blue 300, green 0 connections');
    expect(logLine(cores, viewOf())).toContain('cores: blue 0, green 0 connections; replicants: green 300');
  });

  test('holds the rate against the cap in force, and on the way back tells that of the new nodes', () => {
    const faster = viewOf(sampled(0, 100), sampled(2, 80, 20, { capPerSecond: 10 }));
    expect(statusLine(faster)).toBe('phase evacuate · blue 80 of 100 · 10/s, cap 10/s');
    const adaptive = (ratePerSecond: number) => viewOf(sampled(0, 100), sampled(2, 80, 20, { ratePerSecond }));
    expect(statusLine(adaptive(12))).toBe('phase evacuate · blue 80 of 100 · 10/s, adaptive 12/s, cap 100/s');
    expect(statusLine(adaptive(0))).toBe(
      'phase evacuate · blue 80 of 100 · 10/s, halted until devices reconnect, cap 100/s',
    );
    const back = viewOf(
      sampled(0, 50, 50, { phase: 'return' }),
      sampled(2, 58, 40, { phase: 'return', leftMs: 8_000 }),
    );
    expect(statusLine(back)).toBe('phase return · blue 58 of 58 · 5/s, cap 100/s · about 8 s left');
  });

  test('is a tree of sets and nodes', () => {
    expect(statusTree(HALF, plain, 10).map((line) => line.text)).toEqual([
      '├─ blue  ██████████░░░░░░░░░░ 1,500  emqx-blue, 3 of 3 ready',
      '│  ├─ emqx-blue-0 ░░░░░░░░░░ drained',
      '│  ├─ emqx-blue-1 █████░░░░░ 500 connections, 500 sessions, evacuating',
      '│  └─ emqx-blue-2 ██████████ 1,000 connections, 1,000 sessions',
      '└─ green █████████░░░░░░░░░░░ 1,400  emqx-green, 3 of 3 ready',
    ]);
  });

  test('of what does not answer shows how old it is, or that it is unknown', () => {
    const old = { seenAt: T0 + 3_000, unreachable: 'no answer' };
    const nodes = [
      { ...node(0, 500), ...old },
      { ...node(1, 0), connections: null, sessions: null, seenAt: null, unreachable: 'no answer' },
      { ...node(2, 1_000), unreachable: 'HTTP 401', obstacle: 'password' as const },
    ];
    const one = sample(15, 1_500, 0, { nodes });
    const view = viewOf(sampled(0, 3_000), {
      kind: 'sample',
      at: one.at,
      sample: { ...one, blue: { ...one.blue, connections: null, seenAt: null }, green: { ...one.green!, ...old } },
    });
    expect(statusTree(view, plain, 10).map((line) => line.text)).toEqual([
      '├─ blue  ···················· unknown  emqx-blue, 3 of 3 ready',
      '│  ├─ emqx-blue-0 ██████████ 500 connections, 500 sessions (12 s old), it does not answer, evacuating',
      '│  ├─ emqx-blue-1 ·········· unknown, it does not answer, evacuating',
      '│  └─ emqx-blue-2 ██████████ 1,000 connections, 1,000 sessions, it rejects the password',
      '└─ green ░░░░░░░░░░░░░░░░░░░░ 0 (12 s old)  emqx-green, 3 of 3 ready',
    ]);
    expect(statusLine(view)).toBe('phase evacuate · blue unknown of 3,000');
    expect(rateOf(view.samples)).toBeUndefined();
  });

  test('when it is over shows the set that serves, still in green', () => {
    const done = sample(0, 0, 3_000, {
      phase: 'done',
      nodes: [0, 1].map((i) => ({ ...node(i, 1_500), pod: `${GREEN}-${i}`, evacuating: false })),
    });
    done.blue.replicas = 0;
    const view = viewOf(
      { kind: 'phase', at: T0, phase: 'done', resumed: false },
      { kind: 'sample', at: T0, sample: done },
    );
    expect(statusLine(view)).toBe('done · green 3,000');
    expect(statusTree(view, plain, 10).map((line) => line.text)).toEqual([
      '└─ green ████████████████████ 3,000  emqx-green, 3 of 3 ready',
      '   ├─ emqx-green-0 ██████████ 1,500 connections, 1,500 sessions',
      '   └─ emqx-green-1 ██████████ 1,500 connections, 1,500 sessions',
    ]);
  });

  test('has the nodes under green when they are emptied there', () => {
    const nodes = [0, 1].map((index) => ({ ...node(index, 500), pod: `${GREEN}-${index}` }));
    const view = viewOf(sampled(0, 2_000, 1_000, { phase: 'return', nodes }));
    expect(statusTree(view, plain, 10).map((line) => line.text)).toEqual([
      '├─ blue  ████████████████████ 2,000  emqx-blue, 3 of 3 ready',
      '└─ green ██████████░░░░░░░░░░ 1,000  emqx-green, 3 of 3 ready',
      '   ├─ emqx-green-0 ██████████ 500 connections, 500 sessions, evacuating',
      '   └─ emqx-green-1 ██████████ 500 connections, 500 sessions, evacuating',
    ]);
  });

  test('leaves nodes out where there is no room', () => {
    expect(statusTree(HALF, plain, 4).map((line) => line.text)).toEqual([
      '├─ blue  ██████████░░░░░░░░░░ 1,500  emqx-blue, 3 of 3 ready',
      '│  ├─ emqx-blue-0 ░░░░░░░░░░ drained',
      '│  └─ and 2 more nodes',
      '└─ green █████████░░░░░░░░░░░ 1,400  emqx-green, 3 of 3 ready',
    ]);
    for (const height of [2, 3, 4, 5, 6]) expect(statusTree(HALF, plain, height).length).toBeLessThanOrEqual(height);
  });

  test('has blue alone before there is a green set', () => {
    expect(statusTree(viewOf(sampled(0, 10)), plain, 5).map((line) => line.text)).toEqual([
      '└─ blue  ████████████████████ 10  emqx-blue, 3 of 3 ready',
    ]);
  });

  test('tells the rate over the last five seconds', () => {
    expect(rateOf([])).toBeUndefined();
    expect(rateOf([sample(0, 100)])).toBeUndefined();
    expect(rateOf([sample(0, 100), sample(2, 50)])).toBe(25);
    expect(rateOf([sample(0, 900), sample(10, 500), sample(12, 400), sample(14, 300)])).toBe(50);
    expect(rateOf([sample(0, 100), sample(1, 120)])).toBe(0);
    expect(rateOf([sample(0, 100), sample(60, 50)])).toBeUndefined();
  });
});

describe('a live frame', () => {
  const frame = (view: RunView, width: number, height: number, style = plain) =>
    liveFrame(view, { style, width, height });

  test('has title, status, chart, tree, and what goes on', () => {
    expect(`\n${frame(HALF, 64, 18)}\n`).toBe(`
mqtt/emqx  15 s
phase evacuate · blue 1,500 of 3,000 · 100/s, cap 100/s · about…

connections: blue 1,500, green 1,400
3,000 ┤⠉⠉⠑⠒⠒⠒⠒⠤⠤⠤⠤⣀⣀⣀⣀⡀
      ┤               ⠈⠉⠉⠉⠉⠒⠒⠒⠒⠢⠤⠤⠤⠤⣀⣀⣀⣀
      ┤                                 ⠉⠉⠉⠉⠑⠒⠒⠒⠒⠤⠤⠤⠤⢄⣀⣀⣀⡀
      ┤                                    ⢀⣀⣀⣀⣀⠤⠤⠤⠤⠔⠒⠒⠒⠊⠉ green
      ┤                 ⢀⣀⣀⣀⣀⠤⠤⠤⠤⠤⠒⠒⠒⠒⠒⠉⠉⠉⠉⠁
    0 ┤⣀⣀⡠⠤⠤⠤⠤⠔⠒⠒⠒⠒⠊⠉⠉⠉⠉⠁
       0 s                                            15 s
├─ blue  ██████████░░░░░░░░░░ 1,500  emqx-blue, 3 of 3 ready
│  ├─ emqx-blue-0 ░░░░░░░░░░ drained
│  ├─ emqx-blue-1 █████░░░░░ 500 connections, 500 sessions, eva…
│  └─ emqx-blue-2 ██████████ 1,000 connections, 1,000 sessions
└─ green █████████░░░░░░░░░░░ 1,400  emqx-green, 3 of 3 ready
waiting for the blue nodes to be drained
evacuate emqx-blue-0 at 34/s
`);
  });

  test('is always as high and at most as wide as asked', () => {
    for (const view of [emptyView('mqtt/emqx'), viewOf(sampled(0, 10)), HALF]) {
      for (const height of [5, 8, 13, 16, 24, 40]) {
        for (const width of [40, 80, 132]) {
          const lines = frame(view, width, height).split('\n');
          expect(lines).toHaveLength(height);
          for (const line of lines) expect([...line].length).toBeLessThanOrEqual(width);
        }
      }
    }
  });

  test('shows a warning in place of what was done, until something is done again', () => {
    const warned = advance(HALF, { kind: 'warning', at: T0, text: 'the API server is away' });
    expect(frame(warned, 60, 24, marked).split('\n').at(-1)).toBe('<yellow>warning: the API server is away</>');
    const done = advance(warned, { kind: 'action', at: T0, text: 'scale' });
    expect(frame(done, 60, 24, marked).split('\n').at(-1)).toBe('<dim>scale</>');
  });

  test('escapes what comes from the cluster', () => {
    const text = frame(
      viewOf(sampled(0, 5, 0, { nodes: [{ ...node(0, 5), pod: 'em\u001b[2Jqx' }] }), {
        kind: 'warning',
        at: T0,
        text: 'declined:\n\u001b]0;x\u0007',
      }),
      80,
      24,
    );
    expect(text).toContain('em\\u{1b}[2Jqx');
    expect(text).toContain('warning: declined:\\u{a}\\u{1b}]0;x\\u{7}');
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});

describe('the view of a run', () => {
  test('keeps a long run within bounds: its begin, its end, and the order', () => {
    let view = emptyView('mqtt/emqx');
    for (let second = 0; second < 5_000; second++) view = advance(view, sampled(second, 5_000 - second));
    expect(view.samples.length).toBeLessThanOrEqual(1_000);
    expect([view.samples[0]!.at, view.samples.at(-1)!.at]).toEqual([T0, T0 + 4_999_000]);
    const times = view.samples.map((one) => one.at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('forgets what the last phase waited for', () => {
    const view = advance(HALF, { kind: 'phase', at: T0 + 20_000, phase: 'retire', resumed: false });
    expect([view.phase, view.waitingFor]).toEqual(['retire', undefined]);
  });
});

describe('a log', () => {
  test('has a line for each event, and one for samples in ten seconds', () => {
    const events: ProgressEvent[] = [
      { kind: 'phase', at: T0, phase: 'evacuate', resumed: true },
      sampled(0.1, 3_000),
      sampled(5, 2_600, 300),
      { kind: 'waiting', at: T0 + 6_000, text: 'the blue nodes to be drained' },
      sampled(11, 2_000, 950, { leftMs: 20_000 }),
      { kind: 'action', at: T0 + 12_345, text: 'evacuate emqx\u001b-blue-0' },
      { kind: 'warning', at: T0 + 100_000, text: 'try again' },
    ];
    const lines: (string | undefined)[] = [];
    let view = emptyView('mqtt/emqx');
    for (const event of events) {
      lines.push(logLine(event, view));
      view = advance(view, event);
    }
    expect(lines).toEqual([
      '    0.0 s  phase evacuate (resumed)',
      '    0.1 s  blue 3,000, green 0 connections',
      undefined,
      '    6.0 s  waiting for the blue nodes to be drained',
      '   11.0 s  blue 2,000, green 950 connections, about 20 s left',
      '   12.3 s  evacuate emqx\\u{1b}-blue-0',
      '  100.0 s  warning: try again',
    ]);
  });

  test('says nothing again that holds still', () => {
    const events: ProgressEvent[] = [
      { kind: 'waiting', at: T0, text: 'nodes' },
      { kind: 'warning', at: T0, text: 'no image' },
      { kind: 'waiting', at: T0 + 1_000, text: 'nodes' },
      { kind: 'warning', at: T0 + 1_000, text: 'no image' },
      { kind: 'action', at: T0 + 2_000, text: 'hold' },
      { kind: 'warning', at: T0 + 3_000, text: 'no image' },
    ];
    let view = emptyView('a/b');
    const lines = events.map((event) => {
      const line = logLine(event, view);
      view = advance(view, event);
      return line?.slice(11);
    });
    expect(lines).toEqual([
      'waiting for nodes',
      'warning: no image',
      undefined,
      undefined,
      'hold',
      'warning: no image',
    ]);
  });
});
