import type { ClusterObserver } from '../../../src/simulator/emqx/observer';
import { type Client, Fixture, nameOf } from './cluster-fixture';

const RATES = { conn_evict_rate: 10, sess_evict_rate: 10, wait_takeover: 5 };

const stateOf = async (fixture: Fixture, node = 0) => (await fixture.get(node, '/load_rebalance/status')).json;
const check = async (fixture: Fixture, node = 0) =>
  (await fixture.get(node, '/load_rebalance/availability_check')).status;

describe('the pace of an evacuation', () => {
  test('connections are evicted in bursts of the rate, one each second, the first at once', async () => {
    const evictions: number[] = [];
    const observer: ClusterObserver = { evicted: () => evictions.push(fixture.clock.now() - startedAt) };
    const fixture = await Fixture.booted({ observer });
    for (let i = 0; i < 25; i++) fixture.connect(0);
    const startedAt = fixture.clock.now();
    await fixture.start(0, RATES);
    await fixture.clock.advance(5_000);
    const expected = [...Array(10).fill(0), ...Array(10).fill(1000), ...Array(5).fill(2000)];
    expect(evictions).toEqual(expected);
  });

  test('figures are those before the eviction of a tick, and zero is seen one tick later', async () => {
    const fixture = await Fixture.booted();
    for (let i = 0; i < 25; i++) fixture.connect(0);
    await fixture.start(0, RATES);
    const seen: [string, number, number][] = [];
    for (let i = 0; i < 8; i++) {
      await fixture.clock.advance(500);
      const { state, stats } = await stateOf(fixture);
      const live = (await fixture.get(0, '/node_eviction/status')).json.stats.connections;
      seen.push([state, stats.current_connected, live]);
    }
    expect(seen).toEqual([
      ['evicting_conns', 25, 15],
      ['evicting_conns', 15, 5],
      ['evicting_conns', 15, 5],
      ['evicting_conns', 5, 0],
      ['evicting_conns', 5, 0],
      ['waiting_takeover', 0, 0],
      ['waiting_takeover', 0, 0],
      ['waiting_takeover', 0, 0],
    ]);
  });

  test('the next tick of session eviction starts when the batch is done', async () => {
    const moves: number[] = [];
    const fixture = await Fixture.booted({
      timings: { sessionMoveMs: 50 },
      observer: { sessionMoved: () => moves.push(fixture.clock.now() - startedAt) },
    });
    fixture.connectPersistent(0, 20);
    const startedAt = fixture.clock.now();
    await fixture.start(0, { ...RATES, conn_evict_rate: 100 });
    await fixture.clock.advance(20_000);
    const first = 1000 + 5000;
    expect(moves.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, i) => first + 50 * (i + 1)));
    expect(moves[10]).toBe(first + 500 + 1000 + 50);
  });

  test('the count of sessions stays that of the start until the first session tick, although clients came back elsewhere', async () => {
    const fixture = await Fixture.booted();
    const clients = fixture.connectPersistent(0, 10);
    await fixture.start(0, RATES);
    await fixture.clock.advance(2_000);
    for (const client of clients.slice(0, 6)) client.connect(1);
    await fixture.clock.advance(1_000);
    expect((await stateOf(fixture)).stats.current_sessions).toBe(10);
    expect((await fixture.get(0, '/node_eviction/status')).json.stats.sessions).toBe(4);
    await fixture.clock.advance(3_100);
    const { state, stats } = await stateOf(fixture);
    expect([state, stats.initial_sessions, stats.current_sessions]).toEqual(['evicting_sessions', 10, 4]);
  });

  test('an idle node still waits for takeovers, and is drained then', async () => {
    const states: string[] = [];
    const fixture = await Fixture.booted({ observer: { evacuationState: (_, state) => states.push(state) } });
    await fixture.start(0, RATES);
    await fixture.clock.advance(4_999);
    expect((await stateOf(fixture)).state).toBe('waiting_takeover');
    await fixture.clock.advance(2);
    expect((await stateOf(fixture)).state).toBe('prohibiting');
    expect(states).toEqual(['evicting_conns', 'waiting_takeover', 'evicting_sessions', 'prohibiting']);
  });

  test('clean-start sessions count from 4.4.24 on only', async () => {
    for (const [version, sessions] of [
      ['4.4.23', 3],
      ['4.4.24', 5],
    ] as const) {
      const fixture = await Fixture.booted({ version });
      fixture.connectPersistent(0, 3);
      for (let i = 0; i < 2; i++) fixture.connect(0, { cleanStart: true, sessionExpirySeconds: 600 });
      await fixture.start(0, RATES);
      expect((await stateOf(fixture)).stats).toMatchObject({ initial_connected: 5, initial_sessions: sessions });
      await fixture.clock.advance(30_000);
      expect((await stateOf(fixture)).state).toBe('prohibiting');
      expect(fixture.node(0).sessions.channels).toBe(5 - sessions);
    }
  });
});

