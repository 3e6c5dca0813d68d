import type { KubeObject } from '../../src/kubernetes';
import { EMQX_API_VERSION, EMQX_KIND, type Emqx, HOLD_DELAY_SECONDS, withEmqxDefaults } from '../../src/resource';
import { mixedFleet } from '../../src/simulator/clients/client-group';
import { ClientLedger } from '../../src/simulator/clients/client-ledger';
import { Population } from '../../src/simulator/clients/population';
import { World } from '../../src/simulator/world';

const REF = { apiVersion: EMQX_API_VERSION, kind: EMQX_KIND, namespace: 'default', name: 'emqx' };

/** A cluster of EMQX 5 with 300 clients, 30 of them with sessions that persist, in a world of its own. */
async function upgraded(cores: number, replicants: number, initialDelaySeconds: number, minutes: number) {
  const world = new World();
  const latest = () => world.kubernetes.store.get<Emqx & KubeObject>(REF).status;
  const resource = withEmqxDefaults({
    apiVersion: EMQX_API_VERSION,
    kind: EMQX_KIND,
    metadata: { name: 'emqx', namespace: 'default' },
    spec: {
      image: 'emqx/emqx-enterprise:5.8.8',
      updateStrategy: {
        initialDelaySeconds,
        evacuationStrategy: { waitTakeover: 3, connEvictRate: 100, sessEvictRate: 100 },
      },
      coreTemplate: { spec: { replicas: cores } },
      ...(replicants > 0 && { replicantTemplate: { spec: { replicas: replicants } } }),
    },
  });
  const ledger = new ClientLedger(world.clock);
  const result = await world.clock.run(async () => {
    await world.apply([resource as KubeObject]);
    await world.clock.sleep(60_000);
    const front = world.front('default', 'emqx-listeners');
    await world.clock.sleep(1_000);
    const clients = new Population(
      { clock: world.clock, random: world.random.fork('clients'), front, ledger },
      mixedFleet(300, 30),
    );
    await clients.connectAll();
    await world.clock.sleep(3_000);
    ledger.begin();
    await world.api.patch(REF, { type: 'merge', body: { spec: { image: 'emqx/emqx-enterprise:5.8.9' } } });
    await world.clock.sleep(minutes * 60_000);
    await clients.returnDevices();
    return { report: ledger.report(), status: latest(), panics: world.operator.panics };
  });
  world.stop();
  return { ...result, versions: world.pods.running.map(({ node }) => node.version) };
}

describe('EMQX 5 in a world, upgraded by the operator', () => {
  test.each([
    [3, 0],
    [2, 3],
  ])('%d cores and %d replicants: each client is disconnected once, no session is lost', async (cores, replicants) => {
    const { report, status, panics, versions } = await upgraded(cores, replicants, 5, 6);
    expect(status?.conditions?.[0]?.type).toBe('Ready');
    expect(versions).toEqual(Array.from({ length: cores + replicants }, () => '5.8.9'));
    expect(report.disconnectsPerClient).toMatchObject({ max: 1 });
    expect(report.sessionsLost).toBe(0);
    expect(panics).toEqual([]);
  });

  test('held: nobody is disconnected', async () => {
    const { report, status, versions } = await upgraded(3, 0, HOLD_DELAY_SECONDS, 6);
    expect(status?.conditions?.[0]?.type).toBe('Available');
    expect(versions).toHaveLength(6);
    expect(report.disconnects).toBe(0);
  });
});
