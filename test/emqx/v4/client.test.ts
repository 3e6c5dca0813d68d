import { EmqxClient, type EmqxRequest, type EmqxResponse, TransportError } from '../../../src/emqx';
import { PortError } from '../../../src/upgrade';

const POD = 'emqx-blue-0';
const NODE = 'emqx@emqx-blue-0.emqx-headless.mqtt.svc.cluster.local';
const OTHER = 'emqx@emqx-blue-1.emqx-headless.mqtt.svc.cluster.local';
const EVICTION = '/api/v4/node_eviction/status';
const STATS = `/api/v4/nodes/${NODE}/stats`;
const NODES = '/api/v4/nodes';
const START = `/api/v4/load_rebalance/${NODE}/evacuation/start`;
const STOP = `/api/v4/load_rebalance/${NODE}/evacuation/stop`;
const LICENSE = '/api/v4/license';

const ORDER = { connectionsPerSecond: 34, sessionsPerSecond: 20, waitTakeoverSeconds: 5, migrateTo: [OTHER] };

type Answer = Partial<EmqxResponse> | Error;

const json = (body: unknown, status = 200): Answer => ({ status, body: JSON.stringify(body) });
const enveloped = (data: unknown): Answer => json({ code: 0, data });
const refused = (message: string, code = 400): Answer => json({ code, message });
/** As EMQX 4 prints some messages: an Erlang list of character codes, in a string. */
const charCodes = (message: string) => `[${[...message].map((char) => char.codePointAt(0)).join(',')}]`;

/** A node at rest with 1000 connections and 1050 sessions. */
const RESTING: Record<string, Answer> = {
  [EVICTION]: json({ status: 'disabled' }),
  [STATS]: enveloped({ 'connections.count': 1050, 'live_connections.count': 1000, 'topics.count': 3 }),
  [NODES]: enveloped([
    { node: NODE, node_status: 'Running', version: '4.4.14', connections: 1050 },
    { node: OTHER, node_status: 'Running', version: '4.4.14', connections: 'undefined' },
  ]),
};

interface Scripted {
  client: EmqxClient;
  requests: EmqxRequest[];
}

/** A client of nodes that answer each path as given; a list is answered in its order, its last item from then on. */
function scripted(answers: Record<string, Answer | Answer[]>, credentials = () => Promise.resolve(ID)): Scripted {
  const requests: EmqxRequest[] = [];
  const counts = new Map<string, number>();
  const client = new EmqxClient({
    namespace: 'mqtt',
    credentials,
    transport: {
      exchange(pod, request) {
        expect(pod).toEqual({ namespace: 'mqtt', name: POD });
        requests.push(request);
        const given = answers[request.path] ?? { status: 404, body: 'Not found.' };
        const index = counts.get(request.path) ?? 0;
        counts.set(request.path, index + 1);
        const answer = Array.isArray(given) ? given[Math.min(index, given.length - 1)]! : given;
        if (answer instanceof Error) return Promise.reject(answer);
        return Promise.resolve({ status: 200, headers: {}, body: '', ...answer });
      },
    },
  });
  return { client, requests };
}

const ID = { id: 'emqx_operator_controller', secret: 's3cr3t' };
const reset = () => new TransportError('reset', 'the connection was reset');
const timeout = () => new TransportError('timeout', 'no answer within 5000 ms');

