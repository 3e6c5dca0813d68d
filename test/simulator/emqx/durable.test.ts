import { type Client, Fixture, type FixtureOptions, message, nameOf } from './cluster-fixture';

const durable = (options: FixtureOptions = {}) =>
  Fixture.booted({ version: '5.8.9', durableSessions: { shards: 4 }, ...options });

const FAST = { wait_health_check: 0, wait_takeover: 0, conn_evict_rate: 100, sess_evict_rate: 10 };

function sleepers(fixture: Fixture, node: number, count: number): Client[] {
  const devices = fixture.connectPersistent(node, count);
  devices.forEach((device, index) => {
    device.channel?.subscribe(`t/${index}`, 1);
    device.channel?.close('lost');
  });
  return devices;
}

const publishTo = (fixture: Fixture, node: number, count: number, payload: string) => {
  const publisher = fixture.connect(node);
  for (let i = 0; i < count; i++) publisher.channel?.publish(message(`t/${i}`, payload));
};

async function sitesOf(fixture: Fixture, via: number): Promise<string[]> {
  const ids = (await fixture.get(via, '/ds/sites')).json as string[];
  const sites = await Promise.all(
    ids.map(async (id) => [(await fixture.get(via, `/ds/sites/${id}`)).json.node, id] as const),
  );
  return [0, 1, 2].map((index) => sites.find(([node]) => node === nameOf(index))?.[1] ?? '');
}

const shardsOf = async (fixture: Fixture, via: number, storage = 'messages') =>
  (await fixture.get(via, `/ds/storages/${storage}`)).json.shards as {
    replicas: { site: string; status: string }[];
    transitions?: { site: string; transition: string }[];
  }[];

describe('durable sessions', () => {
  test('are on a node only while their client is connected, and are opened anywhere', async () => {
    const fixture = await durable();
    const [device] = sleepers(fixture, 0, 1);
    expect(fixture.node(0).sessions.channels).toBe(0);
    expect(device!.connect(2)).toMatchObject({ sessionPresent: true });
    expect(fixture.node(2).sessions.channels).toBe(1);
  });

  test('survive their node, and keep what was published to them', async () => {
    const fixture = await durable();
    const [device] = fixture.connectPersistent(1, 1);
    device!.channel?.subscribe('t/0', 1);
    fixture.node(1).kill();
    publishTo(fixture, 0, 1, 'meanwhile');
    expect(device!.connect(2)).toMatchObject({ sessionPresent: true });
    await fixture.clock.advance(1);
    expect(device!.payloads).toEqual(['meanwhile']);
  });

  test('that sleep are in the count of every node, so that no evacuation ends before they are back', async () => {
    const fixture = await durable();
    const devices = sleepers(fixture, 1, 20);
    await fixture.clock.advance(5_000);
    expect((await fixture.get(0, '/monitor_current')).json.disconnected_durable_sessions).toBe(20);
    await fixture.start(0, FAST);
    await fixture.clock.advance(60_000);
    expect((await fixture.get(0, '/load_rebalance/status')).json).toMatchObject({
      state: 'evicting_sessions',
      stats: { initial_sessions: 20, current_sessions: 20, current_connected: 0 },
    });
    expect((await fixture.get(0, '/node_eviction/status')).json.stats).toEqual({ connections: 0, sessions: 20 });
    expect((await fixture.get(0, '/nodes')).json[0]).toMatchObject({ connections: 0, live_connections: 0 });
    for (const device of devices) device.connect(2);
    await fixture.clock.advance(6_500);
    expect((await fixture.get(0, '/load_rebalance/status')).json.state).toBe('prohibiting');
  });

  test('are only disconnected by an evacuation', async () => {
    const moved: string[] = [];
    const fixture = await durable({ observer: { sessionMoved: (client) => moved.push(client) } });
    const devices = fixture.connectPersistent(0, 5);
    await fixture.start(0, FAST);
    await fixture.clock.advance(1_500);
    for (const device of devices) expect(device.connect(1)).toMatchObject({ sessionPresent: true });
    await fixture.clock.advance(10_000);
    expect(moved).toEqual([]);
    expect((await fixture.get(0, '/load_rebalance/status')).json.state).toBe('prohibiting');
  });

  test('of EMQX 5 are not found by EMQX 6', async () => {
    const lost: string[] = [];
    const fixture = await durable({
      nodes: 2,
      each: (index) => ({ version: index === 0 ? '5.8.9' : '6.2.0' }),
      observer: { sessionLost: (_client, _node, why) => lost.push(why) },
    });
    const [device] = sleepers(fixture, 0, 1);
    expect(device!.connect(1)).toMatchObject({ accepted: true, sessionPresent: false });
    expect(lost).toEqual(['other-storage-format']);
  });

  test('are in memory where durable sessions are disabled: there are sites, and no storages', async () => {
    const fixture = await Fixture.booted({ version: '5.8.9' });
    sleepers(fixture, 0, 1);
    expect(fixture.node(0).sessions.channels).toBe(1);
    expect((await fixture.get(0, '/ds/sites')).json).toHaveLength(3);
    expect((await fixture.get(0, '/ds/storages')).json).toEqual([]);
    expect((await fixture.put(0, '/ds/storages/messages/replicas', [])).status).toBe(404);
  });
});

