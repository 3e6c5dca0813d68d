import type { EmqxPort, PortError } from '../../../src/upgrade';
import { isDrained } from '../../../src/upgrade/observation';
import { type Answer, declined, idOf, json, KEY, LoopbackNode, NO_PAGE, POD } from './_node';

const NODE = 'emqx@emqx-core-abc-0.emqx-headless.mqtt.svc.cluster.local';
const OTHER = 'emqx@emqx-core-abc-1.emqx-headless.mqtt.svc.cluster.local';
const STOPPED = 'emqx@emqx-core-old-0.emqx-headless.mqtt.svc.cluster.local';

const EVICTION = 'GET /node_eviction/status';
const NODES = 'GET /nodes';
const SELF = `GET /nodes/${NODE}`;
const STATS = `GET /nodes/${NODE}/stats`;
const STATUS = 'GET /load_rebalance/status';
const START = `POST /load_rebalance/${NODE}/evacuation/start`;
const STOP = `POST /load_rebalance/${NODE}/evacuation/stop`;
const MONITOR = 'GET /monitor_current';
const LICENSE = 'GET /license';

const member = (node: string, counts: object = {}) => ({
  node,
  node_status: 'running',
  role: 'core',
  edition: 'Enterprise',
  version: '5.8.9',
  connections: 1050,
  live_connections: 1000,
  cluster_sessions: 9000,
  uptime: 45860,
  ...counts,
});
const evacuation = (state: string, more: object = {}) =>
  json({
    status: 'enabled',
    process: 'evacuation',
    state,
    connection_eviction_rate: 60,
    session_eviction_rate: 10,
    session_recipients: [OTHER],
    connection_goal: 0,
    ...more,
  });
const evicting = (connections: number, sessions: number) =>
  json({ status: 'enabled', stats: { connections, sessions } });

/** A node at rest with 1000 connections, 1050 sessions and 1200 subscriptions. */
const RESTING: Record<string, Answer> = {
  [EVICTION]: json({ status: 'disabled' }),
  [SELF]: json(member(NODE)),
  [STATS]: json({ 'subscriptions.count': 1200, 'subscriptions.max': 1300 }),
  [NODES]: json([member(NODE), member(OTHER), { node: STOPPED, node_status: 'stopped', role: 'core' }]),
};
const ORDER = { connectionsPerSecond: 34, sessionsPerSecond: 20, waitTakeoverSeconds: 5, migrateTo: [OTHER] };
/** Ends the connection instead of an answer. */
const RESET: Answer = { status: 0 };

const opened: LoopbackNode[] = [];
afterEach(async () => {
  for (const node of opened.splice(0)) await node.close();
});
async function node(answers: LoopbackNode['answers']) {
  const made = await LoopbackNode.listen(answers);
  opened.push(made);
  return made;
}
const clientOf = async (answers: LoopbackNode['answers']) => (await node(answers)).client();
const failure = (promise: Promise<unknown>): Promise<PortError> =>
  promise.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error: PortError) => error,
  );