describe('who is let in', () => {
  test('the health check is 503 from start to stop, through prohibiting, while /status stays 200', async () => {
    const fixture = await Fixture.booted();
    expect(await check(fixture)).toBe(200);
    await fixture.start(0, RATES);
    expect(await check(fixture)).toBe(503);
    await fixture.clock.advance(3_600_000);
    expect((await stateOf(fixture)).state).toBe('prohibiting');
    expect(await check(fixture)).toBe(503);
    expect((await fixture.get(0, '/status')).status).toBe(200);
    await fixture.stop(0);
    expect(await check(fixture)).toBe(200);
  });

  test('clients are refused from the start, and accepted again by a stop, also one for new rates', async () => {
    const fixture = await Fixture.booted();
    await fixture.start(0, { ...RATES, redirect_to: 'other:1883' });
    expect(fixture.connect(0).answer).toEqual({ accepted: false, reasonCode: 0x9c, serverReference: 'other:1883' });
    await fixture.stop(0);
    expect(fixture.connect(0).answer).toMatchObject({ accepted: true });
    await fixture.start(0, RATES);
    expect(fixture.connect(0).answer).toEqual({ accepted: false, reasonCode: 0x9c });
  });

  test('a second start is refused and changes nothing', async () => {
    const fixture = await Fixture.booted();
    await fixture.start(0, RATES);
    const answer = await fixture.start(0, { ...RATES, conn_evict_rate: 99 }, 1);
    expect(answer).toMatchObject({ status: 200, json: { code: 400, message: '["already_started"]' } });
    expect((await stateOf(fixture)).connection_eviction_rate).toBe(10);
  });
});

