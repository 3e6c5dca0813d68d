import fc from 'fast-check';
import { ClientLedger } from '../../../src/simulator/clients/client-ledger';

/** A clock that is moved by hand. */
class HandClock {
  constructor(public time = 1_000_000) {}
  now(): number {
    return this.time;
  }
  sleep(): Promise<void> {
    throw new Error('a ledger does not sleep');
  }
}

function ledgerOf(clients: number, connected = clients) {
  const clock = new HandClock();
  const ledger = new ClientLedger(clock);
  for (let i = 0; i < clients; i++) ledger.register();
  for (let i = 0; i < connected; i++) ledger.connected(i);
  ledger.begin();
  return { clock, ledger };
}

describe('ClientLedger', () => {
  it('reports nothing when nothing happened', () => {
    const { clock, ledger } = ledgerOf(3);
    expect(ledger.report()).toEqual({
      clients: 3,
      disconnects: 0,
      disconnectsByCause: { evicted: 0, 'taken-over': 0, shutdown: 0 },
      disconnectsPerClient: { mean: 0, max: 0, histogram: [3] },
      refusedConnects: 0,
      refusedByReason: { 'tcp-refused': 0, rc3: 0, '0x9C': 0, '0x97': 0, timeout: 0 },
      refusedPerClientMax: 0,
      secondsOrigin: clock.now(),
      peakDisconnectsPerSecond: 0,
      peakReconnectsPerSecond: 0,
      slidingDisconnects: { in1s: 0, in100ms: 0 },
      slidingReconnects: { in1s: 0, in100ms: 0 },
      offlineMs: { p50: 0, p95: 0, max: 0 },
      offlineClientSeconds: 0,
      leastConnected: 3,
      sessionsKept: 0,
      sessionsLost: 0,
      messagesQueued: 0,
      messagesDelivered: 0,
      stillOffline: 0,
      gaveUp: 0,
      deaf: 0,
    });
  });

  it('follows a client through disconnects, refusals and reconnects', () => {
    const { clock, ledger } = ledgerOf(2);
    ledger.disconnected(0, 'evicted');
    clock.time += 1000;
    ledger.refused('rc3', 0);
    clock.time += 1000;
    ledger.refused('timeout', 0);
    ledger.refused('tcp-refused');
    clock.time += 500;
    ledger.connected(0);
    ledger.disconnected(0, 'shutdown');
    clock.time += 100;
    expect(ledger.report()).toMatchObject({
      disconnects: 2,
      disconnectsByCause: { evicted: 1, 'taken-over': 0, shutdown: 1 },
      disconnectsPerClient: { mean: 1, max: 2, histogram: [1, 0, 1] },
      refusedConnects: 3,
      refusedByReason: { 'tcp-refused': 1, rc3: 1, '0x9C': 0, '0x97': 0, timeout: 1 },
      refusedPerClientMax: 2,
      offlineMs: { p50: 100, p95: 2500, max: 2500 },
      offlineClientSeconds: 2.6,
      leastConnected: 1,
      stillOffline: 1,
    });
    expect(ledger.connectedNow).toBe(1);
  });

  it('tells an aligned second from a sliding one: bursts that last a while', () => {
    // Two nodes half a second apart, 10 clients a burst, 2 ms from one client to the next; the second of node a's
    // bursts comes 10 ms early, so that a sliding second holds parts of two.
    const { clock, ledger } = ledgerOf(40);
    const t0 = clock.time;
    let client = 0;
    for (const burst of [0, 500, 990, 1500]) {
      for (let i = 0; i < 10; i++) {
        clock.time = t0 + burst + 2 * i;
        ledger.disconnected(client++, 'evicted');
      }
    }
    const report = ledger.report();
    expect(report.secondsOrigin - t0).toBeGreaterThan(18);
    expect((report.secondsOrigin - t0) % 500).toBeGreaterThan(200);
    expect(report.peakDisconnectsPerSecond).toBe(20);
    expect(report.slidingDisconnects).toEqual({ in1s: 25, in100ms: 10 });
    // An origin in the middle of a burst would have told another story.
    expect(ledger.report(t0 + 10).peakDisconnectsPerSecond).toBe(25);
  });

  it('takes times that differ by a rounding error for equal', () => {
    const { clock, ledger } = ledgerOf(2);
    clock.time += 0.1 + 0.2;
    ledger.disconnected(0, 'evicted');
    clock.time += 999.9999999;
    ledger.disconnected(1, 'evicted');
    expect(ledger.report().slidingDisconnects.in1s).toBe(1);
  });

  it('takes percentiles by nearest rank, open outages with their length so far', () => {
    const { clock, ledger } = ledgerOf(20);
    for (let i = 0; i < 20; i++) ledger.disconnected(i, 'evicted');
    for (let i = 0; i < 19; i++) {
      clock.time += 100;
      ledger.connected(i);
    }
    clock.time += 5000;
    expect(ledger.report()).toMatchObject({ offlineMs: { p50: 1000, p95: 1900, max: 6900 }, stillOffline: 1 });
  });

  it('does not count a client that leaves by itself as disconnected', () => {
    const { clock, ledger } = ledgerOf(3);
    ledger.left(0);
    ledger.disconnected(1, 'evicted');
    clock.time += 700;
    ledger.left(1);
    clock.time += 9000;
    ledger.connected(0);
    expect(ledger.report()).toMatchObject({
      clients: 3,
      disconnects: 1,
      offlineMs: { max: 700 },
      leastConnected: 1,
      peakReconnectsPerSecond: 0,
      stillOffline: 0,
    });
  });

  it('ignores a disconnect of a client that is not connected', () => {
    const { ledger } = ledgerOf(1);
    ledger.disconnected(0, 'evicted');
    ledger.disconnected(0, 'shutdown');
    expect(ledger.report()).toMatchObject({ disconnects: 1, leastConnected: 0 });
  });

  it('counts clients that come new, but a device only once it is cut off after its return', () => {
    const { ledger } = ledgerOf(4, 2);
    ledger.connected(2);
    ledger.left(2);
    ledger.begin(); // 0 and 1 connected, 2 away, 3 never seen
    ledger.connected(2, true);
    expect(ledger.report().clients).toBe(2);
    ledger.connected(3);
    expect(ledger.report().clients).toBe(3);
    ledger.disconnected(2, 'evicted');
    expect(ledger.report()).toMatchObject({ clients: 4, disconnectsPerClient: { histogram: [3, 1] } });
  });

  it('counts each session once, and lost when it ever was', () => {
    const { ledger } = ledgerOf(3);
    for (const [client, present] of [
      [0, true],
      [0, true],
      [1, true],
      [1, false],
      [1, true],
      [2, undefined],
    ] as const) {
      ledger.disconnected(client, 'evicted');
      ledger.connected(client, present);
    }
    expect(ledger.report()).toMatchObject({ sessionsKept: 1, sessionsLost: 1 });
  });

  it('counts a queued message once however often it arrives, and keeps what waits at begin', () => {
    const { ledger } = ledgerOf(3, 0);
    ledger.queued(0);
    ledger.queued(1);
    ledger.delivered(1);
    ledger.begin();
    ledger.queued(2);
    ledger.queued(2);
    expect(ledger.report()).toMatchObject({ messagesQueued: 2, messagesDelivered: 0 });
    ledger.delivered(0);
    ledger.delivered(0);
    ledger.delivered(1);
    expect(ledger.report()).toMatchObject({ messagesQueued: 2, messagesDelivered: 1 });
  });

  it('forgets at begin what was before, except who is where', () => {
    const { clock, ledger } = ledgerOf(3);
    clock.time += 100;
    ledger.disconnected(0, 'evicted');
    ledger.disconnected(1, 'evicted');
    clock.time += 400;
    ledger.connected(0, false);
    ledger.refused('rc3', 1);
    ledger.begin();
    clock.time += 50;
    expect(ledger.report()).toMatchObject({
      clients: 3,
      disconnects: 0,
      refusedConnects: 0,
      refusedPerClientMax: 0,
      leastConnected: 2,
      offlineMs: { max: 50 },
      sessionsLost: 0,
      stillOffline: 1,
    });
  });

  it('grows with its clients, and forgets none', () => {
    const { ledger } = ledgerOf(1000);
    ledger.disconnected(999, 'evicted');
    for (let i = 0; i < 4000; i++) ledger.connected(ledger.register());
    ledger.disconnected(4999, 'evicted');
    expect(ledger.report()).toMatchObject({
      clients: 5000,
      disconnectsPerClient: { histogram: [4998, 2] },
      stillOffline: 2,
    });
  });

  it('agrees with a list of everything that happened', () => {
    const event = fc.record({
      client: fc.integer({ min: 0, max: 7 }),
      kind: fc.constantFrom('connected', 'disconnected', 'left'),
      waitMs: fc.integer({ min: 0, max: 700 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), (events) => {
        const { clock, ledger } = ledgerOf(8, 5);
        const state = Array.from({ length: 8 }, (_, i): 'new' | 'up' | 'down' | 'away' => (i < 5 ? 'up' : 'new'));
        const since: number[] = [];
        const outages: number[] = [];
        const times = { disconnects: [] as number[], reconnects: [] as number[] };
        const perClient = new Array<number>(8).fill(0);
        let least = 5;
        const known = new Set([0, 1, 2, 3, 4]);
        for (const { client, kind, waitMs } of events) {
          clock.time += waitMs;
          const before = state[client];
          if (kind === 'disconnected') {
            ledger.disconnected(client, 'evicted');
            if (before !== 'up') continue;
            state[client] = 'down';
            since[client] = clock.time;
            times.disconnects.push(clock.time);
            perClient[client]!++;
            known.add(client);
          } else {
            ledger[kind](client);
            if (before === 'down') outages.push(clock.time - since[client]!);
            if (kind === 'connected') {
              if (before === 'down') times.reconnects.push(clock.time);
              if (before === 'new') known.add(client);
            }
            state[client] = kind === 'connected' ? 'up' : 'away';
          }
          least = Math.min(least, state.filter((s) => s === 'up').length);
        }
        state.forEach((s, client) => {
          if (s === 'down') outages.push(clock.time - since[client]!);
        });
        const report = ledger.report();
        const { histogram } = report.disconnectsPerClient;
        expect(histogram).toEqual(
          Array.from(
            { length: Math.max(...perClient) + 1 },
            (_, n) => [...known].filter((c) => perClient[c] === n).length,
          ),
        );
        const worst = (all: number[], window: number) =>
          Math.max(0, ...all.map((from) => all.filter((t) => t >= from && t < from + window).length));
        expect(report).toMatchObject({
          clients: known.size,
          disconnects: times.disconnects.length,
          leastConnected: least,
          stillOffline: state.filter((s) => s === 'down').length,
          offlineClientSeconds: outages.reduce((a, b) => a + b, 0) / 1000,
          slidingDisconnects: { in1s: worst(times.disconnects, 1000), in100ms: worst(times.disconnects, 100) },
          slidingReconnects: { in1s: worst(times.reconnects, 1000), in100ms: worst(times.reconnects, 100) },
        });
        expect(report.offlineMs.max).toBe(Math.max(0, ...outages));
        expect(ledger.connectedNow).toBe(state.filter((s) => s === 'up').length);
      }),
    );
  });
});
