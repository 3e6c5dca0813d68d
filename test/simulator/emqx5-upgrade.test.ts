import type { KubeObject } from '../../src/kubernetes';
import type { EmqxCluster } from '../../src/simulator/emqx/cluster';
import type { EmqxNode } from '../../src/simulator/emqx/node';
import { contextOf, type Scenario } from '../../src/simulator/scenario';
import type { World } from '../../src/simulator/world';
import { type Phase, statusOf, type UpgradeStatus } from '../../src/upgrade';
import { NEW, OLD, upgraded } from './_emqx5-upgrade';

describe.each([
  ['cores', { cores: 3 }],
  ['cores and replicants', { cores: 2, replicants: 3 }],
])('an upgrade of EMQX 5 with %s', (_, size) => {
  const all = size.cores + ('replicants' in size ? size.replicants : 0);

  test('disconnects each device once, keeps every session, and leaves the new nodes alone', async () => {
    const { upgrade, clients, nodes, told } = await upgraded(size);
    expect(upgrade).toMatchObject({ outcome: 'completed', hasLosses: false, incidents: [], connections: 275 });
    expect(clients.disconnectsPerClient).toEqual({ mean: 1, max: 1, histogram: [0, 275] });
    expect(clients).toMatchObject({ sessionsKept: 100, sessionsLost: 0, messagesQueued: 25, messagesDelivered: 25 });
    expect(clients.peakDisconnectsPerSecond).toBeLessThanOrEqual(100);
    expect(nodes.map(({ version }) => version)).toEqual(Array.from({ length: all }, () => NEW));
    const scaled = told.filter((text) => text.startsWith('scale '));
    expect(scaled.map((text) => /-(core|replicant)-/.exec(text)?.[1])).toEqual(
      'replicants' in size ? ['replicant', 'core'] : ['core'],
    );
  });

  test('takes a fraction of the time that the operator alone needs', async () => {
    const fleet: Scenario['fleet'] = [
      { name: 'clean', count: 2_700, protocolVersion: 5 },
      { name: 'online', count: 300, protocolVersion: 5, persistent: true },
    ];
    const [ours, alone] = [await upgraded({ ...size, fleet }), await upgraded({ ...size, fleet, driver: 'operator' })];
    const ratio = ours.upgrade.durationMs / alone.upgrade.durationMs;
    expect(ratio).toBeLessThanOrEqual('replicants' in size ? 0.6 : 0.35);
    // Three nodes take turns within a second, and their rates are whole numbers.
    expect(ours.upgrade.ratio).toBeLessThanOrEqual(1.1);
    // It loses none, but time.
    expect(alone.clients).toMatchObject({ sessionsLost: 0, disconnectsPerClient: { max: 1 } });
  });

  test.each<Phase>(['green', 'switch', 'evacuate'])(
    'that is aborted in phase %s goes back, without loss',
    async (phase) => {
      const { upgrade, clients, nodes, sets, told } = await upgraded({ ...size, abortIn: phase });
      expect(upgrade.outcome).toBe('aborted');
      expect(clients).toMatchObject({ sessionsLost: 0, stillOffline: 0, messagesQueued: 25, messagesDelivered: 25 });
      expect(clients.disconnectsPerClient.max).toBeLessThanOrEqual(phase === 'green' ? 0 : 2);
      expect(nodes.map(({ version }) => version)).toEqual(Array.from({ length: all }, () => OLD));
      // With the same names a later try can be aborted, too.
      expect(sets).toHaveLength('replicants' in size ? 2 : 1);
      expect(told.some((text) => text.startsWith('remove '))).toBe(true);
    },
  );
});

test.each([undefined, 'evacuate'] as const)(
  'devices on cores beside replicants are moved, too, and none is taken for offline (aborted in %s)',
  async (abortIn) => {
    // More on the cores than may be offline at a time.
    const fleet: Scenario['fleet'] = [{ name: 'clean', count: 1_000, protocolVersion: 5 }];
    let [finding, beside] = ['', Promise.resolve<UpgradeStatus['beside']>([])];
    const { upgrade, clients } = await upgraded({
      cores: 2,
      replicants: 3,
      onBothRoles: true,
      abortIn,
      fleet,
      planned: ({ checks }) => {
        finding = checks.find(({ id }) => id === 'devices-on-cores')?.finding ?? '';
      },
      onPhase: (phase, world) => {
        const context = contextOf(world, 'default', 'emqx', () => undefined, undefined, 'EMQX');
        if (phase === 'claim') beside = statusOf(context).then((status) => status.beside);
      },
    });
    const [cores] = await beside;
    expect(cores).toMatchObject({ role: 'core', ready: 2, replicas: 2 });
    expect(cores!.connections).toBeGreaterThan(200);
    expect(finding).toMatch(/^\d{3} devices are connected to cores, not to replicants: they are moved after those/);
    expect(upgrade).toMatchObject({ outcome: abortIn ? 'aborted' : 'completed', incidents: [] });
    expect(clients).toMatchObject({ stillOffline: 0 });
    expect(clients.disconnectsPerClient.max).toBeLessThanOrEqual(abortIn ? 2 : 1);
  },
);

