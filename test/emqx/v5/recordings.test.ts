import type { Emqx5Client } from '../../../src/emqx';
import { isDrained } from '../../../src/upgrade/observation';
import { type Answer, json, LoopbackNode, POD } from './_node';
import { answerOf, at, FILES, type Json, load, RECORDINGS, type Step } from './_recording';

/** The node that the recorder evacuated. */
const TARGET = 'emqx1@127.0.0.1';
const ORDER = { connectionsPerSecond: 60, sessionsPerSecond: 10, waitTakeoverSeconds: 4, migrateTo: [TARGET] };

/** How one recorded answer is read, and what follows from its body alone. */
interface Reading {
  read: (client: Emqx5Client, step: Step) => Promise<unknown>;
  view: (body: Json, step: Step) => unknown;
  /** Other answers that belong to it. */
  beside?: (step: Step, steps: readonly Step[]) => Record<string, Answer> | undefined;
  /** It is an answer, whatever its status. */
  neverRejects?: true;
  /** Its parts are read by paths of their own, not the list. */
  isPart?: true;
}

const evacuationOf = (body: Json) => ({
  state: body.state,
  connectionsPerSecond: body.connection_eviction_rate,
  sessionsPerSecond: body.session_eviction_rate,
  recipients: body.session_recipients,
});
const balancingOf = (body: Json) =>
  body.evacuations.map(({ node, state }: Json) => ({ kind: 'evacuation', node, state }));
const membersOf = (body: Json) =>
  body.map(({ node, node_status, role, version, edition, connections, live_connections }: Json) => ({
    node,
    isRunning: node_status === 'running',
    role,
    version,
    edition,
    sessions: connections,
    connections: live_connections,
  }));
const siteOf = (step: Step) => ({ id: last(step), node: step.json.node, isUp: step.json.up });
const storageOf = ({ name, shards }: Json) => ({
  name,
  shards: shards.map(({ id, replicas }: Json) => ({ id, replicas, transitions: [] })),
});
const last = ({ path }: Step) => path.split('/').at(-1)!;

/** The recorded details of everything that a list names, if there are any. */
function detailsOf({ path, json: names }: Step, steps: readonly Step[]): Record<string, Answer> | undefined {
  const found = names.map((name: string) => steps.find((step) => step.path === `${path}/${name}`));
  return found.includes(undefined)
    ? undefined
    : Object.fromEntries(found.map((step: Step) => [`GET ${step.path}`, answerOf(step)]));
}
const listOf = (step: Step) => ({ [`GET ${step.path.split('/').slice(0, 3).join('/')}`]: json([last(step)]) });