describe('recipients', () => {
  test('without any, sessions stay, figures are frozen, and it tries again each 30 s until the sessions expire', async () => {
    const fixture = await Fixture.booted({ nodes: 2 });
    const client = fixture.connect(0, { cleanStart: false, sessionExpirySeconds: 100 });
    fixture.connectPersistent(0, 1);
    await fixture.start(0, { ...RATES, migrate_to: [nameOf(1)] });
    await fixture.clock.advance(500);
    expect(client.isConnected).toBe(false);
    fixture.node(1).kill();
    await fixture.clock.advance(60_000);
    const status = await stateOf(fixture);
    expect(status).toMatchObject({
      state: 'evicting_sessions',
      session_recipients: [],
      stats: { current_sessions: 2 },
    });
    await fixture.clock.advance(3_700_000);
    expect((await stateOf(fixture)).state).toBe('prohibiting');
  });

  test('one that comes back is used at the next retry', async () => {
    const fixture = await Fixture.booted({ nodes: 2 });
    fixture.connectPersistent(0, 3);
    await fixture.start(0, { ...RATES, migrate_to: [nameOf(1)] });
    fixture.node(1).kill();
    await fixture.clock.advance(10_000);
    fixture.node(1).boot();
    await fixture.clock.advance(20_000);
    expect((await stateOf(fixture)).session_recipients).toEqual([nameOf(1)]);
    expect(fixture.node(0).sessions.evictable.size).toBe(3);
    await fixture.clock.advance(10_000);
    expect((await stateOf(fixture)).state).toBe('prohibiting');
    expect(fixture.node(1).sessions.channels).toBe(3);
  });

  test('one that is evacuated meanwhile drops out, and its sessions are moved again', async () => {
    const fixture = await Fixture.booted();
    fixture.connectPersistent(0, 30);
    await fixture.start(0, { ...RATES, conn_evict_rate: 100, wait_takeover: 1 });
    await fixture.clock.advance(2_500);
    expect(fixture.node(1).sessions.channels).toBeGreaterThan(0);
    await fixture.start(1, { ...RATES, wait_takeover: 1 });
    expect((await stateOf(fixture)).session_recipients).toEqual([nameOf(2)]);
    await fixture.clock.advance(30_000);
    expect(fixture.nodes.map(({ sessions }) => sessions.channels)).toEqual([0, 0, 30]);
  });

  test('when all nodes are evacuated nobody gets anywhere', async () => {
    const fixture = await Fixture.booted();
    for (let node = 0; node < 3; node++) fixture.connectPersistent(node, 5);
    for (let node = 0; node < 3; node++) await fixture.start(node, RATES);
    await fixture.clock.advance(600_000);
    for (let node = 0; node < 3; node++) {
      expect(await stateOf(fixture, node)).toMatchObject({ state: 'evicting_sessions', session_recipients: [] });
    }
    expect(fixture.nodes.map(({ sessions }) => sessions.channels)).toEqual([5, 5, 5]);
  });

  test('each session goes to one of them by chance', async () => {
    const fixture = await Fixture.booted();
    fixture.connectPersistent(0, 100);
    await fixture.start(0, { conn_evict_rate: 100, sess_evict_rate: 100, wait_takeover: 1 });
    await fixture.clock.advance(10_000);
    const [left, ...received] = fixture.nodes.map(({ sessions }) => sessions.channels);
    expect(left).toBe(0);
    for (const count of received) expect(count).toBeGreaterThan(25);
  });
});

describe('a node that moves sessions', () => {
  const busy = async () => {
    const fixture = await Fixture.booted({ timings: { sessionMoveMs: 200 } });
    fixture.connectPersistent(0, 100);
    await fixture.start(0, { conn_evict_rate: 100, sess_evict_rate: 100, wait_takeover: 1 });
    await fixture.clock.advance(2_100);
    return fixture;
  };
  /** One batch: 100 sessions of 200 ms each. */
  const LEFT_MS = 20_000 - 100;

  test('answers its status when the batch is done, and its live counts at any time', async () => {
    const fixture = await busy();
    const askedAt = fixture.clock.now();
    const { answeredAt, status } = await fixture.clock.run(async () => {
      expect((await fixture.get(0, '/node_eviction/status')).json.stats.sessions).toBe(100);
      expect(await check(fixture)).toBe(503);
      const status = await stateOf(fixture);
      return { status, answeredAt: fixture.clock.now() };
    });
    expect(answeredAt - askedAt).toBe(LEFT_MS);
    expect(status.stats).toMatchObject({ current_sessions: 100 });
  });

  test('is missing in the global status, which others answer after 15 s', async () => {
    const fixture = await busy();
    const askedAt = fixture.clock.now();
    await fixture.clock.run(async () => {
      const answer = await fixture.get(1, '/load_rebalance/global_status');
      expect(answer.json).toEqual({ evacuations: [], rebalances: [] });
      expect(fixture.clock.now() - askedAt).toBe(15_000);
    });
  });

  test('is stopped only after the batch', async () => {
    const fixture = await busy();
    await fixture.clock.run(async () => {
      expect((await fixture.stop(0, 1)).json).toEqual({ code: 0, data: [] });
    });
    expect(fixture.node(0).evacuation.state).toBe('disabled');
    expect(fixture.node(0).sessions.channels).toBe(0);
  });

  test('resets the connections of those who wait when it is killed; through another node it is a refusal', async () => {
    const fixture = await busy();
    await fixture.clock.run(async () => {
      const direct = fixture.stop(0);
      const indirect = fixture.stop(0, 1);
      fixture.node(0).kill();
      await expect(direct).rejects.toMatchObject({ code: 'reset' });
      expect((await indirect).json.message).toContain(`"'${nameOf(0)}'"]`);
    });
  });

  test('a request through a node that dies is reset, though it was carried out', async () => {
    const fixture = await busy();
    await fixture.clock.run(async () => {
      const asked = fixture.stop(0, 1);
      fixture.node(1).kill();
      await expect(asked).rejects.toMatchObject({ code: 'reset' });
    });
    expect(fixture.node(0).evacuation.state).toBe('disabled');
  });

  test('loses only what was not moved when it is killed', async () => {
    const lost: string[] = [];
    const fixture = await Fixture.booted({
      timings: { sessionMoveMs: 200 },
      observer: { sessionLost: (clientId) => lost.push(clientId) },
    });
    const clients = fixture.connectPersistent(0, 10);
    await fixture.start(0, { conn_evict_rate: 100, sess_evict_rate: 100, wait_takeover: 1 });
    await fixture.clock.advance(2_000 + 4 * 200 + 100);
    fixture.node(0).kill();
    expect(lost).toHaveLength(6);
    const present = (client: Client) => {
      const answer = client.connect(1);
      return answer.accepted && answer.sessionPresent;
    };
    expect(clients.filter(present)).toHaveLength(4);
  });
});

