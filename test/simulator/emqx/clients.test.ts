import { Emqx5Client, EmqxClient, type EmqxClientOptions } from '../../../src/emqx';
import type { ClientView } from '../../../src/upgrade';
import { Fixture, type FixtureOptions, nameOf } from './cluster-fixture';
import { hasRecordings, load, loadSeriesV5 } from './recordings/recording';

interface Listed {
  data: Record<string, unknown>[];
  meta: object;
}

/** The answer of a recorded step whose path matches. */
const recorded = {
  v4: () =>
    JSON.parse(
      load('01-baseline-disabled').steps.filter(({ path = '' }) => /nodes.*\/clients\?/.test(path))[2]!.resp_body!,
    ) as Listed,
  v5: (name: string, path: RegExp) => loadSeriesV5(name).find((step) => path.test(step.path))!.json as Listed,
};

/** The clients of the recordings, on the first of three nodes. */
const DEVICES = {
  v4: [
    { clientId: 'base-4', protocolVersion: 4, cleanStart: false },
    { clientId: 'base-5', protocolVersion: 5, cleanStart: false, sessionExpirySeconds: 600 },
  ],
  p99: [{ clientId: 'p99', protocolVersion: 4, cleanStart: false }],
} as const;

async function simulated(
  options: FixtureOptions,
  devices: (typeof DEVICES)[keyof typeof DEVICES],
  then: 'stay' | 'drop' | 'move',
) {
  const fixture = await Fixture.booted(options);
  for (const device of devices) {
    const { channel } = fixture.connect(0, { ...device });
    channel?.subscribe(`t/${device.clientId}`, 1);
    if (then !== 'stay') channel?.close('lost');
  }
  if (then === 'move') {
    const how = fixture.node(0).profile.generation === 5 ? { wait_health_check: 0 } : {};
    await fixture.start(0, { ...how, wait_takeover: 1, migrate_to: [nameOf(1)] });
    await fixture.clock.advance(30_000);
  }
  return fixture;
}

/** A client of the management API whose requests are all answered with this. */
function reading(generation: 4 | 5, body: unknown) {
  const paths: string[] = [];
  const options: EmqxClientOptions = {
    namespace: 'mqtt',
    credentials: () => Promise.resolve({ id: 'id', secret: 'secret' }),
    transport: {
      exchange(_pod, { path }) {
        paths.push(path);
        return Promise.resolve({ status: 200, headers: {}, body: JSON.stringify(body) });
      },
    },
  };
  return { client: generation === 4 ? new EmqxClient(options) : new Emqx5Client(options), paths };
}

const view = (more: Partial<ClientView>): ClientView => ({
  isConnected: false,
  protocol: 'MQTT',
  protocolVersion: 4,
  cleanStart: false,
  sessionExpirySeconds: 7_200,
  keepAliveSeconds: 60,
  subscriptions: 1,
  ...more,
});

const suite = hasRecordings ? describe : describe.skip;

suite('the list of clients', () => {
  const V5 = { version: '5.8.9' };
  const V6 = { version: '6.2.0' };
  const durable = { durableSessions: { shards: 4 } };
  const [MOVED, ONE] = [/^\/clients\?conn_state=disconnected/, /^\/clients\?limit=1/];
  const list = (name = nameOf(0)) => `/clients?node=${name}&page=1&limit=2`;
  const moved = { protocol: undefined, protocolVersion: undefined };

  test.each([
    [
      '4.4',
      4,
      {},
      DEVICES.v4,
      'drop',
      recorded.v4,
      `/nodes/${nameOf(0)}/clients?_page=1&_limit=2`,
      [view({ protocolVersion: 5, sessionExpirySeconds: 600 }), view({})],
    ],
    [
      '5.8.9, moved',
      5,
      V5,
      DEVICES.p99,
      'move',
      () => recorded.v5('5.8.9-03-evacuation-300', MOVED),
      list(nameOf(1)),
      [view(moved)],
    ],
    [
      '6.2.0, moved',
      5,
      V6,
      DEVICES.p99,
      'move',
      () => recorded.v5('6.2.0-03-evacuation-300', MOVED),
      list(nameOf(1)),
      [view(moved)],
    ],
    [
      '5.8.9, durable',
      5,
      { ...V5, ...durable },
      DEVICES.p99,
      'stay',
      () => recorded.v5('5.8.9-08-durable-evacuation', ONE),
      list(),
      [view({ isConnected: true })],
    ],
    [
      '6.2.0, durable',
      5,
      { ...V6, ...durable },
      DEVICES.p99,
      'stay',
      () => recorded.v5('6.2.0-08-durable-evacuation', ONE),
      list(),
      [view({ isConnected: true })],
    ],
  ] as const)(
    'of %s is recorded as it is simulated, and read as it is recorded',
    async (_, generation, options, devices, then, record, path, views) => {
      const fixture = await simulated(options, devices, then);
      const answer = (await fixture.get(then === 'move' ? 1 : 0, path)).json as Listed;
      const real = record();
      const keysOf = ({ data, meta }: Listed) => ({
        meta: Object.keys(meta).sort(),
        data: data.map((one) => Object.keys(one).sort()),
      });
      expect(keysOf(answer)).toEqual(keysOf(real));
      for (const one of [real, answer]) {
        const { client, paths } = reading(generation, one);
        const node = String(one.data[0]!.node);
        expect(await client.clients('pod', node, { page: 1, limit: 2 })).toEqual(views);
        expect(paths).toEqual([`/api/v${generation}${path.replace(/emqx-ee@[^/&]+/, node)}`]);
      }
    },
  );

  test('of 4.4 with a session that was moved in fails, and its error holds ids', async () => {
    const { resp_body } = load('03-evacuation-300-noreconnect').steps.find(
      ({ path = '', resp_body: body = '' }) => path.includes('/clients?') && body.includes('EXIT'),
    )!;
    expect(
      await reading(4, JSON.parse(resp_body!)).client.clients('pod', 'node', { page: 1, limit: 2 }),
    ).toBeUndefined();
    const fixture = await simulated({ profile: 'open-4.4', version: '4.4.12' }, DEVICES.v4, 'move');
    const { json } = await fixture.get(0, `/nodes/${nameOf(1)}/clients?_page=1&_limit=2`);
    expect(await reading(4, json).client.clients('pod', 'node', { page: 1, limit: 2 })).toBeUndefined();
  });

  test('is read page by page, from the last id to the first', async () => {
    const fixture = await Fixture.booted();
    for (let index = 0; index < 5; index++) fixture.connect(0, { clientId: `d${index}` });
    const page = async (number: number) => {
      const { json } = await fixture.get(0, `/nodes/${nameOf(0)}/clients?_page=${number}&_limit=2`);
      return [(json as Listed).data.map(({ clientid }) => clientid), (json as Listed).meta];
    };
    expect(await page(1)).toEqual([['d4', 'd3'], { page: 1, limit: 2, hasnext: true, count: 5 }]);
    expect(await page(3)).toEqual([['d0'], { page: 3, limit: 2, hasnext: false, count: 5 }]);
  });
});