const READINGS: readonly (readonly [RegExp, Reading])[] = [
  [/^GET \/nodes$/, { read: (client) => client.members(POD), view: membersOf }],
  [
    /^GET \/nodes\/.+$/,
    {
      read: (client, step) => client.count(POD, last(step)),
      view: ({ message, connections: sessions, live_connections: connections }) =>
        message
          ? { connections: 0, sessions: 0, unreachable: expect.stringContaining(message) }
          : { connections, sessions, unreachable: undefined },
      neverRejects: true,
    },
  ],
  [
    /^GET \/stats$/,
    {
      // The client reads one node's entry of this list.
      read: async (client, { json: entries }) => {
        const counts = entries.map(({ node }: Json) => client.count(POD, node));
        return (await Promise.all(counts)).map(({ subscriptions }) => subscriptions);
      },
      view: (entries) => entries.map((entry: Json) => entry['subscriptions.count']),
      beside: ({ json: entries }, steps) => ({
        ...Object.fromEntries(entries.map(({ node, ...rest }: Json) => [`GET /nodes/${node}/stats`, json(rest)])),
        ...Object.fromEntries(
          steps
            .find(({ path }) => path === '/nodes')!
            .json.map((entry: Json) => [`GET /nodes/${entry.node}`, json(entry)]),
        ),
      }),
      isPart: true,
    },
  ],
  [
    /^GET \/node_eviction\/status$/,
    {
      read: async (client) => (await client.observe(POD, TARGET)).evacuating,
      view: ({ status }) => status === 'enabled',
      beside: (_, steps) => ({ 'GET /nodes': answerOf(steps.find(({ path }) => path === '/nodes')!) }),
    },
  ],
  [
    /^GET \/load_rebalance\/status$/,
    {
      read: (client) => client.evacuation(POD),
      view: (body) => (body.status === 'enabled' ? evacuationOf(body) : undefined),
    },
  ],
  [/^GET \/load_rebalance\/global_status$/, { read: (client) => client.balancing(POD), view: balancingOf }],
  [
    /^GET \/load_rebalance\/availability_check$/,
    { read: (client) => client.isAvailable(POD), view: (_, { status }) => status === 200, neverRejects: true },
  ],
  [
    /^GET \/monitor_current$/,
    {
      read: (client) => client.disconnectedDurableSessions(POD),
      view: ({ disconnected_durable_sessions: sessions }) => sessions,
    },
  ],
  [/^GET \/license$/, { read: (client) => client.license(POD), view: () => undefined, neverRejects: true }],
  [
    /^GET \/ds\/sites$/,
    { read: async (client) => (await client.sites(POD))?.map(({ id }) => id), view: (ids) => ids, beside: detailsOf },
  ],
  [
    /^GET \/ds\/sites\/.+$/,
    { read: (client) => client.sites(POD), view: (_, step) => [siteOf(step)], beside: (step) => listOf(step) },
  ],
  [
    /^GET \/ds\/storages$/,
    {
      read: async (client) => (await client.storages(POD))?.map(({ name }) => name),
      view: (names) => names,
      beside: detailsOf,
    },
  ],
  [
    /^GET \/ds\/storages\/.+$/,
    { read: (client) => client.storages(POD), view: (body) => [storageOf(body)], beside: (step) => listOf(step) },
  ],
  [
    /^PUT \/ds\/storages\/messages\/replicas$/,
    { read: (client) => client.moveReplicas(POD, 'messages', ['A']), view: () => undefined },
  ],
  [
    /^POST \/load_rebalance\/.+\/evacuation\/start$/,
    { read: (client, { path }) => client.startEvacuation(POD, path.split('/')[2]!, ORDER), view: () => undefined },
  ],
  [
    /^POST \/load_rebalance\/.+\/evacuation\/stop$/,
    { read: (client, { path }) => client.stopEvacuation(POD, path.split('/')[2]!), view: () => undefined },
  ],
];

/** What the port rejects with; undefined where the answer is none to reject for. */
function refusalOf({ status, json: body }: Step): { code: string; words: string[] } | undefined {
  const message = String(body?.message);
  if (status < 400 || /already_started|not_started/.test(message)) return undefined;
  const code = status >= 500 || status === 404 ? 'unavailable' : 'refused';
  const cure = status === 401 ? ['Secret <cluster>-bootstrap-api-key'] : [];
  return { code, words: [...wordsOf(message), ...cure] };
}

/** Of a message that is JSON only its content is for people. */
function wordsOf(message: string): string[] {
  if (!message.startsWith('{')) return [message.slice(0, 200)];
  const { path, unknown, reason } = JSON.parse(message) as Record<string, Json>;
  return unknown ? [`unknown fields: ${unknown}`] : [path.replace('root.', ''), reason.expected ?? reason];
}

const opened: LoopbackNode[] = [];
afterEach(async () => {
  for (const node of opened.splice(0)) await node.close();
});
async function loopback() {
  const node = await LoopbackNode.listen();
  opened.push(node);
  return node;
}

if (FILES.length === 0) console.log(`recordings of real nodes are not at ${RECORDINGS}: their replay is skipped`);
const suite = FILES.length === 0 ? describe.skip : describe;