describe('a look at a node', () => {
  const observe = (answers: Record<string, Answer | Answer[]>) =>
    scripted({ ...RESTING, ...answers }).client.observe(POD, NODE);

  test('at rest', async () => {
    expect(await observe({})).toEqual({
      pod: POD,
      node: NODE,
      unreachable: undefined,
      version: '4.4.14',
      connections: 1000,
      sessions: 1050,
      canEvacuate: true,
      evacuating: false,
      members: [NODE, OTHER],
    });
  });

  test('sends the raw @, authorization and a time-out', async () => {
    const { client, requests } = scripted(RESTING);
    await client.observe(POD, NODE);
    expect(requests.map((request) => request.path)).toEqual([EVICTION, STATS, NODES]);
    expect(requests[1]).toEqual({
      method: 'GET',
      path: STATS,
      headers: {
        accept: 'application/json',
        authorization: `Basic ${Buffer.from('emqx_operator_controller:s3cr3t').toString('base64')}`,
      },
      timeoutMs: 5000,
    });
  });

  test('is counted by its own counters of this moment', async () => {
    const path = `/api/v4/nodes/${NODE}/metrics`;
    const metrics = { 'client.connected': 130, 'client.disconnected': 30, 'session.resumed': 500 };
    const { client, requests } = scripted({ [path]: { body: JSON.stringify({ code: 0, data: metrics }) } });
    expect(await client.live(POD, NODE)).toBe(100);
    expect(requests.map((request) => request.path)).toEqual([path]);
    expect(await scripted({}).client.live(POD, NODE)).toBeUndefined();
    expect(await scripted({ [path]: timeout() }).client.live(POD, NODE)).toBeUndefined();
  });

  test('is not probed where nobody can', async () => {
    expect(await scripted({}).client.probe(POD, [{ kind: 'mqtt', port: 1883 }])).toEqual({ state: 'unknown' });
  });

  test('is counted in one request', async () => {
    const { client, requests } = scripted(RESTING);
    expect(await client.count(POD, NODE)).toEqual({ connections: 1000, sessions: 1050, unreachable: undefined });
    expect(requests.map((request) => request.path)).toEqual([STATS]);
    const silent = scripted({ [STATS]: new TransportError('timeout', 'no answer') });
    expect(await silent.client.count(POD, NODE)).toEqual({ connections: 0, sessions: 0, unreachable: 'no answer' });
  });

  const evacuating = (connections: number, sessions: number) => ({
    [EVICTION]: json({ status: 'enabled', stats: { connections, sessions } }),
  });

  test('that evacuates counts its connections now, and as sessions what it counted before', async () => {
    // Of its 1050 sessions 50 are of devices that are away. The evacuation counts those it may move: some of them are connected.
    expect(await observe(evacuating(700, 350))).toMatchObject({ evacuating: true, connections: 700, sessions: 750 });
    // What its statistics say is older than what it has moved since.
    expect(await observe(evacuating(7, 20))).toMatchObject({ connections: 7, sessions: 27 });
    const silent = { ...evacuating(7, 20), [STATS]: timeout() };
    expect(await observe(silent)).toMatchObject({ unreachable: undefined, connections: 7, sessions: 20 });
  });

  test('that evacuates is one request once nobody is connected', async () => {
    const { client, requests } = scripted({ ...RESTING, ...evacuating(0, 50) });
    expect(await client.observe(POD, NODE)).toMatchObject({ evacuating: true, connections: 0, sessions: 50 });
    expect(requests).toHaveLength(1);
  });

  test.each([
    ['forbidden', new TransportError('forbidden', 'port 8081: 403')],
    ['no-tunnel', new TransportError('no-tunnel', 'port 8081: 502')],
    ['password', { status: 401, body: 'Unauthorized' }],
    [undefined, timeout()],
    [undefined, { status: 403, body: 'Forbidden' }],
  ])('that cannot be asked says what stands between: %s', async (obstacle, answer) => {
    const silent = { [EVICTION]: answer, [STATS]: answer };
    expect((await observe(silent)).obstacle).toBe(obstacle);
    expect((await scripted(silent).client.count(POD, NODE)).obstacle).toBe(obstacle);
  });

  test('without the evacuation plug-in still counts', async () => {
    expect(await observe({ [EVICTION]: { status: 404, body: 'Not found.' } })).toMatchObject({
      unreachable: undefined,
      canEvacuate: false,
      evacuating: false,
      connections: 1000,
    });
  });

  test('that does not tell live connections takes all sessions for connected', async () => {
    expect(await observe({ [STATS]: enveloped({ 'connections.count': 12 }) })).toMatchObject({
      connections: 12,
      sessions: 12,
    });
  });

  test('that boots has no figures yet', async () => {
    const view = await observe({
      [STATS]: enveloped({}),
      [NODES]: enveloped([{ node: NODE, node_status: 'Running' }]),
    });
    expect(view).toMatchObject({ unreachable: undefined, connections: 0, sessions: 0, version: undefined });
  });

  test('passes over nodes that are stopped or do not answer, in either spelling', async () => {
    const view = await observe({
      [NODES]: enveloped([
        { node: NODE, node_status: 'Running', version: '4.4.14' },
        { name: OTHER, node_status: 'Stopped' },
        { node: 'emqx@x', error: 'nodedown' },
      ]),
    });
    expect(view).toMatchObject({ unreachable: undefined, members: [NODE] });
  });

  test.each<[string, Record<string, Answer>, string]>([
    [
      'HTTP 200 with code 400',
      { [STATS]: refused('invalid node') },
      `${POD} declined ${STATS}: invalid node (HTTP 200, code 400)`,
    ],
    [
      'a message without a code',
      { [STATS]: json({ message: 'nodedown' }) },
      `${POD} declined ${STATS}: nodedown (HTTP 200)`,
    ],
    [
      'a message of character codes',
      { [STATS]: refused(charCodes('Error communicating with node')) },
      `${POD} declined ${STATS}: Error communicating with node (HTTP 200, code 400)`,
    ],
    [
      '401 in plain text',
      { [EVICTION]: { status: 401, body: 'UNAUTHORIZED' } },
      `${POD} declined ${EVICTION}: UNAUTHORIZED (HTTP 401)`,
    ],
    [
      '500 in plain text',
      { [NODES]: { status: 500, body: 'Internal Error' } },
      `${POD} declined ${NODES}: Internal Error (HTTP 500)`,
    ],
    ['no JSON', { [NODES]: { body: '<html>' } }, `${POD} declined ${NODES}: not JSON: <html> (HTTP 200)`],
    ['nothing', { [STATS]: { body: '' } }, `${POD} declined ${STATS}: not JSON:  (HTTP 200)`],
    [
      'an answer of another form',
      { [EVICTION]: json({ status: 'enabled', stats: { connections: -1, sessions: 0 } }) },
      `${POD} declined ${EVICTION}: an answer this client does not understand, at 'stats.connections': Too small: expected number to be >=0 (HTTP 200)`,
    ],
    [
      'a huge answer',
      { [NODES]: { body: `"${'x'.repeat(1_000_000)}"` } },
      `${POD} declined ${NODES}: an answer of 1000002 bytes (HTTP 200)`,
    ],
    ['a time-out', { [EVICTION]: timeout() }, 'no answer within 5000 ms'],
    ['a second reset', { [EVICTION]: reset() }, 'the connection was reset'],
  ])('that answers with %s is unreachable', async (_, answers, unreachable) => {
    expect(await observe(answers)).toMatchObject({ unreachable, evacuating: false });
  });

  test.each([
    ['a long text', 'y'.repeat(900_000)],
    ['a long list of codes', charCodes('z'.repeat(240_000))],
    ['a list that is no text', '[1,2,3,99999999]'],
  ])('says of %s no more than 500 characters', async (_, message) => {
    const view = await observe({ [STATS]: refused(message) });
    expect(view.unreachable!.length).toBeLessThan(700);
  });

  test('is tried once more after a reset, and no more', async () => {
    const { client, requests } = scripted({ ...RESTING, [EVICTION]: [reset(), RESTING[EVICTION]!] });
    expect(await client.observe(POD, NODE)).toMatchObject({ unreachable: undefined, connections: 1000 });
    expect(requests.filter((request) => request.path === EVICTION)).toHaveLength(2);
    const lost = scripted({ ...RESTING, [EVICTION]: reset() });
    await lost.client.observe(POD, NODE);
    expect(lost.requests).toHaveLength(2);
  });

  test('is not tried again after a time-out', async () => {
    const { client, requests } = scripted({ ...RESTING, [EVICTION]: timeout() });
    await client.observe(POD, NODE);
    expect(requests).toHaveLength(1);
  });

  test('that is called off rejects with the reason', async () => {
    const leave = new AbortController();
    leave.abort(new Error('left'));
    const { client } = scripted({ ...RESTING, [EVICTION]: timeout() });
    await expect(client.observe(POD, NODE, leave.signal)).rejects.toThrow('left');
  });
});

