import { Fixture, message } from './cluster-fixture';

const PERSISTENT = { cleanStart: false, sessionExpirySeconds: 3600 } as const;

describe('a session without its client', () => {
  test('keeps what arrives, and hands it over on whatever node the client comes back', async () => {
    const fixture = await Fixture.booted();
    const client = fixture.connect(0, PERSISTENT);
    client.channel!.subscribe('a/b', 1);
    client.channel!.close('normal');
    fixture.node(2).publish(message('a/b', 'first'));
    fixture.node(1).publish(message('a/b', 'second', 0));
    expect(client.connect(1)).toMatchObject({ accepted: true, sessionPresent: true });
    expect(client.deliveries).toEqual([]);
    await fixture.clock.advance(1);
    expect(client.payloads).toEqual(['first', 'second']);
    expect(client.deliveries.map(({ qos, dup, packetId }) => [qos, dup, packetId])).toEqual([
      [1, false, 1],
      [0, false, undefined],
    ]);
    expect(fixture.nodes.map(({ sessions }) => sessions.channels)).toEqual([0, 1, 0]);
  });

  test('holds 1000 messages and drops the oldest for more', async () => {
    const fixture = await Fixture.booted();
    const client = fixture.connect(0, PERSISTENT);
    client.channel!.subscribe('t', 1);
    client.channel!.close('lost');
    for (let i = 0; i < 1003; i++) fixture.node(0).publish(message('t', `${i}`));
    client.connect(0);
    await fixture.clock.advance(1);
    expect(client.payloads).toEqual(Array.from({ length: 1000 }, (_, i) => `${i + 3}`));
  });

  test('sends 32 unacknowledged messages again as duplicates, and no more than 32 at once', async () => {
    const fixture = await Fixture.booted();
    const client = fixture.connect(0, PERSISTENT);
    client.channel!.subscribe('t', 1);
    client.acknowledges = false;
    for (let i = 0; i < 40; i++) fixture.node(0).publish(message('t', `${i}`));
    expect(client.deliveries).toHaveLength(32);
    client.channel!.close('lost');
    client.deliveries.length = 0;
    client.connect(1);
    await fixture.clock.advance(1);
    expect(client.deliveries.map(({ dup }) => dup)).toEqual(Array(32).fill(true));
    for (let id = 1; id <= 32; id++) client.channel!.acknowledge(id);
    expect(client.payloads.slice(32)).toEqual(['32', '33', '34', '35', '36', '37', '38', '39']);
    expect(client.deliveries.at(-1)).toMatchObject({ dup: false });
  });

  test.each([
    ['MQTT 5, by its own interval', { protocolVersion: 5, ...PERSISTENT } as const, 3_600],
    ['MQTT 3.1.1, after two hours', { protocolVersion: 4, cleanStart: false } as const, 7_200],
  ])('expires: %s', async (_, request, seconds) => {
    const lost: unknown[] = [];
    const fixture = await Fixture.booted({ observer: { sessionLost: (...told) => lost.push(told[2]) } });
    const client = fixture.connect(0, request);
    await fixture.clock.advance(seconds * 2_000);
    expect(client.isConnected).toBe(true);
    client.channel!.close('normal');
    await fixture.clock.advance(seconds * 1_000 - 1);
    expect(fixture.node(0).sessions.channels).toBe(1);
    await fixture.clock.advance(2);
    expect(fixture.node(0).sessions.channels).toBe(0);
    expect(lost).toEqual(['expired']);
    expect(client.connect(0)).toMatchObject({ sessionPresent: false });
  });

  test('waits its full expiry again after an evacuation moved it', async () => {
    const fixture = await Fixture.booted({ nodes: 2 });
    const client = fixture.connect(0, { cleanStart: false, sessionExpirySeconds: 60 });
    client.channel!.close('normal');
    await fixture.clock.advance(50_000);
    await fixture.start(0, { wait_takeover: 1 });
    await fixture.clock.advance(40_000);
    expect(fixture.node(1).sessions.channels).toBe(1);
    await fixture.clock.advance(25_000);
    expect(fixture.node(1).sessions.channels).toBe(0);
  });

  test('with an interval of 0xFFFFFFFF never expires', async () => {
    const fixture = await Fixture.booted();
    fixture.connect(0, { cleanStart: false, sessionExpirySeconds: 0xffffffff }).channel!.close('normal');
    await fixture.clock.advance(1e12);
    expect(fixture.node(0).sessions.channels).toBe(1);
  });

  test('ends with a clean start, and with its connection when it has no expiry', async () => {
    const fixture = await Fixture.booted();
    const client = fixture.connect(0, PERSISTENT);
    client.channel!.subscribe('t', 1);
    client.channel!.close('normal');
    expect(client.connect(1, { cleanStart: true, sessionExpirySeconds: 0 })).toMatchObject({ sessionPresent: false });
    fixture.node(0).publish(message('t', 'nobody listens'));
    client.channel!.close('lost');
    expect(client.deliveries).toEqual([]);
    expect(fixture.nodes.map(({ sessions }) => sessions.channels)).toEqual([0, 0, 0]);
  });

  test('is lost with its node, on SIGTERM as on SIGKILL', async () => {
    for (const end of ['shutdown', 'kill'] as const) {
      const lost: unknown[] = [];
      const fixture = await Fixture.booted({ observer: { sessionLost: (...told) => lost.push(told[2]) } });
      const client = fixture.connect(0, PERSISTENT);
      fixture.node(0)[end]();
      expect(client.closes).toEqual([{ kind: 'shutdown' }]);
      expect(lost).toEqual(['node-ended']);
      expect(client.connect(1)).toMatchObject({ sessionPresent: false });
    }
  });
});

