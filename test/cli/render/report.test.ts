import { renderReport } from '../../../src/cli/render/report';
import type { RunReport } from '../../../src/simulator/run-report';
import { marked, plain } from './fixtures';

/** The figures measured with EMQX Operator 2.2.29 and three nodes of EMQX 4.4. */
const PILOT: RunReport = {
  outcome: 'completed',
  driver: 'pilot',
  durationMs: 57_100,
  evacuateMs: 40_900,
  lowerBoundMs: 37_670,
  capPerSecond: 100,
  peakDisconnectsPerSecond: 100,
  peakReconnectsPerSecond: 111,
  clients: 3_000,
  disconnectsPerClient: { mean: 1, max: 1, histogram: [0, 3_000] },
  refusedConnects: 0,
  sessionsMoved: 300,
  sessionsKept: 300,
  sessionsLost: 0,
  offlineMs: { p50: 1_000, p95: 1_200, max: 1_400 },
  seconds: { from: 0, stepMs: 1_000, connected: [], disconnects: [], reconnects: [], refused: [] },
  deaf: 0,
  stillOffline: 0,
  lost: [],
};
const OPERATOR: RunReport = {
  ...PILOT,
  driver: 'operator',
  durationMs: 118_400,
  evacuateMs: 0,
  lowerBoundMs: 0,
  peakDisconnectsPerSecond: 1_856,
  peakReconnectsPerSecond: 1_388,
  disconnectsPerClient: { mean: 1.4506, max: 3, histogram: [0, 1_769, 1_110, 121] },
  refusedConnects: 1_770,
  sessionsMoved: 0,
  sessionsKept: 0,
  sessionsLost: 300,
};

describe('the report', () => {
  test('stands beside the run by the operator alone', () => {
    expect(`\n${renderReport(PILOT, [OPERATOR], { style: plain, width: 76 })}\n`).toBe(`
                        pilot                     operator alone
outcome                 completed                 completed
duration                57.1 s                    1 min 58 s
evacuation              40.9 s                    –
  lower bound           37.7 s (× 1.086)          –
peak disconnects/s      100, cap 100              1,856, cap 100
peak reconnects/s       111                       1,388
refused connects        0                         1,770
sessions moved          300                       0
sessions lost           0                         300
clients                 3,000                     3,000
disconnects per client  1.000, at most 1          1.451, at most 3
  0 times               ░░░░░░░░░░░░ 0            ░░░░░░░░░░░░ 0
  once                  ████████████ 3,000        ███████░░░░░ 1,769
  2 times               ░░░░░░░░░░░░ 0            ████░░░░░░░░ 1,110
  3 times               ░░░░░░░░░░░░ 0            █░░░░░░░░░░░ 121
`);
  });

  test('says why the operator alone cannot, where it cannot', () => {
    const text = renderReport(PILOT, [{ outcome: 'cannot', driver: 'operator', reason: 'it would wait for ever' }], {
      style: plain,
      width: 76,
    });
    const lines = text.split('\n');
    expect(lines[1]).toMatch(/^outcome +completed +cannot$/);
    expect(lines[2]).toMatch(/^duration +57\.1 s +–$/);
    expect(lines.slice(-2)).toEqual(['', 'The operator alone cannot: it would wait for ever']);
  });

  test('stands beside a rolling restart, too, or the reason why there is none', () => {
    const rolling = { ...OPERATOR, driver: 'rolling' } as const;
    const text = renderReport(PILOT, [OPERATOR, rolling], { style: plain, width: 100 });
    expect(text).toMatch(/^ +pilot +operator alone +rolling restart\n/);
    expect(text.split('\n').every((line) => line.length <= 100)).toBe(true);
    const none = { outcome: 'cannot', driver: 'rolling', reason: 'nothing rolls' } as const;
    expect(renderReport(PILOT, [none], { style: plain, width: 100 })).toMatch(
      /\nA rolling restart cannot: nothing rolls$/,
    );
  });

  test('stands alone where there is nothing beside it', () => {
    const lines = renderReport(PILOT, [], { style: plain, width: 76 }).split('\n');
    expect(lines[0]!.trim()).toBe('pilot');
    expect(lines.at(-1)).toBe('  once                  ████████████ 3,000');
  });

  test('paints red what devices noticed and need not have', () => {
    const text = renderReport(PILOT, [OPERATOR], { style: marked, width: 200 });
    expect(text).toContain('<green>100, cap 100</>');
    expect(text).toContain('<red>1,856, cap 100</>');
    expect(text).toMatch(/sessions lost +<green>0<\/> +<red>300<\/>/);
    expect(text).toMatch(/refused connects +<green>0<\/> +<red>1,770<\/>/);
    expect(text).toContain('<red>1.451, at most 3</>');
  });

  test('says which devices are lost, by whom, why, and what keeps them; and which receive nothing', () => {
    const lost = { devices: 'mosquitto-mqtt5', ending: 'disconnect', count: 60 } as const;
    const text = renderReport(
      { ...PILOT, stillOffline: 60, lost: [lost] },
      [
        {
          ...OPERATOR,
          deaf: 30,
          stillOffline: 1_090,
          lost: [
            { ...lost, count: 40 },
            { devices: 'mqtt.js@5.16', ending: 'refusal', count: 1_000 },
            { devices: 'mine', ending: 'failures', count: 1 },
          ],
        },
      ],
      { style: plain, width: 100 },
    );
    expect(text).toMatch(/^connected, but deaf +0 +30$/m);
    expect(text).toMatch(/^never back +60 +1,041$/m);
    expect(text).toMatch(/^still offline +0 +49$/m);
    expect(text.slice(text.indexOf('\n\n'))).toBe(`

Devices that never come back
libmosquitto 2.0.11 (Debian 12) with MQTT 5 (pilot 60, operator alone 40): the DISCONNECT of an
eviction ends them, so no way of evicting can keep them.
  → run the program again whatever its exit status is (systemd Restart=always), or use MQTT 3.1.1,
  or libmosquitto 2.0.15 or newer
MQTT.js 5.16 (operator alone 1,000): one refused CONNECT ended them.
  → set reconnectOnConnackError: true
mine (operator alone 1): they gave up after failed attempts.
operator alone: 30 of the connected devices receive nothing, because their subscription was lost
with their session and their library does not subscribe again.
docs/devices.md has what each library does, and what to set`);
  });
});