describe('the credentials', () => {
  test('are asked once', async () => {
    const credentials = jest.fn(() => Promise.resolve(ID));
    const { client } = scripted(RESTING, credentials);
    await Promise.all([client.observe(POD, NODE), client.observe(POD, NODE)]);
    await client.observe(POD, NODE);
    expect(credentials).toHaveBeenCalledTimes(1);
  });

  test('are asked again after a node refused them: somebody may have changed the password', async () => {
    const credentials = jest.fn(() => Promise.resolve(ID));
    const denied: Answer = { status: 401, body: 'Unauthorized' };
    const { client } = scripted({ ...RESTING, [EVICTION]: [denied, json({ status: 'disabled' })] }, credentials);
    expect((await client.observe(POD, NODE)).unreachable).toMatch(/HTTP 401/);
    expect((await client.observe(POD, NODE)).unreachable).toBeUndefined();
    expect(credentials).toHaveBeenCalledTimes(2);
  });

  test('that were good before are requested again when they are refused, and the order is given again, once', async () => {
    const credentials = jest.fn(() => Promise.resolve(ID));
    const denied: Answer = { status: 401, body: 'Unauthorized' };
    const { client, requests } = scripted({ ...RESTING, [START]: [denied, json({ data: [], code: 0 })] }, credentials);
    await client.observe(POD, NODE);
    await client.startEvacuation(POD, NODE, ORDER);
    expect(requests.filter(({ path }) => path === START)).toHaveLength(2);
    expect(credentials).toHaveBeenCalledTimes(2);
    const { client: refused, requests: asked } = scripted({ ...RESTING, [START]: denied });
    await refused.observe(POD, NODE);
    await expect(refused.startEvacuation(POD, NODE, ORDER)).rejects.toMatchObject({ code: 'refused' });
    expect(asked.filter(({ path }) => path === START)).toHaveLength(2);
  });

  test('are asked again after they could not be read', async () => {
    const credentials = jest
      .fn(() => Promise.resolve(ID))
      .mockRejectedValueOnce(new PortError('unavailable', 'the API server is away'));
    const { client } = scripted(RESTING, credentials);
    await expect(client.observe(POD, NODE)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await client.observe(POD, NODE)).toMatchObject({ unreachable: undefined });
  });

  test('are in no error', async () => {
    const { client } = scripted({ [EVICTION]: { status: 401, body: 'UNAUTHORIZED' } });
    const view = await client.observe(POD, NODE);
    expect(JSON.stringify(view)).not.toMatch(/s3cr3t|ZW1xeF9vcGVyYXRvcl9jb250cm9sbGVy/);
  });
});

