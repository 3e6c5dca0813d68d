import { renderUpgradeReport } from '../../../src/cli/render/upgrade-report';
import type { UpgradeReport } from '../../../src/upgrade';
import { BLUE, GREEN, T0 } from '../../upgrade/fixtures';
import { plain } from './fixtures';

const REPORT: UpgradeReport = {
  outcome: 'completed',
  run: '4.4.15-1',
  driver: 'pilot',
  from: { version: '4.4.14', set: BLUE },
  to: { version: '4.4.15', set: GREEN },
  durationMs: 57_100,
  phases: [
    { phase: 'claim', ms: 120 },
    { phase: 'evacuate', ms: 41_000 },
  ],
  evacuateMs: 40_900,
  lowerBoundMs: 37_670,
  ratio: 40_900 / 37_670,
  capPerSecond: 1_000,
  caps: [{ at: T0, perSecond: 1_000 }],
  peakDisconnectsPerSecond: 998,
  connections: 3_000,
  sessions: 3_300,
  subscriptions: 6_600,
  after: { connections: 3_000, sessions: 3_300, subscriptions: 6_600 },
  sessionsLost: 0,
  hasLosses: false,
  gates: [
    { id: 'connections', verdict: 'passed', before: 3_000, after: 3_000, least: 2_970 },
    { id: 'subscriptions', verdict: 'passed', before: 6_600, after: 6_600, least: 6_534 },
  ],
  incidents: [],
  shares: [0, 1].map((index) => ({
    pod: `${BLUE}-${index}`,
    connectionsPerSecond: 500,
    sessionsPerSecond: 50,
    wave: index,
    offsetMs: 0,
  })),
  pausedMs: 0,
};

const rendered = (report: UpgradeReport) => renderUpgradeReport('mqtt/emqx', report, { style: plain, width: 80 });

describe('the report of an upgrade', () => {
  test('tells what was done, how fast, and how long it took', () => {
    expect(`\n${rendered(REPORT)}\n`).toBe(`
mqtt/emqx: 4.4.14 → 4.4.15, completed
driver      pilot
from        4.4.14, emqx-blue
to          4.4.15, emqx-green
began with  3,000 connections, 3,300 sessions, 6,600 subscriptions
ended with  3,000 connections, 3,300 sessions, 6,600 subscriptions
gate        connections back: passed, 3,000 of 3,000, at least 2,970
gate        subscriptions back: passed, 6,600 of 6,600, at least 6,534
evacuation  40.9 s, lower bound 37.7 s (× 1.086)
cap         1,000 disconnects/s in the whole cluster
peak        998 disconnects/s, as far as observed
duration    57.1 s
  claim     120 ms
  evacuate  41 s

node         disconnects/s  sessions/s  wave
emqx-blue-0            500          50     1
emqx-blue-1            500          50     2
`);
  });

  test('claims no rate that the operator alone did not keep', () => {
    const phases = [{ phase: 'native' as const, ms: 118_000 }];
    const text = rendered({ ...REPORT, driver: 'operator', phases, evacuateMs: 0, ratio: null, shares: [] });
    expect(text).toContain('driver      operator alone\n');
    expect(text).not.toMatch(/cap|evacuation|node/);
    expect(text.split('\n').at(-1)).toBe('  native    1 min 58 s');
  });

  test('with losses says so, and what went wrong', () => {
    const incidents: UpgradeReport['incidents'] = [
      {
        kind: 'node-restarted',
        at: T0 + 20_000,
        subjects: [`${BLUE}-1`],
        what: `the broker in ${BLUE}-1 started fresh: 713 connections ended at once, and at least the sessions of 78 devices that were away are gone`,
        sessionsLost: 78,
      },
      { kind: 'api-away', at: T0 + 30_000, endedAt: T0 + 45_000, subjects: [], what: 'the API server did not answer' },
    ];
    const after = { connections: 3_000, sessions: 3_222, subscriptions: null };
    const text = rendered({ ...REPORT, after, sessionsLost: 78, hasLosses: true, incidents });
    expect(text.split('\n')[0]).toBe('mqtt/emqx: 4.4.14 → 4.4.15, completed with losses');
    expect(text).toContain('\nended with  3,000 connections, 3,222 sessions\n');
    expect(text).toContain('\nlost        at least 78 sessions\n');
    expect(text.slice(text.indexOf('incidents'))).toBe(`incidents
  2026-01-01T00:00:20Z  the broker in emqx-blue-1 started fresh: 713 connections
                        ended at once, and at least the sessions of 78 devices
                        that were away are gone (78 sessions lost)
  2026-01-01T00:00:30Z  the API server did not answer (over after 15 s)`);
  });

  test('says of each gate whether it was passed, and what is not known', () => {
    const text = rendered({
      ...REPORT,
      gates: [
        { id: 'connections', verdict: 'not passed', before: 3_000, after: 2_000, least: 2_970 },
        { id: 'subscriptions', verdict: 'unknown', before: null, after: null, least: null },
        { id: 'mqtt31', verdict: 'not passed', before: 3, after: 70, most: 21 },
      ],
    });
    expect(text).toContain('\ngate        no more with MQTT 3.1: not passed, 70 after 3, at most 21\n');
    expect(text).toContain('\ngate        connections back: not passed, 2,000 of 3,000, at least 2,970\n');
    expect(text).toContain('\ngate        subscriptions back: unknown, not counted before and in the end\n');
  });

  test('follows the caps, and does not know what nobody saw', () => {
    const caps = [100, 50].map((perSecond, index) => ({ at: T0 + index, perSecond }));
    const text = rendered({
      ...REPORT,
      caps,
      peakDisconnectsPerSecond: null,
      connections: null,
      sessions: null,
      subscriptions: null,
      after: null,
    });
    expect(text).toContain('\ncap         100, then 50 disconnects/s in the whole cluster\n');
    expect(text).toContain('\nbegan with  unknown connections, unknown sessions\n');
    expect(text).not.toMatch(/peak|ended with|lost/);
  });

  test('tells of a way back, and of a pause', () => {
    const lines = rendered({
      ...REPORT,
      outcome: 'aborted',
      rollback: { moved: 2_067, movedBack: null },
      pausedMs: 90_000,
    }).split('\n');
    expect(lines[0]).toBe('mqtt/emqx: 4.4.14 → 4.4.15, aborted');
    expect(lines).toContain('rollback    2,067 devices had been moved, unknown were moved back');
    expect(lines).toContain('paused      1 min 30 s');
  });

  test('says nothing that a terminal would obey', () => {
    const text = rendered({ ...REPORT, to: { version: '4\u0007', set: 'g\u001b[2J' } });
    expect(text).toContain('to          4\\u{7}, g\\u{1b}[2J\n');
  });
});