describe('durable sessions', () => {
  // They take longer than the devices.
  const durableSessions = () => ({ shards: 16 });

  test('are stored on the new cores before an old one goes: no acknowledged message is lost', async () => {
    let exchanges: jest.SpiedFunction<World['transport']['exchange']> | undefined;
    const onPhase = (_: Phase, { transport }: World) => {
      exchanges ??= jest.spyOn(transport, 'exchange');
    };
    const { upgrade, clients, told } = await upgraded({ cores: 3, durableSessions, onPhase });
    expect(upgrade).toMatchObject({ outcome: 'completed', hasLosses: false });
    // It is ordered once; what was read before does not make the engine repeat it.
    const asked = exchanges!.mock.calls.map(([, { method, path }]) => `${method} ${path}`);
    expect(asked.filter((each) => each.startsWith('PUT '))).toEqual(['PUT /api/v5/ds/storages/messages/replicas']);
    expect(clients).toMatchObject({ sessionsKept: 100, sessionsLost: 0, messagesQueued: 25, messagesDelivered: 25 });
    expect(clients.disconnectsPerClient).toMatchObject({ max: 1 });
    const moved = told.findIndex((text) => text.startsWith('move the durable storage'));
    expect(moved).toBeGreaterThan(-1);
    expect(told.findIndex((text) => text.startsWith('scale '))).toBeGreaterThan(moved);
  });

  test('are moved in the same time where cores take 200 ms for each answer about them', async () => {
    let isLate = false;
    const onPhase = (_: Phase, { clock, transport }: World) => {
      if (isLate) return;
      isLate = true;
      const exchange = transport.exchange.bind(transport);
      jest.spyOn(transport, 'exchange').mockImplementation(async (pod, request, signal) => {
        if (request.path.includes('/ds/')) await clock.sleep(200, signal);
        return exchange(pod, request, signal);
      });
    };
    const [late, prompt] = [
      await upgraded({ cores: 3, durableSessions, onPhase }),
      await upgraded({ cores: 3, durableSessions }),
    ];
    expect(late.upgrade.outcome).toBe('completed');
    expect(late.upgrade.durationMs).toBeLessThan(1.1 * prompt.upgrade.durationMs);
  });

  test('are moved back by an abort', async () => {
    const { upgrade, clients, nodes } = await upgraded({ cores: 3, durableSessions, abortIn: 'evacuate' });
    expect(upgrade.outcome).toBe('aborted');
    expect(clients).toMatchObject({ sessionsLost: 0, messagesQueued: 25, messagesDelivered: 25 });
    expect(nodes.map(({ version }) => version)).toEqual([OLD, OLD, OLD]);
  });
});

/**
 * The operator is refused, too: it knows no node any more, and takes the new ones out of the Service. Devices that are disconnected
 * then have no way back until the key is accepted again.
 *
 * @see EMQX Operator 2.2.29, `update_emqx_status.go` and `update_pod_conditions.go`
 */
describe('old nodes that refuse the key of the operator while they are evacuated', () => {
  const KEY = { key: 'mine', secret: 'made-in-the-dashboard' };

  async function refusing(hasOwnKey: boolean) {
    let world: World | undefined;
    const onPhase = (phase: Phase, at: World) => {
      if (phase !== 'evacuate') return;
      world = at;
      const cluster = at.pods.running[0]!.node.cluster as EmqxCluster;
      cluster.addKey(KEY.key, KEY.secret);
      // As after a node of 6.3.0 has joined, when some devices have moved.
      at.clock.schedule(1_500, () => cluster.readBootstrapFile({ version: '6.3.0' } as EmqxNode));
      const metadata = { name: 'emqx-upgrade-api-key', namespace: 'default' };
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: KEY } as KubeObject;
      if (hasOwnKey) void at.apply([secret]);
    };
    const fleet: Scenario['fleet'] = [{ name: 'clean', count: 3_000, protocolVersion: 5 }];
    const run = upgraded({ cores: 3, versions: ['6.2.0', '6.3.1'], fleet, onPhase });
    const error = await run.catch((each: Error) => each);
    const blue = world!.pods.running.map(({ node }) => node).filter(({ version }) => version === '6.2.0');
    return { error, blue, connected: blue.reduce((sum, { sessions }) => sum + sessions.live.size, 0) };
  }

  test('are stopped with a key of one’s own: their devices stay where they are', async () => {
    const { error, blue, connected } = await refusing(true);
    expect(error).toMatchObject({ code: 'STALLED' });
    expect(blue.map(({ isEvacuating }) => isEvacuating)).toEqual([false, false, false]);
    expect(connected).toBeGreaterThan(2_500);
  });

  test('cannot be stopped without one, and the error names the Secret for it', async () => {
    const { error, blue, connected } = await refusing(false);
    const why = /-core-\w+-0, .* cannot be queried: the node does not know .* Secret <cluster>-upgrade-api-key/;
    expect(error).toMatchObject({ code: 'STALLED', message: expect.stringMatching(why) as string });
    expect(blue.map(({ isEvacuating }) => isEvacuating)).toEqual([true, true, true]);
    expect(connected).toBe(0);
  });
});