describe('an order', () => {
  test('to start says how much, how fast and where to', async () => {
    const { client, requests } = scripted({ [START]: json({ data: [], code: 0 }) });
    await client.startEvacuation(POD, NODE, ORDER);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: 'POST', path: START });
    expect(requests[0]!.headers['content-type']).toBe('application/json');
    expect(JSON.parse(requests[0]!.body!)).toEqual({
      conn_evict_rate: 34,
      sess_evict_rate: 20,
      wait_takeover: 5,
      migrate_to: [OTHER],
    });
  });

  test.each([
    ['plain', 'already_started'],
    ['quoted, as before 4.4.17', '["already_started"]'],
    ['as character codes', charCodes('already_started')],
  ])('to start what is started is done: %s', async (_, message) => {
    await expect(
      scripted({ [START]: refused(message) }).client.startEvacuation(POD, NODE, ORDER),
    ).resolves.toBeUndefined();
  });

  test('to stop what is not started is done', async () => {
    await expect(
      scripted({ [STOP]: refused('["not_started"]') }).client.stopEvacuation(POD, NODE),
    ).resolves.toBeUndefined();
    await expect(
      scripted({ [STOP]: json({ data: [], code: 0 }) }).client.stopEvacuation(POD, NODE),
    ).resolves.toBeUndefined();
  });

  test.each<[string, Answer, string, string]>([
    ['HTTP 200 with code 400', refused('["eviction_agent_busy"]'), 'refused', 'eviction_agent_busy'],
    [
      'an unavailable recipient',
      refused(`unavailable nodes in migrate_to: ['${OTHER}']`),
      'refused',
      'unavailable nodes',
    ],
    ['404', { status: 404, body: 'Not found.' }, 'refused', 'Not found.'],
    ['401', { status: 401, body: 'UNAUTHORIZED' }, 'refused', 'UNAUTHORIZED'],
    ['no JSON', { status: 200, body: 'ok' }, 'refused', 'not JSON: ok'],
    ['a time-out', timeout(), 'unavailable', 'no answer within 5000 ms'],
    ['a refused connection', new TransportError('refused', 'connection refused'), 'unavailable', 'connection refused'],
  ])('that ends in %s rejects', async (_, answer, code, message) => {
    const { client } = scripted({ [START]: answer, [STOP]: answer });
    for (const order of [() => client.startEvacuation(POD, NODE, ORDER), () => client.stopEvacuation(POD, NODE)]) {
      const error: PortError = await order().then(
        () => new PortError('missing', 'nothing was thrown'),
        (thrown: PortError) => thrown,
      );
      expect(error).toBeInstanceOf(PortError);
      expect(error.code).toBe(code);
      expect(error.message).toContain(message);
    }
  });

  test('is never repeated after a reset: whether it took effect is unknown', async () => {
    const { client, requests } = scripted({ [START]: [reset(), json({ data: [], code: 0 })] });
    await expect(client.startEvacuation(POD, NODE, ORDER)).rejects.toMatchObject({ code: 'unavailable' });
    expect(requests).toHaveLength(1);
  });
});