describe('one client id twice', () => {
  test('the second connection takes the session over, and the first hears of it', async () => {
    const fixture = await Fixture.booted();
    const first = fixture.connect(0, {
      ...PERSISTENT,
      clientId: 'x',
      will: { ...message('will', 'w'), delaySeconds: 0 },
    });
    first.channel!.subscribe('t', 1);
    const channel = first.channel!;
    const watcher = fixture.connect(2);
    watcher.channel!.subscribe('#', 0);
    const second = fixture.connect(1, { ...PERSISTENT, clientId: 'x' });
    expect(second.answer).toMatchObject({ sessionPresent: true });
    expect(first.closes).toEqual([{ kind: 'taken-over', reasonCode: 0x8e }]);
    channel.publish(message('t', 'from the past'));
    channel.close('lost');
    fixture.node(0).publish(message('t', 'now'));
    expect(second.payloads).toEqual(['now']);
    expect(watcher.payloads).toEqual(['now']);
  });
});

describe('a will', () => {
  const scene = async (delaySeconds: number, protocolVersion: 4 | 5 = 5) => {
    const fixture = await Fixture.booted();
    const watcher = fixture.connect(2);
    watcher.channel!.subscribe('will/+', 0);
    const will = { ...message('will/x', 'gone'), delaySeconds };
    const client = fixture.connect(0, { ...PERSISTENT, protocolVersion, will });
    return { fixture, watcher, client };
  };

  test.each([
    ['at once without a delay', 0, 5, 0],
    ['at once for MQTT 3.1.1, which has no delay', 15, 4, 0],
    ['after its delay', 15, 5, 15_000],
  ] as const)('is published when the client is evicted: %s', async (_, delaySeconds, version, delayMs) => {
    const { fixture, watcher } = await scene(delaySeconds, version);
    await fixture.start(0, {});
    await fixture.clock.advance(delayMs === 0 ? 1 : delayMs - 1);
    if (delayMs > 0) expect(watcher.payloads).toEqual([]);
    await fixture.clock.advance(2);
    expect(watcher.payloads).toEqual(['gone']);
  });

  test('that waits is dropped when the session is moved', async () => {
    const { fixture, watcher } = await scene(15);
    await fixture.start(0, { wait_takeover: 2 });
    await fixture.clock.advance(60_000);
    expect(fixture.node(0).evacuation.state).toBe('prohibiting');
    expect(watcher.payloads).toEqual([]);
    await fixture.clock.advance(3_600_000);
    expect(fixture.node(1).sessions.channels + fixture.node(2).sessions.channels).toBe(1);
    expect(watcher.payloads).toEqual([]);
  });

  test('that waits is dropped when the client comes back', async () => {
    const { fixture, watcher, client } = await scene(15);
    client.channel!.close('lost');
    await fixture.clock.advance(5_000);
    client.connect(1, { will: undefined as never });
    await fixture.clock.advance(60_000);
    expect(watcher.payloads).toEqual([]);
  });

  test('waits no longer than the session', async () => {
    const fixture = await Fixture.booted();
    const watcher = fixture.connect(2);
    watcher.channel!.subscribe('will', 0);
    const will = { ...message('will', 'gone'), delaySeconds: 600 };
    fixture.connect(0, { cleanStart: false, sessionExpirySeconds: 10, will }).channel!.close('lost');
    await fixture.clock.advance(10_001);
    expect(watcher.payloads).toEqual(['gone']);
  });

  test('is dropped by a DISCONNECT', async () => {
    const { fixture, watcher, client } = await scene(0);
    client.channel!.close('normal');
    await fixture.clock.advance(60_000);
    expect(watcher.payloads).toEqual([]);
  });
});

describe('the license', () => {
  test('is asked before the evacuation, goes by figures up to 5 s old, and lets a tenth more in', async () => {
    const fixture = await Fixture.booted({ licensedConnections: 100 });
    for (let i = 0; i < 120; i++) fixture.connect(i % 3);
    expect(fixture.cluster.liveConnections).toBe(120);
    await fixture.clock.advance(5_000);
    await fixture.start(0, {});
    expect(fixture.connect(0).answer).toEqual({ accepted: false, reasonCode: 0x97 });
    await fixture.clock.advance(5_000);
    expect(fixture.cluster.liveConnections).toBe(80);
    expect(fixture.connect(0).answer).toEqual({ accepted: false, reasonCode: 0x9c });
  });

  test('is exact up to 25', async () => {
    const fixture = await Fixture.booted({ licensedConnections: 10 });
    for (let i = 0; i < 10; i++) expect(fixture.connect(0).isConnected).toBe(true);
    await fixture.clock.advance(5_000);
    expect(fixture.connect(0).answer).toMatchObject({ reasonCode: 0x97 });
  });
});
