import { renderStatus } from '../../../src/cli/render/upgrade-status';
import type { RunStatus, UpgradeStatus } from '../../../src/upgrade';
import { BLUE, T0 } from '../../upgrade/fixtures';
import { marked, plain, sample } from './fixtures';

const RUN: RunStatus = {
  id: '4.4.15-1',
  driver: 'pilot',
  phase: 'evacuate',
  phaseSince: T0 - 12_000,
  startedAt: T0 - 60_000,
  from: '4.4.14',
  to: '4.4.15',
  connectionCap: 1_000,
  paused: false,
  aborted: false,
};

const AT_REST: UpgradeStatus = {
  cluster: 'emqx',
  namespace: 'mqtt',
  state: 'at-rest',
  version: '4.4.14',
  lease: undefined,
  run: undefined,
  beside: [],
  sample: sample(0, 3_000, undefined, {
    phase: 'done',
    nodes: [0, 1].map((index) => ({
      pod: `${BLUE}-${index}`,
      connections: 1_500,
      sessions: 1_600,
      seenAt: T0,
      unreachable: null,
      evacuating: false,
      drained: false,
    })),
  }),
};

const UPGRADING: UpgradeStatus = {
  ...AT_REST,
  state: 'upgrading',
  lease: { holder: 'alice@laptop 7-abc', live: true, acquiredAt: T0 - 60_000, expiresAt: T0 + 20_000, leftMs: 20_000 },
  run: RUN,
  sample: sample(0, 1_000, 2_000, { leftMs: 15_000 }),
};

const rendered = (status: UpgradeStatus, style = plain, width = 80) =>
  renderStatus(status, 'emqx-blue-green resume emqx -n mqtt', { style, width });
const head = (status: UpgradeStatus) => rendered(status).split('\n\n')[0]!.split('\n');

describe('the status', () => {
  test('of a cluster at rest is its nodes', () => {
    expect(`\n${rendered(AT_REST)}\n`).toBe(`
mqtt/emqx, EMQX 4.4.14: at rest

└─ blue  ████████████████████ 3,000  emqx-blue, 3 of 3 ready
   ├─ emqx-blue-0 ██████████ 1,500 connections, 1,600 sessions
   └─ emqx-blue-1 ██████████ 1,500 connections, 1,600 sessions
`);
  });

  test('of an upgrade is where it stands, and who drives it', () => {
    expect(`\n${rendered(UPGRADING)}\n`).toBe(`
mqtt/emqx, EMQX 4.4.14: an upgrade is under way
4.4.14 → 4.4.15, at most 1,000 disconnects/s, begun at 2025-12-31T23:59:00Z
phase evacuate for 12 s, about 15 s left
driven by alice@laptop 7-abc since 2025-12-31T23:59:00Z

├─ blue  ██████████░░░░░░░░░░ 1,000  emqx-blue, 3 of 3 ready
└─ green ████████████████████ 2,000  emqx-green, 3 of 3 ready
`);
  });

  test('of one with adaptive pacing has the rate of the moment beside the cap', () => {
    const line = (ratePerSecond: number) =>
      head({ ...UPGRADING, sample: { ...UPGRADING.sample, ratePerSecond } })[1]!.split(', begun')[0];
    expect(line(640)).toBe('4.4.14 → 4.4.15, at most 1,000 disconnects/s (adaptive 640/s)');
    expect(line(0)).toBe('4.4.14 → 4.4.15, at most 1,000 disconnects/s (halted until devices reconnect)');
  });

  test.each([[undefined], [{ holder: 'alice', live: false, acquiredAt: T0, expiresAt: T0 - 1, leftMs: -1 }]])(
    'of an upgrade that nobody drives says how to go on: lease %j',
    (lease) => {
      expect(head({ ...UPGRADING, lease }).at(-1)).toBe(
        'no process drives it; to resume, run: emqx-blue-green resume emqx -n mqtt',
      );
    },
  );

  test('of an upgrade by the operator promises no rate', () => {
    expect(head({ ...UPGRADING, run: { ...RUN, driver: 'operator', phase: 'native' } })[1]).toBe(
      '4.4.14 → 4.4.15, by the operator alone, begun at 2025-12-31T23:59:00Z',
    );
  });

  test('tells of a pause, and of the way back', () => {
    const stands = (run: Partial<RunStatus>, more = {}) =>
      head({ ...UPGRADING, ...more, run: { ...RUN, ...run }, sample: sample(0, 1_000, 2_000) });
    expect(stands({ paused: true })[2]).toBe('phase evacuate for 12 s, paused');
    expect(stands({ aborted: true, phase: 'return' })[1]).toBe(
      '4.4.14 → 4.4.15, at most 1,000 disconnects/s, begun at 2025-12-31T23:59:00Z, aborted and rolling back',
    );
    expect(stands({ aborted: true, phase: 'done', phaseSince: T0 }, { state: 'at-rest' })[1]).toBe(
      'last upgrade: 4.4.14 → 4.4.15, aborted at 2026-01-01T00:00:00Z',
    );
  });

  test('after an upgrade tells when it was', () => {
    expect(head({ ...AT_REST, run: { ...RUN, phase: 'done', phaseSince: T0 } })).toEqual([
      'mqtt/emqx, EMQX 4.4.14: at rest',
      'last upgrade: 4.4.14 → 4.4.15, done at 2026-01-01T00:00:00Z',
    ]);
  });

  test.each([
    ['waiting', 'the operator has created new nodes and is held: the next upgrade uses them'],
    ['native', 'the operator upgrades on its own'],
    ['unsettled', 'not at rest: emqx-blue-green check shows why'],
  ] as const)('of a cluster that is %s', (state, text) => {
    expect(head({ ...AT_REST, state })).toEqual([`mqtt/emqx, EMQX 4.4.14: ${text}`]);
  });

  test('names the cores beside replicants, to which devices may be connected, too', () => {
    const node = { ...AT_REST.sample.nodes[0]!, pod: 'emqx-core-a-0', connections: 40, sessions: 45 };
    const { pod: _, ...load } = node;
    const beside = [{ ...load, role: 'core' as const, set: 'emqx-core-a', ready: 1, replicas: 1, nodes: [node] }];
    expect(
      rendered({ ...AT_REST, beside })
        .split('\n')
        .slice(-3),
    ).toEqual([
      '',
      'emqx-core-a: 1 of 1 cores ready, 40 connections, 45 sessions',
      '  emqx-core-a-0  40 connections, 45 sessions',
    ]);
  });

  test('has lines as wide as there is room, in their colours', () => {
    const lines = rendered(UPGRADING, marked, 30).split('\n').slice(-2);
    expect(lines).toEqual(['<blue>├─ blue  ██████████░░░░░░░░░░…</>', '<green>└─ green ████████████████████…</>']);
  });

  test('says nothing that a terminal would obey', () => {
    const text = rendered({ ...UPGRADING, version: '4\u0007', lease: { ...UPGRADING.lease!, holder: 'a\u001b[2J' } });
    expect(text).toContain('EMQX 4\\u{7}:');
    expect(text).toContain('driven by a\\u{1b}[2J since');
  });
});
