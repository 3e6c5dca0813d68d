import { reportOf } from '../../src/upgrade/report';
import { BLUE, GREEN, journal, T0 } from './fixtures';

const share = { pod: `${BLUE}-0`, connectionsPerSecond: 100, sessionsPerSecond: 100, wave: 0, offsetMs: 0 };

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
      capPerSecond: 100,
      connections: 3000,
      sessions: 3150,
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
    });
  });

  test('claims no evacuation that was not seen to end', () => {
    const open = journal({ phase: 'evacuate', evacuation: { startedAt: T0, lowerBoundMs: 1_000, connections: 3_000 } });
    expect(reportOf(open).evacuateMs).toBe(0);
  });
});