describe('a look at a node', () => {
  const observe = async (answers: LoopbackNode['answers']) =>
    (await clientOf({ ...RESTING, ...answers })).observe(POD, NODE);

  test('at rest: three requests, with the key, and the raw @', async () => {
    const made = await node(RESTING);
    expect(await made.client().observe(POD, NODE)).toEqual({
      pod: POD,
      node: NODE,
      unreachable: undefined,
      version: '5.8.9',
      connections: 1000,
      sessions: 1050,
      subscriptions: 1200,
      canEvacuate: true,
      evacuating: false,
      members: [NODE, OTHER],
    });
    expect(made.asked.toSorted()).toEqual([EVICTION, NODES, STATS].toSorted());
    const { client, requests } = { client: made.client(), requests: made.requests };
    expect(await client.live(POD, NODE)).toBe(1000);
    expect(requests.at(-1)).toMatchObject({
      path: `/api/v5/nodes/${NODE}`,
      authorization: `Basic ${Buffer.from(`${KEY.id}:${KEY.secret}`).toString('base64')}`,
    });
    expect(made.asked.slice(3)).toEqual([SELF]);
    const counts = { connections: 1000, sessions: 1050, subscriptions: 1200, unreachable: undefined };
    expect(await client.count(POD, NODE)).toEqual(counts);
    expect(made.asked.slice(4).toSorted()).toEqual([SELF, STATS].toSorted());
  });

  test.each<[string, Answer]>([
    ['does not have that path', NO_PAGE],
    ['boots', declined(404, 'NOT_FOUND', 'Node not found')],
    ['fails', declined(500, 'INTERNAL_ERROR', 'badrpc')],
    ['counts none', json({ 'subscriptions.count': 'undefined' })],
  ])('whose subscriptions are unknown is counted all the same: it %s', async (_, stats) => {
    const made = await node({ ...RESTING, [STATS]: stats });
    for (const view of [await made.client().observe(POD, NODE), await made.client().count(POD, NODE)]) {
      expect(view).toMatchObject({ connections: 1000, sessions: 1050, unreachable: undefined });
      expect(view.subscriptions).toBeUndefined();
    }
  });

  test('that evacuates counts what is on it: not the durable sessions of the cluster that its evacuation counts', async () => {
    const made = await node({
      ...RESTING,
      [EVICTION]: evicting(40, 80),
      [SELF]: json(member(NODE, { connections: 60, live_connections: 40 })),
    });
    expect(await made.client().observe(POD, NODE)).toMatchObject({
      evacuating: true,
      connections: 40,
      sessions: 60,
      version: '5.8.9',
    });
    expect(made.asked).toEqual([EVICTION, SELF]);
  });

  test.each<[string, Answer, boolean]>([
    ['evicting_sessions, as ever while durable sessions sleep', evacuation('evicting_sessions'), true],
    ['prohibiting', evacuation('prohibiting'), true],
    ['waiting_health_check: it accepts connections', evacuation('waiting_health_check'), false],
    ['disabled, while a rebalance takes from it', json({ status: 'disabled' }), false],
    ['of a rebalance', evacuation('wait_health_check', { process: 'rebalance' }), false],
  ])('that is empty is drained when it refuses connections: %s', async (_, status, drained) => {
    const made = await node({
      ...RESTING,
      [EVICTION]: evicting(0, 20),
      [SELF]: json(member(NODE, { connections: 0, live_connections: 0 })),
      [STATUS]: status,
    });
    const client = made.client();
    const view = await client.observe(POD, NODE);
    expect(view).toMatchObject({ evacuating: true, connections: 0, sessions: 0 });
    expect([isDrained(view), view.stillAccepts]).toEqual([drained, drained ? undefined : true]);
    // Once it refuses, its state is not read again: that takes as long as a recipient is frozen.
    await client.observe(POD, NODE);
    expect(made.asked.filter((path) => path === STATUS)).toHaveLength(drained ? 1 : 2);
    made.answers[EVICTION] = json({ status: 'disabled' });
    await client.observe(POD, NODE);
    made.answers[EVICTION] = evicting(0, 20);
    made.answers[STATUS] = evacuation('waiting_health_check');
    expect(isDrained(await client.observe(POD, NODE))).toBe(false);
  });

  test.each<[string, object]>([
    ['without figures', { connections: undefined, live_connections: undefined }],
    ['with words for figures', { connections: 'undefined', live_connections: 'undefined' }],
  ])('that boots, or shuts down, has unknown counts, not zero: %s', async (_, counts) => {
    const self = member(NODE, counts);
    const client = await clientOf({ ...RESTING, [SELF]: json(self), [NODES]: json([self]) });
    const unreachable = expect.stringContaining('it does not report its connections; it boots, or shuts down');
    expect(await client.observe(POD, NODE)).toMatchObject({ unreachable });
    expect(await client.count(POD, NODE)).toMatchObject({ unreachable });
    expect(await client.live(POD, NODE)).toBeUndefined();
    const evacuates = {
      ...RESTING,
      [EVICTION]: evicting(0, 0),
      [SELF]: json(self),
      [STATUS]: evacuation('prohibiting'),
    };
    expect(isDrained(await (await clientOf(evacuates)).observe(POD, NODE))).toBe(false);
  });

  test('lists running members only, whatever those answer that cannot be reached', async () => {
    const odd = [member(NODE), null, 'badrpc', { error: 'nodedown' }, { node: OTHER, node_status: 3 }];
    expect(await observe({ [NODES]: json(odd) })).toMatchObject({ members: [NODE], connections: 1000 });
  });

  test('that does not list itself is queried by its name', async () => {
    expect(await observe({ [NODES]: json([]) })).toMatchObject({ connections: 1000, members: [] });
    const unknown = { [NODES]: json([]), [SELF]: declined(404, 'NOT_FOUND', `Node not found: ${NODE}`) };
    expect((await observe(unknown)).unreachable).toContain('Node not found');
  });

  test('without live connections takes all sessions for connected', async () => {
    const self = member(NODE, { connections: 12, live_connections: undefined });
    expect(await observe({ [NODES]: json([self]) })).toMatchObject({ connections: 12, sessions: 12 });
  });

  test('of an edition without evacuation still counts', async () => {
    expect(await observe({ [EVICTION]: NO_PAGE })).toMatchObject({
      unreachable: undefined,
      canEvacuate: false,
      connections: 1000,
    });
  });

  test.each<[string, Record<string, Answer>, string, string | undefined]>([
    [
      'a wrong key',
      { [EVICTION]: declined(401, 'BAD_API_KEY_OR_SECRET', 'Check api_key/api_secret') },
      'Check api_key/api_secret (HTTP 401, code BAD_API_KEY_OR_SECRET)',
      'api-key',
    ],
    [
      'a status that says it is down',
      { [EVICTION]: declined(404, 'NOT_FOUND', 'Node not found: x') },
      'Node not found: x (HTTP 404, code NOT_FOUND)',
      undefined,
    ],
    [
      'a crash',
      { [NODES]: declined(500, 'INTERNAL_ERROR', 'error, undef') },
      'error, undef (HTTP 500, code INTERNAL_ERROR)',
      undefined,
    ],
    ['no JSON', { [NODES]: { status: 200, text: 'Node is starting' } }, 'not JSON: Node is starting', undefined],
    ['no list', { [NODES]: json({}) }, 'an answer this client does not understand', undefined],
    ['an unknown word', { [EVICTION]: json({ status: 'maybe' }) }, "at 'status'", undefined],
    ['nothing', { [EVICTION]: RESET }, 'GET /api/v5/node_eviction/status of pod', undefined],
  ])('that answers with %s is unreachable', async (_, answers, unreachable, obstacle) => {
    const view = await observe(answers);
    expect(view.unreachable).toContain(unreachable);
    expect(view.obstacle).toBe(obstacle);
    expect(JSON.stringify(view)).not.toMatch(/s3cr3t/);
  });

  test('is tried once more after a reset', async () => {
    const made = await node({ ...RESTING, [EVICTION]: [RESET, RESTING[EVICTION]!] });
    expect(await made.client().observe(POD, NODE)).toMatchObject({ unreachable: undefined });
    expect(made.asked.filter((asked) => asked !== STATS)).toEqual([EVICTION, EVICTION, NODES]);
  });
});