describe('the license', () => {
  test('tells how many connections it allows', async () => {
    const { client } = scripted({ [LICENSE]: enveloped({ max_connections: 5000, customer: 'x' }) });
    expect(await client.licensedConnections(POD)).toBe(5000);
  });

  test.each<[string, Answer]>([
    ['absent', { status: 404, body: 'Not found.' }],
    ['of another form', enveloped({ max_connections: 'unlimited' })],
    ['not answered', timeout()],
  ])('that is %s tells nothing', async (_, answer) => {
    expect(await scripted({ [LICENSE]: answer }).client.licensedConnections(POD)).toBeUndefined();
  });
});

describe('the evacuation in full', () => {
  const path = '/api/v4/load_rebalance/status';

  test('is not enveloped', async () => {
    const status = {
      status: 'enabled',
      process: 'evacuation',
      state: 'waiting_takeover',
      connection_eviction_rate: 5,
      session_eviction_rate: 5,
      session_recipients: [OTHER],
      stats: { initial_connected: 0 },
    };
    const { stats: _, ...known } = status;
    expect(await scripted({ [path]: json(status) }).client.evacuation(POD)).toEqual(known);
    expect(await scripted({ [path]: json({ status: 'disabled' }) }).client.evacuation(POD)).toEqual({
      status: 'disabled',
    });
  });
});