suite('answers of real nodes are read as they were recorded', () => {
  test.each(FILES)('%s', async (file) => {
    const { steps } = load(file);
    const node = await loopback();
    const leftOut = new Map<string, number>();
    let replayed = 0;
    for (const step of steps) {
      const key = `${step.method} ${step.path}`;
      const [, reading] = READINGS.find(([pattern]) => pattern.test(key)) ?? [];
      const beside = reading?.beside ? reading.beside(step, steps) : {};
      if (!reading || !beside) {
        const what = key.replace(/\?.*/, '').replace(/emqx\d@[\d.]+/, 'NODE');
        const reason = reading ? `${what} without details` : what;
        leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
        continue;
      }
      node.answers = { ...beside, [key]: answerOf(step) };
      node.requests.length = 0;
      const refusal = reading.neverRejects ? undefined : refusalOf(step);
      const answer = reading.read(node.client(), step);
      if (refusal) {
        const error = await answer.then(
          () => undefined,
          (thrown: Error) => thrown,
        );
        expect(error).toMatchObject({ name: 'PortError', code: refusal.code });
        for (const word of refusal.words) expect(error!.message).toContain(word);
      } else expect({ key, view: await answer }).toEqual({ key, view: reading.view(step.json, step) });
      if (!reading.isPart) expect(node.asked).toContain(key);
      replayed++;
    }
    const rest = [...leftOut].map(([what, count]) => `${count} × ${what}`).join(', ');
    console.log(`${file}: ${replayed} of ${steps.length} recorded answers read; left out: ${rest || 'nothing'}`);
    expect(replayed).toBeGreaterThan(0);
  });
});

const EVACUATIONS = FILES.filter((file) => load(file).samples['eviction@target']);
/** States in the order in which they come. A node without recipients was recorded up to `evicting_sessions`. */
const STATES = ['waiting_health_check', 'evicting_conns', 'waiting_takeover', 'evicting_sessions', 'prohibiting'];

suite('evacuations of real nodes are followed', () => {
  test.each(EVACUATIONS)('%s', async (file) => {
    const { samples } = load(file);
    const {
      'eviction@target': eviction = [],
      'status@target': status = [],
      'nodes@other': nodes = [],
      'availability@target': availability = [],
      'global_status@other': global = [],
    } = samples;
    const node = await loopback();
    const client = node.client();
    const states: string[] = [];
    /** What the evacuation says while the node is drained: its state, and the sessions it counts. */
    const drained = new Set<string>();
    const series = [eviction, status, nodes, availability, global];
    const moments = series.flatMap((samples) => samples.map(({ t }) => t));
    const first = Math.max(...series.map(([sample]) => sample!.t));
    for (const t of [...new Set(moments)].filter((moment) => moment >= first).sort((a, b) => a - b)) {
      const [evicting, state] = [at(eviction, t).j, at(status, t).j];
      const members = at(nodes, t).map(({ n, st, c, l, cs }: Json) => ({
        ...{ node: n, node_status: st, connections: c, live_connections: l, cluster_sessions: cs },
      }));
      const self = members.find(({ node: name }: Json) => name === TARGET);
      const isAvailable = at(availability, t) === 200;
      node.answers = {
        'GET /node_eviction/status': json(evicting),
        'GET /load_rebalance/status': json(state),
        'GET /load_rebalance/global_status': json(at(global, t).j),
        'GET /load_rebalance/availability_check': isAvailable
          ? json({})
          : json({ code: 'NODE_EVACUATING', message: 'Node Evacuating' }, 503),
        'GET /nodes': json(members),
        [`GET /nodes/${TARGET}`]: json(self),
      };
      const view = await client.observe(POD, TARGET);
      const { connections: sessions, live_connections: connections } = self;
      const evacuating = evicting.status === 'enabled';
      expect({ t, ...view }).toMatchObject({ t, unreachable: undefined, evacuating, connections, sessions });
      const evacuation = await client.evacuation(POD);
      expect(evacuation).toEqual(state.status === 'enabled' ? evacuationOf(state) : undefined);
      expect(await client.balancing(POD)).toEqual(balancingOf(at(global, t).j));
      expect(await client.isAvailable(POD)).toBe(isAvailable);
      expect(await client.live(POD, TARGET)).toBe(connections);
      expect(isDrained(view)).toBe(evacuating && sessions === 0 && connections === 0);
      if (evacuation && states.at(-1) !== evacuation.state) states.push(evacuation.state);
      if (isDrained(view)) drained.add(`${state.state} of ${state.stats?.current_sessions}`);
    }
    console.log(`${file}: ${moments.length} changes of sampled answers followed: ${states.join(' → ')}`);
    expect(states).toEqual(STATES.filter((name) => states.includes(name)));
    expect(states.length).toBeGreaterThan(1);
    // While durable sessions sleep, the evacuation counts them as the node's, and does not end.
    if (file.includes('durable')) expect(drained).toContain('evicting_sessions of 20');
    expect(drained.size).toBeGreaterThan(0);
  });
});
