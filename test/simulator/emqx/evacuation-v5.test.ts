import { Fixture, message, nameOf } from './cluster-fixture';

const VERSION = '5.8.9';
const FAST = { wait_health_check: 0, wait_takeover: 0, conn_evict_rate: 100, sess_evict_rate: 10 };

const statusOf = async (fixture: Fixture, node = 0) => (await fixture.get(node, '/load_rebalance/status')).json;

describe('an evacuation of EMQX 5 and 6', () => {
  test('waits 60 s for health checks by default: the check fails at once, and clients are still accepted', async () => {
    const fixture = await Fixture.booted({ version: VERSION });
    fixture.connect(0);
    await fixture.start(0, {});
    expect((await fixture.get(0, '/load_rebalance/availability_check')).status).toBe(503);
    await fixture.clock.advance(59_900);
    expect(await statusOf(fixture)).toMatchObject({ state: 'waiting_health_check', stats: { current_connected: 1 } });
    expect(fixture.connect(0).isConnected).toBe(true);
    await fixture.clock.advance(200);
    expect(await statusOf(fixture)).toMatchObject({
      state: 'evicting_conns',
      stats: { initial_connected: 1, current_connected: 2 },
    });
    expect(fixture.connect(0).answer).toMatchObject({ accepted: false, reasonCode: 0x9c });
  });

  test('a node that waits for health checks gets no sessions of another', async () => {
    const fixture = await Fixture.booted({ version: VERSION });
    await fixture.start(1, {});
    await fixture.start(0, FAST);
    expect((await statusOf(fixture)).session_recipients).toEqual([nameOf(2)]);
    expect((await fixture.start(2, { migrate_to: [nameOf(1)] })).json).toEqual({
      code: 'NOT_FOUND',
      message: `Nodes unavailable: ['${nameOf(1)}']`,
    });
  });

  test('an explicit list of recipients comes back reversed', async () => {
    const fixture = await Fixture.booted({ version: VERSION });
    await fixture.start(0, { migrate_to: [nameOf(1), nameOf(2)] });
    expect((await statusOf(fixture)).session_recipients).toEqual([nameOf(2), nameOf(1)]);
  });

  test('a restarted node resumes at evicting_conns without recipients of its own, and refuses clients from the start', async () => {
    const fixture = await Fixture.booted({ version: VERSION });
    fixture.connectPersistent(0, 5);
    await fixture.start(0, { ...FAST, wait_health_check: 30, wait_takeover: 5, migrate_to: [nameOf(1)] });
    const node = fixture.node(0);
    node.kill();
    let refusedAtOnce: unknown;
    node.boot(() => {
      refusedAtOnce = fixture.connect(0).answer;
    });
    await fixture.clock.advance(1_650);
    expect(refusedAtOnce).toMatchObject({ accepted: false, reasonCode: 0x9c });
    expect(await statusOf(fixture)).toMatchObject({
      state: 'waiting_takeover',
      connection_eviction_rate: 100,
      session_recipients: [nameOf(1), nameOf(2)],
      stats: { initial_connected: 0, initial_sessions: 0 },
    });
  });

  test('a restarted node that was not to wait for takeovers does not wait', async () => {
    const fixture = await Fixture.booted({ version: VERSION });
    await fixture.start(0, FAST);
    fixture.node(0).kill();
    fixture.node(0).boot();
    await fixture.clock.advance(3_000);
    expect((await statusOf(fixture)).state).toBe('prohibiting');
  });

  test('while a node is down its evacuation can neither be seen nor stopped', async () => {
    const fixture = await Fixture.booted({ version: VERSION });
    await fixture.start(0, FAST);
    fixture.node(0).kill();
    expect((await fixture.get(1, '/load_rebalance/global_status')).json.evacuations).toEqual([]);
    expect(await fixture.stop(0, 1)).toMatchObject({ status: 404, json: { message: `Node not found: ${nameOf(0)}` } });
  });

  test('a recipient that dies takes with it what was moved to it, and the rest goes to the other', async () => {
    const fixture = await Fixture.booted({ version: VERSION });
    const devices = fixture.connectPersistent(0, 60);
    for (const device of devices) device.channel?.close('normal');
    await fixture.start(0, FAST);
    await fixture.clock.advance(4_500);
    const moved = fixture.node(1).sessions.channels;
    expect(moved).toBeGreaterThan(10);
    fixture.node(1).kill();
    await fixture.clock.advance(10_000);
    expect(await statusOf(fixture)).toMatchObject({ state: 'prohibiting' });
    expect(fixture.node(2).sessions.channels).toBe(60 - moved);
  });

  test.each([
    ['5.8.9', true, 'evicting_sessions', []],
    ['5.9.0', false, 'prohibiting', ['not-moved']],
    ['6.2.0', false, 'prohibiting', ['not-moved']],
  ])('%s: of a session that its recipient refuses', async (version, isKept, state, losses) => {
    const lost: string[] = [];
    const fixture = await Fixture.booted({
      version,
      observer: { sessionLost: (_client, _node, why) => lost.push(why) },
    });
    const [device, other] = fixture.connectPersistent(0, 2);
    for (const each of [device!, other!]) each.channel?.close('normal');
    fixture.cluster.makeUnmovable(device!.request.clientId);
    await fixture.start(0, FAST);
    await fixture.clock.advance(60_000);
    expect(await statusOf(fixture)).toMatchObject({ state });
    expect(lost).toEqual(losses);
    expect(device!.connect(1)).toMatchObject({ accepted: true, sessionPresent: isKept });
    expect(other!.connect(1)).toMatchObject({ accepted: true, sessionPresent: true });
  });

  test('messages to sessions that move arrive once', async () => {
    const fixture = await Fixture.booted({ version: VERSION });
    const device = fixture.connect(0, { cleanStart: false, sessionExpirySeconds: 3600 });
    device.channel?.subscribe('t', 1);
    await fixture.start(0, FAST);
    fixture.node(1).publish(message('t', 'before'));
    await fixture.clock.advance(4_000);
    fixture.node(1).publish(message('t', 'after'));
    expect(device.connect(1)).toMatchObject({ sessionPresent: true });
    await fixture.clock.advance(1);
    expect(device.payloads).toEqual(['before', 'after']);
  });

  test.each([
    ['GET', 0, '/load_rebalance/status'],
    ['GET', 2, '/load_rebalance/global_status'],
    ['GET', 2, '/nodes'],
    ['GET', 2, `/nodes/${nameOf(1)}`],
    ['POST', 0, `/load_rebalance/${nameOf(0)}/evacuation/stop`],
    ['POST', 2, `/load_rebalance/${nameOf(2)}/evacuation/start`],
  ] as const)('%s on node %d of %s is answered when a frozen recipient thaws', async (method, node, path) => {
    const fixture = await Fixture.booted({ version: VERSION });
    await fixture.start(0, FAST);
    fixture.node(1).responsiveness.freeze(30_000);
    let answered = false;
    const asked = method === 'GET' ? fixture.get(node, path) : fixture.post(node, path, { migrate_to: [nameOf(1)] });
    void asked.then(() => {
      answered = true;
    });
    await fixture.clock.advance(29_000);
    expect(answered).toBe(false);
    await fixture.clock.advance(1_200);
    expect(answered).toBe(true);
    expect((await fixture.get(0, '/load_rebalance/availability_check')).status).toBe(
      method === 'GET' || node === 2 ? 503 : 200,
    );
  });

  test('the health check and the status of others are answered while a recipient is frozen', async () => {
    const fixture = await Fixture.booted({ version: VERSION });
    await fixture.start(0, FAST);
    fixture.node(1).responsiveness.freeze(30_000);
    expect((await fixture.get(0, '/load_rebalance/availability_check')).status).toBe(503);
    expect((await fixture.get(2, '/load_rebalance/status')).json).toEqual({ status: 'disabled' });
  });

  test('open source 5.8 has nothing to evacuate with', async () => {
    const fixture = await Fixture.booted({ version: VERSION, each: () => ({ openSource: true }) });
    expect((await fixture.start(0, {})).status).toBe(404);
    expect((await fixture.get(0, '/nodes')).json[0].edition).toBe('Opensource');
  });
});
