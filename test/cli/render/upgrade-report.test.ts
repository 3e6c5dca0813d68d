import { renderUpgradeReport } from '../../../src/cli/render/upgrade-report';
import type { UpgradeReport } from '../../../src/upgrade';
import { BLUE, GREEN } from '../../upgrade/fixtures';
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
  capPerSecond: 1_000,
  connections: 3_000,
  sessions: 3_300,
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
began with  3,000 connections, 3,300 sessions
evacuation  40.9 s, lower bound 37.7 s (× 1.086)
cap         1,000 disconnects/s in the whole cluster
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
    const text = rendered({ ...REPORT, driver: 'operator', phases, evacuateMs: 0, lowerBoundMs: 0, shares: [] });
    expect(text).toContain('driver      operator alone\n');
    expect(text).not.toMatch(/cap|evacuation|node/);
    expect(text.split('\n').at(-1)).toBe('  native    1 min 58 s');
  });

  test('tells of a way back, and of a pause', () => {
    const lines = rendered({ ...REPORT, outcome: 'aborted', pausedMs: 90_000 }).split('\n');
    expect(lines[0]).toBe('mqtt/emqx: 4.4.14 → 4.4.15, aborted');
    expect(lines).toContain('paused      1 min 30 s');
  });

  test('says nothing that a terminal would obey', () => {
    const text = rendered({ ...REPORT, to: { version: '4\u0007', set: 'g\u001b[2J' } });
    expect(text).toContain('to          4\\u{7}, g\\u{1b}[2J\n');
  });
});