describe('an order', () => {
  test('to start does not wait for load balancers', async () => {
    const made = await node({ [START]: json({}), [STOP]: json({}) });
    await made.client().startEvacuation(POD, NODE, ORDER);
    await made.client().stopEvacuation(POD, NODE);
    expect(made.asked).toEqual([START, STOP]);
    expect(made.requests[0]).toMatchObject({ contentType: 'application/json' });
    expect(JSON.parse(made.requests[0]!.body)).toEqual({
      wait_health_check: 0,
      conn_evict_rate: 34,
      sess_evict_rate: 20,
      wait_takeover: 5,
      migrate_to: [OTHER],
    });
  });

  test('to start has the next look ask for counts at once, and not after the state: answers may take seconds', async () => {
    const made = await node({ ...RESTING, [START]: json({}), [EVICTION]: RESET });
    const client = made.client();
    await client.observe(POD, NODE);
    expect(made.asked).not.toContain(SELF);
    await client.startEvacuation(POD, NODE, ORDER);
    await client.observe(POD, NODE);
    expect(made.asked).toContain(SELF);
  });

  test.each([
    [START, 'already_started'],
    [STOP, 'not_started'],
  ])('that is carried out already is done: %s', async (path, reason) => {
    const client = await clientOf({ [path]: declined(400, 'BAD_REQUEST', `error on node '${NODE}': ${reason}`) });
    await (path === START ? client.startEvacuation(POD, NODE, ORDER) : client.stopEvacuation(POD, NODE));
  });

  const validation = (problem: unknown) => declined(400, 'BAD_REQUEST', JSON.stringify(problem));
  const zero = {
    value: 0,
    reason: { expected: 'pos_integer()' },
    path: 'root.conn_evict_rate',
    kind: 'validation_error',
  };
  test.each<[string, Answer, PortError['code'], string]>([
    [
      'a wrong value',
      validation(zero),
      'refused',
      'start: conn_evict_rate (0): expected pos_integer() (HTTP 400, code BAD_REQUEST)',
    ],
    [
      'two wrong values',
      validation([zero, { ...zero, path: 'root.sess_evict_rate', value: 'x' }]),
      'refused',
      'conn_evict_rate (0): expected pos_integer(); sess_evict_rate ("x"): expected pos_integer()',
    ],
    [
      'an unknown field',
      validation({ unmatched: 'migrate_to,...', unknown: 'foo', reason: 'unknown_fields', path: 'root' }),
      'refused',
      'unknown fields: foo',
    ],
    ['a busy agent', declined(400, 'BAD_REQUEST', `error on node '${NODE}': eviction_agent_busy`), 'refused', 'busy'],
    [
      'a recipient that is down',
      declined(400, 'NOT_FOUND', `Nodes unavailable: ['${OTHER}']`),
      'refused',
      'Nodes unavailable',
    ],
    ['a node that is down', declined(404, 'NOT_FOUND', `Node not found: ${NODE}`), 'unavailable', 'Node not found'],
    ['no such path', NO_PAGE, 'refused', 'start: 404 - NOT FOUND (HTTP 404)'],
    ['an internal error', declined(500, 'INTERNAL_ERROR', 'throw, x'), 'unavailable', 'throw, x'],
    [
      'a wrong key',
      declined(401, 'BAD_API_KEY_OR_SECRET', 'Check api_key/api_secret'),
      'refused',
      'try_init_bootstrap_file',
    ],
    [
      'a missing right',
      declined(403, 'API_KEY_NOT_ALLOW', 'This API Key do not have permission'),
      'refused',
      'HTTP 403',
    ],
    ['a reset', RESET, 'unavailable', 'POST /api/v5/load_rebalance'],
  ])('that ends in %s rejects, after one request', async (_, answer, code, message) => {
    const made = await node({ [START]: answer });
    const error = await failure(made.client().startEvacuation(POD, NODE, ORDER));
    expect(error).toMatchObject({ name: 'PortError', code });
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('s3cr3t');
    expect(made.asked).toEqual([START]);
  });

  test('that is refused for its key is repeated with the key that the Secret has now', async () => {
    const credentials = jest.fn(() => Promise.resolve(KEY));
    const denied = declined(401, 'BAD_API_KEY_OR_SECRET', 'Check api_key/api_secret');
    const made = await node({ ...RESTING, [START]: [denied, json({})] });
    const client: EmqxPort = made.client(credentials);
    await client.observe(POD, NODE);
    await client.startEvacuation(POD, NODE, ORDER);
    expect(credentials).toHaveBeenCalledTimes(2);
  });

  describe('where the node refuses the key of the operator', () => {
    const OWN = { id: 'mine', secret: 'a secret of my own' };
    const asked = async (own: typeof OWN | undefined, refused: string[]) => {
      const made = await node({ ...RESTING, [START]: json({}) });
      made.refused = refused;
      const ownCredentials = jest.fn(() => Promise.resolve(own));
      const client = made.client(undefined, ownCredentials);
      const keys = () => made.requests.map(({ authorization }) => idOf(authorization));
      return { made, client, ownCredentials, keys };
    };

    test('is given with a key of one’s own, which comes first from then on', async () => {
      const { client, keys, made, ownCredentials } = await asked(OWN, [KEY.id]);
      await client.startEvacuation(POD, NODE, ORDER);
      expect(keys()).toEqual([KEY.id, OWN.id]);
      expect((await client.observe(POD, NODE)).unreachable).toBeUndefined();
      expect(new Set(keys().slice(2))).toEqual(new Set([OWN.id]));
      expect(ownCredentials).toHaveBeenCalledTimes(1);
      // The bootstrap file was read again, and the key of one's own is deleted.
      made.refused = [OWN.id];
      expect((await client.observe(POD, NODE)).unreachable).toBeUndefined();
      expect(keys().at(-1)).toBe(KEY.id);
    });

    test('waits for one, and finds it as soon as there is one', async () => {
      const { client, ownCredentials } = await asked(undefined, [KEY.id]);
      const view = await client.observe(POD, NODE);
      expect(view).toMatchObject({ obstacle: 'api-key', unreachable: expect.stringMatching(/HTTP 401/) as string });
      expect(view.unreachable).not.toMatch(/your own/);
      ownCredentials.mockResolvedValue(OWN);
      expect((await client.observe(POD, NODE)).unreachable).toBeUndefined();
    });

    test('fails with the cause and what to do, and says that both are refused', async () => {
      const { client, keys } = await asked(OWN, [KEY.id, OWN.id]);
      const error = await failure(client.startEvacuation(POD, NODE, ORDER));
      expect(error).toMatchObject({ name: 'PortError', code: 'refused' });
      expect(error.message).toMatch(/HTTP 401.*your own key is refused, too|your own key is refused, too.*HTTP 401/);
      expect(error.message).toMatch(
        /try_init_bootstrap_file.*Secret <cluster>-upgrade-api-key, under `key` and `secret`/,
      );
      expect(error.message).not.toMatch(/s3cr3t|a secret of my own/);
      expect(keys()).toEqual([KEY.id, OWN.id]);
    });

    test('is not given with a key of one’s own where nobody asks for it', async () => {
      const { client, ownCredentials } = await asked(OWN, []);
      await client.startEvacuation(POD, NODE, ORDER);
      expect(ownCredentials).not.toHaveBeenCalled();
    });
  });

  test('to leave is done where the node is gone', async () => {
    const path = `DELETE /cluster/${STOPPED}/force_leave`;
    const made = await node({ [path]: [{ status: 204 }, declined(400, 'BAD_REQUEST', 'node_not_in_cluster')] });
    await made.client().forceLeave(POD, STOPPED);
    await made.client().forceLeave(POD, STOPPED);
    expect(made.asked).toEqual([path, path]);
    made.answers[path] = declined(400, 'BAD_REQUEST', "Can't leave self");
    expect(await failure(made.client().forceLeave(POD, STOPPED))).toMatchObject({ code: 'refused' });
  });
});

