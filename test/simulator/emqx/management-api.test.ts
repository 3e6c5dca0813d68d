import { AUTHORIZATION, Fixture, nameOf } from './cluster-fixture';

describe('the management API of an enterprise node', () => {
  test('lists evacuations as an array with the node names', async () => {
    const fixture = await Fixture.booted();
    await fixture.start(1, { conn_evict_rate: 5, migrate_to: [nameOf(2)] });
    await fixture.clock.advance(1);
    const { json } = await fixture.get(0, '/load_rebalance/global_status');
    expect(json).toEqual({
      evacuations: [
        {
          node: nameOf(1),
          state: 'waiting_takeover',
          connection_eviction_rate: 5,
          session_eviction_rate: 500,
          connection_goal: 0,
          session_goal: 0,
          session_recipients: [nameOf(2)],
          stats: { initial_connected: 0, current_connected: 0, initial_sessions: 0, current_sessions: 0 },
        },
      ],
      rebalances: [],
    });
  });

  test.each([
    ['4.4.16', '["already_started"]', `"'${nameOf(2)}'"]`],
    ['4.4.17', 'already_started', `Error communicating with node '${nameOf(2)}'`],
  ])('says errors of state as its version does: %s', async (version, already, communication) => {
    const fixture = await Fixture.booted({ version });
    await fixture.start(0, {});
    expect((await fixture.start(0, {})).json).toEqual({ code: 400, message: already });
    fixture.node(2).kill();
    const { json } = await fixture.stop(2, 0);
    expect(json.code).toBe(400);
    expect(json.message.endsWith(communication)).toBe(true);
  });

  test.each([
    ['4.4.23', 401],
    ['4.4.24', 200],
  ])('asks for credentials at the health check before 4.4.24: %s', async (version, status) => {
    const fixture = await Fixture.booted({ version });
    const path = '/api/v4/load_rebalance/availability_check';
    expect(await fixture.node(0).handle({ method: 'GET', path, headers: {} })).toMatchObject({ status });
  });

  test('does not decode the path, so only a raw @ names a node', async () => {
    const fixture = await Fixture.booted();
    const encoded = nameOf(0).replace('@', '%40');
    const { status, json } = await fixture.post(0, `/load_rebalance/${encoded}/evacuation/start`, {});
    expect([status, json]).toEqual([200, { code: 400, message: `invalid node: ${encoded}` }]);
    expect(await fixture.get(0, `/nodes/${encoded}`)).toMatchObject({ status: 404, body: 'Not found.' });
  });

  test.each([
    [{ conn_evict_rate: 0 }, 'invalid conn_evict_rate value'],
    [{ sess_evict_rate: '10' }, 'invalid sess_evict_rate value'],
    [{ wait_takeover: 0 }, 'invalid wait_takeover value'],
    ['{"wait_takeover": 5.0}', 'invalid wait_takeover value'],
    [{ wait_health_check: 60 }, 'Unknown evacuation param: {<<"wait_health_check">>,60}'],
    [{ migrate_to: [] }, 'no available nodes list in migrate_to: []'],
    [{ migrate_to: ['nobody@nowhere'] }, 'invalid node: nobody@nowhere'],
    [{ migrate_to: [nameOf(1), 'emqx'] }, 'unavailable nodes in migrate_to: [emqx]'],
  ])('refuses %j', async (body, refusal) => {
    const fixture = await Fixture.booted();
    const { status, json } = await fixture.post(0, `/load_rebalance/${nameOf(0)}/evacuation/start`, body);
    expect([status, json]).toEqual([200, { code: 400, message: refusal }]);
    expect(fixture.node(0).evacuation.state).toBe('disabled');
  });

  test('tells connections as a string for a node that starts or ends, and leaves out one that is gone', async () => {
    const fixture = await Fixture.booted();
    const connections = async () => {
      const { json } = await fixture.get(0, '/nodes');
      return json.data.map((node: { node: string; connections: unknown }) => [node.node, node.connections]);
    };
    fixture.connect(2);
    expect(await connections()).toEqual([
      [nameOf(2), 1],
      [nameOf(1), 0],
      [nameOf(0), 0],
    ]);
    fixture.node(2).shutdown();
    expect(await connections()).toContainEqual([nameOf(2), 'undefined']);
    await fixture.clock.advance(5_000);
    expect(await connections()).toHaveLength(2);
    expect((await fixture.get(0, `/nodes/${nameOf(2)}`)).json).toEqual({
      code: 0,
      data: { node: nameOf(2), error: 'nodedown' },
    });
    expect((await fixture.get(0, `/nodes/${nameOf(2)}/stats`)).json).toEqual({ message: 'nodedown' });
    fixture.node(2).boot();
    await fixture.clock.advance(1_000);
    expect(await connections()).toContainEqual([nameOf(2), 'undefined']);
    await fixture.clock.advance(1_000);
    expect(await connections()).toContainEqual([nameOf(2), 0]);
  });

  test('tells live connections in /nodes from 4.4.19 on, sessions as connections always', async () => {
    for (const [version, live] of [
      ['4.4.18', undefined],
      ['4.4.19', 1],
    ] as const) {
      const fixture = await Fixture.booted({ version });
      fixture.connect(0);
      for (const client of fixture.connectPersistent(0, 2)) client.channel!.close('normal');
      const { json } = await fixture.get(0, `/nodes/${nameOf(0)}`);
      expect([json.data.connections, json.data.live_connections]).toEqual([3, live]);
    }
  });

  test('serves figures for Prometheus without credentials, up to 2 s old', async () => {
    const fixture = await Fixture.booted();
    fixture.connect(0);
    for (const client of fixture.connectPersistent(0, 2)) client.channel!.close('normal');
    await fixture.clock.advance(2_000);
    fixture.connect(0);
    const path = '/api/v4/emqx_prometheus?type=prometheus';
    const { body, headers } = await fixture.node(0).handle({ method: 'GET', path, headers: {} });
    expect(headers['content-type']).toBe('text/plain');
    for (const line of ['emqx_connections_count 3', 'emqx_live_connections_count 1', 'emqx_sessions_count 3']) {
      expect(body).toContain(`\n${line}\n`);
    }
  });

  test('tells its license, which an open node has not', async () => {
    const licensed = await Fixture.booted({ licensedConnections: 5000 });
    expect((await licensed.get(0, '/license')).json.data.max_connections).toBe(5000);
    const open = await Fixture.booted({ profile: 'open-4.4' });
    expect((await open.get(0, '/license')).status).toBe(404);
  });

  test('takes no wrong credentials, and none of another scheme', async () => {
    const fixture = await Fixture.booted();
    for (const authorization of ['', 'Basic YWRtaW46d3Jvbmc=', 'Bearer x', AUTHORIZATION.replace('Basic', 'Digest')]) {
      const answer = await fixture.node(0).handle({ method: 'GET', path: '/api/v4/nodes', headers: { authorization } });
      expect(answer).toMatchObject({ status: 401, body: 'UNAUTHORIZED' });
    }
  });

  test('answers nobody before it listens', async () => {
    const fixture = await Fixture.booted();
    fixture.node(0).kill();
    const ask = () => fixture.node(0).handle({ method: 'GET', path: '/status', headers: {} });
    expect(ask).toThrow(expect.objectContaining({ code: 'refused' }));
    expect(() => fixture.connect(0)).toThrow(expect.objectContaining({ code: 'refused' }));
  });
});
