import { Fixture, nameOf } from './cluster-fixture';

const listed = async (fixture: Fixture, via: number) =>
  ((await fixture.get(via, '/nodes')).json as { node: string; node_status: string; role: string }[]).map(
    ({ node, node_status, role }) => [node, node_status, role],
  );

describe('who is in a cluster of EMQX 5 and 6', () => {
  test('a core that has stopped stays in the list, and a replicant is gone', async () => {
    const fixture = await Fixture.booted({
      version: '5.8.9',
      each: (index) => ({ role: index === 2 ? 'replicant' : 'core' }),
    });
    expect(await listed(fixture, 0)).toEqual([
      [nameOf(0), 'running', 'core'],
      [nameOf(1), 'running', 'core'],
      [nameOf(2), 'running', 'replicant'],
    ]);
    fixture.node(2).kill();
    fixture.node(1).shutdown();
    await fixture.clock.advance(5_000);
    fixture.cluster.removeNode(nameOf(1));
    expect(await listed(fixture, 0)).toEqual([
      [nameOf(0), 'running', 'core'],
      [nameOf(1), 'stopped', 'core'],
    ]);
    expect(await fixture.get(0, `/nodes/${nameOf(1)}`)).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
  });

  test('a stopped core is forced out once, and a node cannot force out itself', async () => {
    const fixture = await Fixture.booted({ version: '5.8.9', nodes: 2 });
    fixture.node(1).kill();
    const leave = (name: string) => fixture.delete(0, `/cluster/${name}/force_leave`);
    expect(await leave(nameOf(1))).toMatchObject({ status: 204, body: '' });
    expect(await listed(fixture, 0)).toEqual([[nameOf(0), 'running', 'core']]);
    expect((await leave(nameOf(1))).json).toEqual({ code: 'BAD_REQUEST', message: 'node_not_in_cluster' });
    expect(await leave(nameOf(0))).toMatchObject({ status: 400, json: { message: "Can't leave self" } });
  });

  test('nodes of 5.8 and 6.2 form one cluster, in which sessions in memory move', async () => {
    const fixture = await Fixture.booted({ each: (index) => ({ version: index === 0 ? '5.8.9' : '6.2.0' }) });
    const device = fixture.connectPersistent(0, 1)[0]!;
    await fixture.start(0, { wait_health_check: 0, wait_takeover: 0, migrate_to: [nameOf(1)] }, 2);
    await fixture.clock.advance(5_000);
    expect((await fixture.get(0, '/load_rebalance/status')).json.state).toBe('prohibiting');
    expect(device.connect(1)).toMatchObject({ sessionPresent: true });
    expect(() => fixture.cluster.addNode({ name: 'x@y', version: '4.4.14', credentials: () => true })).toThrow(
      '4.4.14 cannot be in a cluster with 5.8.9',
    );
  });
});

describe('licenses of EMQX 5 and 6', () => {
  const late = async (license: 'community' | 'official', shared?: string) => {
    const fixture = await Fixture.booted({ version: '6.2.0', nodes: 1, each: () => ({ license: 'official' }) });
    if (shared) await fixture.post(0, '/license', { key: shared });
    const second = fixture.cluster.addNode({
      name: nameOf(1),
      version: '6.2.0',
      credentials: () => true,
      license,
    });
    const events: string[] = [];
    second.boot(
      () => events.push('listening'),
      (reason) => events.push(reason),
    );
    await fixture.clock.advance(10_000);
    return { fixture, events };
  };

  test.each([
    ['community', undefined, 'SINGLE_NODE_LICENSE'],
    ['official', undefined, 'listening'],
    ['community', 'evaluation', 'listening'],
    ['community', 'aGVsbG8=.d29ybGQ=', 'listening'],
    ['official', 'default', 'SINGLE_NODE_LICENSE'],
  ] as const)('a second node with a license %s, and one over the API %s: %s', async (license, shared, outcome) => {
    const { events } = await late(license, shared);
    expect(events).toEqual([outcome]);
  });

  test('a node that is refused is a member for 1.6 s, and the other serves on', async () => {
    const fixture = await Fixture.booted({ version: '6.2.0', nodes: 1 });
    const options = { name: nameOf(1), version: '6.2.0', credentials: () => true, license: 'community' } as const;
    fixture.cluster.addNode(options).boot();
    await fixture.clock.advance(2_000);
    expect((await listed(fixture, 0))[1]).toEqual([nameOf(1), 'running', 'core']);
    await fixture.clock.advance(200);
    expect(await listed(fixture, 0)).toEqual([
      [nameOf(0), 'running', 'core'],
      [nameOf(1), 'stopped', 'core'],
    ]);
    expect(fixture.connect(0).isConnected).toBe(true);
  });

  test('5.8 has no license of the community', async () => {
    const fixture = await Fixture.booted({ version: '5.8.9', each: () => ({ license: 'community' }) });
    expect(fixture.cluster.members).toHaveLength(3);
  });

  test('/license says which it is, and refuses what is no key', async () => {
    const fixture = await Fixture.booted({ version: '6.2.0', nodes: 1, licensedConnections: 500 });
    expect((await fixture.get(0, '/license')).json).toMatchObject({ type: 'official', max_sessions: 500 });
    expect(await fixture.post(0, '/license', { key: 'nonsense' })).toMatchObject({
      status: 400,
      json: { code: 'BAD_REQUEST' },
    });
    expect((await fixture.post(0, '/license', { key: 'evaluation' })).json).toMatchObject({
      type: 'evaluation',
      max_sessions: 25,
    });
  });

  test('a quota refuses with 0x97 on every node, but none who has a session; an evacuation with 0x9C', async () => {
    const fixture = await Fixture.booted({ version: '6.2.0', licensedConnections: 25 });
    const [device] = fixture.connectPersistent(0, 25);
    await fixture.clock.advance(5_000);
    expect(fixture.connect(1).answer).toMatchObject({ accepted: false, reasonCode: 0x97 });
    device!.channel?.close('lost');
    expect(device!.connect(1)).toMatchObject({ accepted: true, sessionPresent: true });
    await fixture.start(0, { wait_health_check: 0 });
    await fixture.clock.advance(100);
    expect(device!.connect(0)).toMatchObject({ accepted: false, reasonCode: 0x9c });
  });
});

describe('the bootstrap API key', () => {
  const upgraded = async (to: string) => {
    const fixture = await Fixture.booted({ version: '6.2.0', nodes: 1 });
    const green = fixture.cluster.addNode({ name: nameOf(1), version: to, credentials: () => true });
    green.boot();
    await fixture.clock.advance(5_000);
    return fixture;
  };

  test('is unreadable for nodes of 6.2 once a core of 6.3.0 has come up, until the file is read again', async () => {
    const fixture = await upgraded('6.3.0');
    expect(await fixture.get(0, '/nodes')).toMatchObject({ status: 401, json: { code: 'BAD_API_KEY_OR_SECRET' } });
    fixture.cluster.readBootstrapFile(fixture.node(0));
    expect((await fixture.get(0, '/nodes')).status).toBe(200);
  });

  test('stays readable with 6.3.1', async () => {
    const fixture = await upgraded('6.3.1');
    expect((await fixture.get(0, '/nodes')).status).toBe(200);
  });
});