describe('the cluster', () => {
  test('has members with role and edition; what a stopped one does not report is unknown', async () => {
    expect(await (await clientOf(RESTING)).members(POD)).toEqual([
      {
        node: NODE,
        isRunning: true,
        role: 'core',
        version: '5.8.9',
        edition: 'Enterprise',
        connections: 1000,
        sessions: 1050,
      },
      {
        node: OTHER,
        isRunning: true,
        role: 'core',
        version: '5.8.9',
        edition: 'Enterprise',
        connections: 1000,
        sessions: 1050,
      },
      { node: STOPPED, isRunning: false, role: 'core' },
    ]);
  });

  test.each<[string, Answer, object | undefined]>([
    [
      'of 6.2.0',
      json({
        type: 'community',
        max_sessions: 10_000_000,
        max_connections: 25,
        expiry: false,
        expiry_at: '2029-12-31',
        customer: 'x',
      }),
      { type: 'community', maxSessions: 10_000_000, isExpired: false, expiresOn: '2029-12-31' },
    ],
    [
      'of 5.8',
      json({ type: 'trial', max_connections: 25, expiry: true }),
      { type: 'trial', maxSessions: 25, isExpired: true },
    ],
    ['without limit', json({ type: 'official', max_sessions: 'infinity' }), { type: 'official' }],
    ['absent', NO_PAGE, undefined],
  ])('has a license: %s', async (_, answer, view) => {
    expect(await (await clientOf({ [LICENSE]: answer })).license(POD)).toEqual(view);
  });

  test.each<[string, Record<string, Answer>, number | undefined]>([
    ['the sessions of the license', { [LICENSE]: json({ max_sessions: 5000 }) }, 5000],
    ['else the quota', { [LICENSE]: NO_PAGE, [MONITOR]: json({ license_quota: 25 }) }, 25],
    ['no quota of a node without licensing', { [LICENSE]: NO_PAGE, [MONITOR]: json({ license_quota: 0 }) }, undefined],
    ['nothing without an answer', { [LICENSE]: RESET, [MONITOR]: RESET }, undefined],
  ])('allows as many devices as license or quota say: %s', async (_, answers, allowed) => {
    expect(await (await clientOf(answers)).licensedConnections(POD)).toBe(allowed);
  });

  test.each<[string, Answer, object | undefined]>([
    ['no evacuation', json({ status: 'disabled' }), undefined],
    [
      'one without recipients',
      evacuation('evicting_sessions', { session_recipients: [] }),
      { state: 'evicting_sessions', connectionsPerSecond: 60, sessionsPerSecond: 10, recipients: [] },
    ],
    ['a rebalance', evacuation('evicting_conns', { process: 'rebalance', connection_goal: 0.5 }), undefined],
    ['no such API', NO_PAGE, undefined],
  ])('evacuates: %s', async (_, answer, view) => {
    expect(await (await clientOf({ [STATUS]: answer })).evacuation(POD)).toEqual(view);
  });

  test('says what else moves devices', async () => {
    const answer = json({
      evacuations: [{ node: NODE, state: 'prohibiting' }],
      purges: [{ node: OTHER, state: 'cleaning_data' }],
      rebalances: [{ coordinator_node: OTHER, state: 'evicting_conns', donors: [NODE] }],
    });
    const client = await clientOf({ 'GET /load_rebalance/global_status': answer });
    expect(await client.balancing(POD)).toEqual([
      { kind: 'evacuation', node: NODE, state: 'prohibiting' },
      { kind: 'rebalance', node: OTHER, state: 'evicting_conns' },
      { kind: 'purge', node: OTHER, state: 'cleaning_data' },
    ]);
    expect(await (await clientOf({})).balancing(POD)).toBeUndefined();
  });

  test('is available to load balancers, or not; 503 of something else is no answer', async () => {
    const answers = [
      json({}),
      declined(503, 'NODE_EVACUATING', 'Node Evacuating'),
      { status: 503, text: 'Bad gateway' },
    ];
    const client = await clientOf({ 'GET /load_rebalance/availability_check': answers });
    expect([await client.isAvailable(POD), await client.isAvailable(POD)]).toEqual([true, false]);
    expect(await failure(client.isAvailable(POD))).toMatchObject({ code: 'unavailable' });
  });

  test('has listeners for devices', async () => {
    const listener = (id: string, bind: unknown, more: object = {}) => ({
      id,
      type: id.split(':')[0],
      enable: true,
      bind,
      status: { running: true },
      ...more,
    });
    const client = await clientOf({
      'GET /listeners': json([
        listener('tcp:default', '0.0.0.0:1883'),
        listener('tcp:proxied', ':1884'),
        listener('ssl:default', '[::]:8883'),
        listener('ws:default', 8083),
        listener('wss:default', '8084', { enable: false }),
        listener('quic:default', '0.0.0.0:14567'),
      ]),
      'GET /listeners/tcp:default': json({ proxy_protocol: false }),
      'GET /listeners/tcp:proxied': json({ proxy_protocol: 'true' }),
      'GET /listeners/ssl:default': json({}),
      'GET /listeners/ws:default': json({ proxy_protocol: 'false' }),
    });
    expect(await client.deviceListeners(POD)).toEqual([
      { kind: 'mqtt', port: 1883 },
      { kind: 'mqtt', port: 1884, proxyProtocol: true },
      { kind: 'mqtts', port: 8883 },
      { kind: 'ws', port: 8083 },
    ]);
    // 6.2 beside 6.3.0.
    const mixed = await clientOf({ 'GET /listeners': declined(500, 'INTERNAL_ERROR', 'badmatch') });
    expect(await mixed.deviceListeners(POD)).toBeUndefined();
  });
});