describe('a node that is restarted', () => {
  test('goes on evacuating from its volume, to any node, after it has let clients in for a while', async () => {
    const fixture = await Fixture.booted({ timings: { listenMs: 1_000, pluginsMs: 1_000 } });
    await fixture.start(0, { ...RATES, migrate_to: [nameOf(1)] });
    fixture.node(0).kill();
    fixture.node(0).boot();
    await fixture.clock.advance(1_500);
    expect((await fixture.get(0, '/load_rebalance/status')).status).toBe(404);
    expect((await fixture.get(0, '/node_eviction/status')).status).toBe(404);
    const client = fixture.connect(0);
    expect(client.isConnected).toBe(true);
    await fixture.clock.advance(1_000);
    expect(client.closes).toEqual([{ kind: 'evicted', reasonCode: 0x9c }]);
    const status = await stateOf(fixture);
    expect(status).toMatchObject({ state: 'evicting_conns', connection_eviction_rate: 10 });
    expect(status.session_recipients).toEqual([nameOf(2), nameOf(1)]);
  });

  test('knows nothing of it on a new volume, or after a stop', async () => {
    const fixture = await Fixture.booted();
    await fixture.start(0, RATES);
    const { dataDir } = fixture.node(0);
    expect(dataDir.evacuation).toContain('"conn_evict_rate" : 10');
    await fixture.stop(0);
    expect(dataDir).toEqual({});
    fixture.node(0).kill();
    fixture.node(0).boot();
    await fixture.clock.advance(10_000);
    expect(await stateOf(fixture)).toEqual({ status: 'disabled' });
  });

  test.each([
    ['nothing', ''],
    ['a truncated text', '{"conn_evict_rate'],
    ['an empty list', '[]'],
  ])('evacuates with defaults when the file holds %s', async (_, evacuation) => {
    const fixture = await Fixture.booted({ dataDirs: [{ evacuation }] });
    expect(await stateOf(fixture)).toMatchObject({ state: 'waiting_takeover', connection_eviction_rate: 500 });
  });

  test('refuses clients but has no API for it when the file holds values that crash the application', async () => {
    const fixture = await Fixture.booted({ dataDirs: [{ evacuation: '{"conn_evict_rate": -1}' }] });
    expect((await fixture.get(0, '/load_rebalance/status')).status).toBe(404);
    expect(fixture.connect(0).answer).toMatchObject({ accepted: false, reasonCode: 0x9c });
    expect((await fixture.start(0, RATES, 1)).json.message).toContain(nameOf(0));
  });

  test('a wait beyond what a timer takes crashes the application when it is reached', async () => {
    const fixture = await Fixture.booted();
    expect((await fixture.start(0, { wait_takeover: 1e12 })).json.code).toBe(0);
    await fixture.clock.advance(1);
    expect((await fixture.get(0, '/load_rebalance/status')).status).toBe(404);
    expect((await fixture.get(0, '/node_eviction/status')).json.status).toBe('enabled');
    expect(fixture.connect(0).answer).toMatchObject({ accepted: false });
  });
});
