import type { Journal } from '../../src/upgrade';
import { reportOf } from '../../src/upgrade/report';
import { BLUE, GREEN, journal, T0 } from './fixtures';

const share = { pod: `${BLUE}-0`, connectionsPerSecond: 100, sessionsPerSecond: 100, wave: 0, offsetMs: 0 };

interface Counts {
  moved?: number;
  moving?: number;
}

describe('reportOf', () => {
  test('tells a finished run from its journal', () => {
    const finished = journal({
      phase: 'done',
      began: {
        claim: T0,
        pin: T0 + 100,
        apply: T0 + 600,
        green: T0 + 1_000,
        switch: T0 + 12_000,
        evacuate: T0 + 18_000,
        retire: T0 + 59_000,
        release: T0 + 63_000,
        done: T0 + 64_000,
      },
      to: { version: '4.4.15', set: GREEN, revision: 'r' },
      shares: [share],
      evacuation: { startedAt: T0 + 18_100, drainedAt: T0 + 59_000, lowerBoundMs: 37_670, connections: 3_000 },
      end: { connections: 2990, sessions: 3140, subscriptions: 3140 },
      peakPerSecond: 97,
      finishedAt: T0 + 64_000,
    });
    expect(reportOf(finished)).toEqual({
      outcome: 'completed',
      run: 'run-1',
      driver: 'pilot',
      from: { version: '4.4.14', set: BLUE },
      to: { version: '4.4.15', set: GREEN },
      durationMs: 64_000,
      phases: [
        { phase: 'claim', ms: 100 },
        { phase: 'pin', ms: 500 },
        { phase: 'apply', ms: 400 },
        { phase: 'green', ms: 11_000 },
        { phase: 'switch', ms: 6_000 },
        { phase: 'evacuate', ms: 41_000 },
        { phase: 'retire', ms: 4_000 },
        { phase: 'release', ms: 1_000 },
      ],
      evacuateMs: 40_900,
      lowerBoundMs: 37_670,
      ratio: 40_900 / 37_670,
      capPerSecond: 100,
      caps: [{ at: T0, perSecond: 100 }],
      peakDisconnectsPerSecond: 97,
      connections: 3000,
      sessions: 3150,
      subscriptions: 3150,
      after: { connections: 2990, sessions: 3140, subscriptions: 3140 },
      sessionsLost: 0,
      hasLosses: false,
      gates: [
        { id: 'connections', verdict: 'passed', before: 3000, after: 2990, least: 2970 },
        { id: 'subscriptions', verdict: 'passed', before: 3150, after: 3140, least: 3119 },
      ],
      incidents: [],
      shares: [share],
      pausedMs: 0,
    });
  });

  test('of a run by the operator alone has no evacuation of its own', () => {
    const native = journal({
      driver: 'operator',
      phase: 'done',
      began: { claim: T0, apply: T0 + 10, native: T0 + 500, done: T0 + 118_400 },
      to: { version: '4.4.15', set: GREEN },
      finishedAt: T0 + 118_400,
    });
    expect(reportOf(native)).toMatchObject({
      driver: 'operator',
      durationMs: 118_400,
      phases: [
        { phase: 'claim', ms: 10 },
        { phase: 'apply', ms: 490 },
        { phase: 'native', ms: 117_900 },
      ],
      evacuateMs: 0,
      lowerBoundMs: 0,
      shares: [],
      ratio: null,
      peakDisconnectsPerSecond: null,
      after: null,
      sessionsLost: null,
    });
  });

  test.each([
    ['the green set was built', 'green', {}, { moved: 0, movedBack: 0 }],
    ['devices were moved', 'evacuate', { moved: 2_067, moving: 2_010 }, { moved: 2_067, movedBack: 2_010 }],
    ['a node was silent', 'evacuate', { moving: 2_010 }, { moved: null, movedBack: 2_010 }],
    ['no device had reached green', 'evacuate', { moved: 0 }, { moved: 0, movedBack: 0 }],
  ] as const)('says what an abort moved back: %s', (_when, phase, { moved, moving }: Counts, rollback) => {
    const evacuation = { startedAt: T0, drainedAt: T0 + 20_000, lowerBoundMs: 20_000, moving, connections: 3_000 };
    const aborted = journal({
      phase: 'done',
      aborted: { at: T0 + 9_000, phase, moved },
      began: { claim: T0, [phase]: T0 + 1_000, return: T0 + 10_000, done: T0 + 40_000 },
      ...(moving !== undefined && { evacuation }),
    });
    expect(reportOf(aborted)).toMatchObject({ rollback, evacuateMs: moving === undefined ? 0 : 20_000 });
  });

  test('claims no evacuation that was not seen to end', () => {
    const open = journal({ phase: 'evacuate', evacuation: { startedAt: T0, lowerBoundMs: 1_000, connections: 3_000 } });
    expect(reportOf(open).evacuateMs).toBe(0);
  });

  test('follows every cap that held, and leaves pauses out', () => {
    // 1,000 at 100/s, a pause of 10 s, and 500 more at 50/s; then 5 s of waiting, and 1 s of sessions.
    const pace = [
      { at: T0, perSecond: 100 },
      { at: T0 + 15_000, perSecond: 0 },
      { at: T0 + 20_000, perSecond: 0 },
      { at: T0 + 25_000, perSecond: 50 },
    ];
    const evacuation = {
      startedAt: T0 + 5_000,
      drainedAt: T0 + 42_000,
      lowerBoundMs: 21_000,
      moving: 1_500,
      connections: 1_500,
    };
    const report = reportOf(journal({ phase: 'done', connectionCap: 50, evacuation, pace, pausedMs: 10_000 }));
    expect(report).toMatchObject({ evacuateMs: 37_000, lowerBoundMs: 26_000, ratio: 27_000 / 26_000 });
    expect(report.caps.map(({ perSecond }) => perSecond)).toEqual([100, 50]);
  });

  describe('sessions are lost', () => {
    const lost = (more: Partial<Journal>) => {
      const { sessionsLost, hasLosses } = reportOf(journal({ phase: 'done', ...more }));
      return { sessionsLost, hasLosses };
    };
    const end = (connections: number, sessions: number) => ({ end: { connections, sessions, subscriptions: null } });
    const incident = { kind: 'node-restarted' as const, at: T0, subjects: [], what: '' };

    test('when they are missing in the end', () => {
      expect(lost(end(3000, 3000))).toEqual({ sessionsLost: 150, hasLosses: true });
    });

    test('not with devices that are on their way, or left', () => {
      expect(lost(end(2900, 3050))).toEqual({ sessionsLost: 0, hasLosses: false });
    });

    test('not when a few of many have expired', () => {
      expect(lost(end(3000, 3130))).toEqual({ sessionsLost: 0, hasLosses: false });
    });

    test('with what went wrong, even where others have come', () => {
      const incidents = [{ ...incident, sessionsLost: 50 }, incident];
      expect(lost({ ...end(3100, 3250), incidents })).toEqual({ sessionsLost: 50, hasLosses: true });
    });

    test('or not, which nobody knows who did not look', () => {
      expect(lost({})).toEqual({ sessionsLost: null, hasLosses: false });
    });
  });
});