describe('durable storage', () => {
  const shard = (id: string, sites: string[], transitions?: object[]) => ({
    id,
    replicas: sites.map((site) => ({ site, status: 'up' })),
    ...(transitions && { transitions }),
  });

  test('has sites on nodes', async () => {
    const client = await clientOf({
      'GET /ds/sites': json(['219F', '3CB6']),
      'GET /ds/sites/219F': json({ node: NODE, up: true, shards: [] }),
      'GET /ds/sites/3CB6': json({ node: null, up: false, shards: [] }),
    });
    expect(await client.sites(POD)).toEqual([
      { id: '219F', node: NODE, isUp: true },
      { id: '3CB6', node: undefined, isUp: false },
    ]);
  });

  test('has storages with shards, and transitions while it moves', async () => {
    const client = await clientOf({
      'GET /ds/storages': json(['messages', 'timers']),
      'GET /ds/storages/messages': json({
        name: 'messages',
        shards: [
          shard(
            '0',
            ['A'],
            [
              { site: 'B', transition: 'joining' },
              { site: 'A', transition: 'leaving' },
            ],
          ),
        ],
      }),
      'GET /ds/storages/timers': json({ name: 'timers', shards: [shard('0', ['A', 'B'])] }),
    });
    expect(await client.storages(POD)).toEqual([
      {
        name: 'messages',
        shards: [
          {
            id: '0',
            replicas: [{ site: 'A', status: 'up' }],
            transitions: [
              { site: 'B', change: 'joining' },
              { site: 'A', change: 'leaving' },
            ],
          },
        ],
      },
      {
        name: 'timers',
        shards: [
          {
            id: '0',
            replicas: [
              { site: 'A', status: 'up' },
              { site: 'B', status: 'up' },
            ],
            transitions: [],
          },
        ],
      },
    ]);
  });

  test.each<[string, Answer, unknown]>([
    ['none', json([]), []],
    ['disabled', declined(404, 'NOT_FOUND', 'Durable storage is disabled'), undefined],
    ['no such API', NO_PAGE, undefined],
  ])('may be absent: %s', async (_, answer, found) => {
    const client = await clientOf({ 'GET /ds/storages': answer, 'GET /ds/sites': answer });
    expect(await client.storages(POD)).toEqual(found);
    expect(await client.sites(POD)).toEqual(found);
  });

  test('of which a part cannot be read is not taken for smaller', async () => {
    const unknown = { name: 'messages', shards: [{ id: '0', replicas: [{ site: 'A', status: 'odd' }] }] };
    const client = await clientOf({
      'GET /ds/storages': json(['messages']),
      'GET /ds/storages/messages': [json(unknown), declined(404, 'NOT_FOUND', "DB 'messages' does not exist")],
      'GET /ds/sites': json(['A']),
      'GET /ds/sites/A': declined(404, 'NOT_FOUND', 'Site not found: A'),
    });
    expect(await failure(client.storages(POD))).toMatchObject({ code: 'refused' });
    expect(await failure(client.storages(POD))).toMatchObject({ code: 'unavailable' });
    expect(await failure(client.sites(POD))).toMatchObject({ code: 'unavailable' });
  });

  test('is moved by naming all sites', async () => {
    const path = 'PUT /ds/storages/messages/replicas';
    const made = await node({ [path]: [{ status: 202, text: 'OK' }, declined(400, 400 as never, 'Unknown sites: X')] });
    await made.client().moveReplicas(POD, 'messages', ['A', 'B']);
    expect(made.requests[0]).toMatchObject({ body: '["A","B"]', contentType: 'application/json' });
    const error = await failure(made.client().moveReplicas(POD, 'messages', ['X']));
    expect(error).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('Unknown sites: X (HTTP 400, code 400)'),
    });
  });

  test.each<[string, Answer, number | undefined]>([
    ['20', json({ disconnected_durable_sessions: 20, connections: 300 }), 20],
    ['none', json({ disconnected_durable_sessions: 0 }), 0],
    ['unknown', json({ connections: 3 }), undefined],
  ])('counts the durable sessions of offline devices: %s', async (_, answer, count) => {
    expect(await (await clientOf({ [MONITOR]: answer })).disconnectedDurableSessions(POD)).toBe(count);
  });
});
