import type { SimulatedClock } from '../../src/simulator/clock';
import { type ClientView, checkWithDevices, type Page, PortError, planWithDevices } from '../../src/upgrade';
import { pagesOf, sampleDevices, sampleOfDevices } from '../../src/upgrade/device-sample';
import { Observer } from '../../src/upgrade/observe';
import { FakeWorld } from './fake-world';
import { request } from './fixtures';

const client = (more: Partial<ClientView> = {}): ClientView => ({
  isConnected: true,
  protocol: 'MQTT',
  protocolVersion: 5,
  cleanStart: false,
  sessionExpirySeconds: 7_200,
  keepAliveSeconds: 60,
  subscriptions: 1,
  ...more,
});
const many = (count: number, more: Partial<ClientView> = {}) => Array.from({ length: count }, () => client(more));
const one = (more: Partial<ClientView>) =>
  sampleOfDevices([{ pod: 'a', connections: 1, clients: [client(more)] }])! as unknown as Record<string, unknown>;

describe('a sample of the devices', () => {
  test.each<[string, Partial<ClientView>, string[]]>([
    ['MQTT 5 with a session', {}, ['mqtt5']],
    ['MQTT 3.1.1', { protocolVersion: 4 }, ['mqtt311']],
    ['MQTT 3.1', { protocol: 'MQIsdp', protocolVersion: 3 }, ['mqtt31']],
    ['a gateway', { protocol: 'MQTT-SN', protocolVersion: 4 }, ['otherProtocols']],
    ['an unknown protocol', { protocol: undefined, protocolVersion: undefined }, ['otherProtocols']],
    ['no session', { sessionExpirySeconds: 0, subscriptions: 0 }, ['mqtt5', 'sessionless']],
    ['no session, subscribed', { sessionExpirySeconds: 0 }, ['mqtt5', 'sessionless', 'sessionlessSubscribers']],
    ['a short session', { sessionExpirySeconds: 299 }, ['mqtt5', 'shortSessions']],
    ['a session that began clean', { cleanStart: true }, ['mqtt5', 'cleanKept']],
    ['no keep-alive', { keepAliveSeconds: 0 }, ['mqtt5', 'noKeepAlive']],
    ['a keep-alive of 300 s', { keepAliveSeconds: 300 }, ['mqtt5']],
    ['a longer one', { keepAliveSeconds: 301 }, ['mqtt5', 'longKeepAlive']],
  ])('counts %s', (_, more, expected) => {
    const { subscriptions, ...figures } = one(more);
    expect(subscriptions).toEqual({ sampled: more.subscriptions ?? 1, estimate: more.subscriptions ?? 1 });
    const counted = Object.entries(figures).filter(([, value]) => (value as { sampled?: number }).sampled === 1);
    expect(counted.map(([name]) => name)).toEqual(expected);
  });

  test('never takes what is not listed for zero', () => {
    expect(one({ keepAliveSeconds: undefined })).toMatchObject({ noKeepAlive: null, longKeepAlive: null });
    expect(one({ sessionExpirySeconds: undefined })).toMatchObject({ sessionless: null, shortSessions: null });
    expect(one({ subscriptions: undefined })).toMatchObject({ subscriptions: null, sessionlessSubscribers: null });
  });

  test('extrapolates each node by its own sample, and names those without one', () => {
    const clients = [...many(60, { protocolVersion: 4 }), ...many(40), ...many(50, { isConnected: false })];
    const sample = sampleOfDevices([
      { pod: 'a', connections: 1_000, clients },
      { pod: 'b', connections: 100, clients: many(100) },
      { pod: 'c', connections: 700, clients: undefined },
      { pod: 'd', connections: 1, clients: [] },
    ]);
    expect(sample).toMatchObject({
      connections: 1_100,
      sampled: 200,
      isEstimate: true,
      unlisted: ['c', 'd'],
      mqtt311: { sampled: 60, estimate: 600 },
      mqtt5: { sampled: 140, estimate: 500 },
      subscriptions: { sampled: 200, estimate: 1_100 },
    });
    expect(sampleOfDevices([{ pod: 'c', connections: 700, clients: undefined }])).toBeUndefined();
  });

  test('is exact where all were listed', () => {
    expect(sampleOfDevices([{ pod: 'b', connections: 90, clients: many(100) }])).toMatchObject({
      connections: 100,
      sampled: 100,
      isEstimate: false,
    });
  });

  test.each([
    [0, [1]],
    [200, [1]],
    [201, [1, 2]],
    [1_000, [1, 2, 3, 4, 5]],
    [20_000, [11, 31, 51, 71, 91]],
  ])('of %d clients reads pages from the whole list', (rows, pages) => {
    expect(pagesOf(rows)).toEqual(pages);
  });

  test('asks each node at most twice a second', async () => {
    const world = new FakeWorld();
    Object.assign(world.load, { connections: 1_000, sessions: 1_000 });
    const asked: { at: number; pod: string; page: number }[] = [];
    const context = world.process('a');
    const { clock } = context;
    const clients = async (pod: string, _node: string, { page, limit }: Page) => {
      asked.push({ at: clock.now(), pod, page });
      return many(limit);
    };
    const observation = await new Observer(clock, context.cluster, context.emqx).observe(undefined);
    const reading = sampleDevices({ clock, emqx: { ...context.emqx, clients } }, observation);
    await (clock as SimulatedClock).advance(10_000);
    const { sampled, connections } = (await reading)!;
    expect(sampled).toBe(connections);
    const pods = [...new Set(asked.map(({ pod }) => pod))];
    expect(pods).toHaveLength(3);
    for (const pod of pods) {
      const times = asked.filter((one) => one.pod === pod).map(({ at }) => at);
      expect(times).toHaveLength(5);
      for (const [index, at] of times.slice(1).entries()) expect(at - times[index]!).toBeGreaterThanOrEqual(500);
    }
  });

  test('belongs to the one observation that a plan or a check is made from', async () => {
    const world = new FakeWorld();
    Object.assign(world.load, { connections: 1_000, sessions: 1_000 });
    const context = world.process('a');
    const clients = async (_pod: string, _node: string, { limit }: Page) => many(limit);
    const asked = { ...context, emqx: { ...context.emqx, clients } };
    const observe = jest.spyOn(context.cluster, 'observe');
    const within = async <T>(look: Promise<T>): Promise<T> => {
      await (context.clock as SimulatedClock).advance(10_000);
      return look;
    };
    const planned = await within(planWithDevices(asked, request()));
    expect(planned.devices).toMatchObject({ connections: planned.plan.connections });
    expect(observe).toHaveBeenCalledTimes(1);
    const checked = await within(checkWithDevices(asked, undefined));
    expect(checked.devices).toEqual(planned.devices);
    expect(observe).toHaveBeenCalledTimes(2);
    jest.spyOn(context.cluster, 'missingRights').mockResolvedValue(['list pods']);
    observe.mockRejectedValue(new PortError('refused', 'no'));
    expect(await within(checkWithDevices(asked, undefined))).toMatchObject({
      checks: [{ id: 'access', status: 'blocker' }],
      devices: null,
    });
  });
});