describe('shards of the durable storage', () => {
  test.each([
    ['5.8.9', ['messages']],
    ['6.2.0', ['messages', 'sessions', 'shared_subs', 'timers']],
  ])('%s: all are on the first core', async (version, storages) => {
    const fixture = await durable({ version });
    const [first] = await sitesOf(fixture, 1);
    expect((await fixture.get(1, '/ds/storages')).json).toEqual(storages);
    for (const storage of storages) {
      for (const { replicas } of await shardsOf(fixture, 1, storage))
        expect(replicas).toEqual([{ site: first, status: 'up' }]);
    }
  });

  test('replicants are no sites', async () => {
    const fixture = await durable({ each: (index) => ({ role: index === 2 ? 'replicant' : 'core' }) });
    expect((await fixture.get(0, '/ds/sites')).json).toHaveLength(2);
  });

  test('move one after the other, and say so meanwhile', async () => {
    const fixture = await durable();
    const [first, second, third] = await sitesOf(fixture, 0);
    const answer = await fixture.put(0, '/ds/storages/messages/replicas', [second, third]);
    expect(answer).toMatchObject({ status: 202, body: 'OK' });
    await fixture.clock.advance(2_000);
    const [moved, ...waiting] = await shardsOf(fixture, 0);
    expect(moved!.transitions).toBeUndefined();
    expect(moved!.replicas.map(({ site }) => site).sort()).toEqual([second, third].sort());
    expect(waiting[0]!.transitions).toEqual(
      expect.arrayContaining([
        { site: second, transition: 'joining' },
        { site: third, transition: 'joining' },
        { site: first, transition: 'leaving' },
      ]),
    );
    await fixture.clock.advance(4_000);
    expect((await shardsOf(fixture, 0)).filter(({ transitions }) => transitions)).toEqual([]);
    expect((await fixture.get(0, `/ds/sites/${first}`)).json).toMatchObject({ shards: [], up: true });
  });

  test.each([
    [['NOSUCHSITE'], 'Unknown sites: NOSUCHSITE'],
    [[], 'Replica sets would become too small'],
    ['nonsense', undefined],
  ])('cannot go to %j', async (sites, reason) => {
    const fixture = await durable();
    const answer = await fixture.put(0, '/ds/storages/messages/replicas', sites);
    expect(answer.status).toBe(reason ? 400 : 415);
    if (reason) expect(answer.json).toEqual({ code: 400, message: reason });
  });

  test('one site is added and removed', async () => {
    const fixture = await durable();
    const [first, second] = await sitesOf(fixture, 0);
    expect((await fixture.put(0, `/ds/storages/messages/replicas/${second}`, undefined)).status).toBe(202);
    await fixture.clock.advance(10_000);
    expect((await fixture.get(0, '/ds/storages/messages/replicas')).json).toEqual([first, second].sort());
    expect((await fixture.delete(0, `/ds/storages/messages/replicas/${first}`)).status).toBe(202);
    await fixture.clock.advance(10_000);
    expect((await fixture.get(0, '/ds/storages/messages/replicas')).json).toEqual([second]);
    expect((await fixture.delete(0, `/ds/storages/messages/replicas/${first}`)).status).toBe(404);
  });

  test('are lost in silence with their last replica: what is published is acknowledged, and gone', async () => {
    const fixture = await durable();
    const devices = sleepers(fixture, 1, 8);
    publishTo(fixture, 1, 8, 'before');
    fixture.node(0).kill();
    publishTo(fixture, 1, 8, 'meanwhile');
    for (const device of devices) expect(device.connect(2)).toMatchObject({ sessionPresent: true });
    await fixture.clock.advance(100);
    expect(devices.flatMap(({ payloads }) => payloads)).toEqual([]);
    expect((await shardsOf(fixture, 1))[0]!.replicas).toEqual([expect.objectContaining({ status: 'down' })]);
    fixture.node(0).boot();
    await fixture.clock.advance(5_000);
    expect(devices.flatMap(({ payloads }) => payloads)).toEqual(Array.from({ length: 8 }, () => 'before'));
  });

  test('of EMQX 6 hold the sessions, too: none can be opened', async () => {
    const fixture = await durable({ version: '6.2.0' });
    const [device] = sleepers(fixture, 1, 1);
    fixture.node(0).kill();
    expect(device!.connect(1)).toMatchObject({ accepted: false, reasonCode: 0x88 });
    expect(fixture.connect(1).isConnected).toBe(true);
    fixture.node(0).boot();
    await fixture.clock.advance(5_000);
    expect(device!.connect(1)).toMatchObject({ accepted: true, sessionPresent: true });
  });

  test('that were moved in time are not lost with the node', async () => {
    const fixture = await durable({ version: '6.2.0' });
    const [, second, third] = await sitesOf(fixture, 0);
    const devices = sleepers(fixture, 0, 8);
    publishTo(fixture, 0, 8, 'before');
    for (const storage of ['messages', 'sessions', 'shared_subs', 'timers']) {
      await fixture.put(0, `/ds/storages/${storage}/replicas`, [second, third]);
    }
    await fixture.clock.advance(30_000);
    fixture.node(0).kill();
    publishTo(fixture, 1, 8, 'after');
    for (const device of devices) expect(device.connect(2)).toMatchObject({ sessionPresent: true });
    await fixture.clock.advance(100);
    for (const { payloads } of devices) expect(payloads).toEqual(['before', 'after']);
  });

  test('wait for a site that is down, and a site stays with its volume', async () => {
    const fixture = await durable();
    const [first, second] = await sitesOf(fixture, 0);
    fixture.node(1).kill();
    await fixture.put(0, '/ds/storages/messages/replicas', [second]);
    await fixture.clock.advance(60_000);
    expect((await shardsOf(fixture, 0))[0]!.replicas.map(({ site }) => site)).toEqual([first]);
    fixture.node(1).boot();
    await fixture.clock.advance(60_000);
    expect((await shardsOf(fixture, 0))[0]!.replicas).toEqual([{ site: second, status: 'up' }]);
  });

  test('of a node that was forced out are lost', async () => {
    const fixture = await durable();
    fixture.node(0).kill();
    await fixture.delete(1, `/cluster/${nameOf(0)}/force_leave`);
    expect((await shardsOf(fixture, 1))[0]!.replicas).toEqual([expect.objectContaining({ status: 'lost' })]);
  });

  test('of three replicas need two', async () => {
    const fixture = await durable({ durableSessions: { shards: 2, sites: 3 } });
    const [device] = sleepers(fixture, 0, 1);
    fixture.node(0).kill();
    publishTo(fixture, 2, 1, 'kept');
    fixture.node(1).kill();
    publishTo(fixture, 2, 1, 'lost');
    fixture.node(1).boot();
    await fixture.clock.advance(5_000);
    device!.connect(2);
    await fixture.clock.advance(1);
    expect(device!.payloads).toEqual(['kept']);
  });
});
