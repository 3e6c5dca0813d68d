import type { KubeObject } from '../../src/kubernetes';
import { type EmqxResource, INSTANCE_LABEL } from '../../src/resource';
import { ClientLedger } from '../../src/simulator/clients/client-ledger';
import { Population } from '../../src/simulator/clients/population';
import { contextOf, running, served } from '../../src/simulator/scenario';
import { World } from '../../src/simulator/world';
import { runUpgrade } from '../../src/upgrade';
import { cluster } from './_cluster-at-rest';
import { emqx, FLEET, NEW, OLD, SERVICE, service } from './_emqx5-upgrade';

/** Objects that the two operators share are not needed here: see docs/generations.md. */
const NAME = 'emqx';
/** Pods have the labels of an EmqxEnterprise, and this one tells them from those of the EMQX. */
const LABELS = { line: 'enterprise' };
const enterprise = (version: string) =>
  cluster(version, ({ metadata }) => Object.assign(metadata, { name: NAME, labels: LABELS }));

const ENTERPRISE_SERVICE: KubeObject & { spec: object } = {
  ...service(undefined),
  metadata: { ...service(undefined).metadata, name: 'enterprise-mqtt' },
  spec: { selector: { [INSTANCE_LABEL]: NAME, ...LABELS }, ports: [{ name: 'mqtt', port: 1883, targetPort: 1883 }] },
};

const CLUSTERS: Record<EmqxResource['kind'], { before: EmqxResource; after: EmqxResource; service: string }> = {
  EmqxEnterprise: { before: enterprise('4.4.14'), after: enterprise('4.4.15'), service: 'enterprise-mqtt' },
  EMQX: {
    before: emqx(OLD, 3, 0, 'apps.emqx.io/v2beta1'),
    after: emqx(NEW, 3, 0, 'apps.emqx.io/v2beta1'),
    service: SERVICE,
  },
};
const KINDS = ['EmqxEnterprise', 'EMQX'] as const;

test('an EmqxEnterprise and an EMQX of one name are upgraded at once, each device once, and neither run sees the other', async () => {
  const world = new World({ seed: 16 });
  const { clock, kubernetes } = world;
  try {
    await clock.run(async () => {
      const objects = KINDS.map((kind) => CLUSTERS[kind].before as KubeObject);
      await world.apply([...objects, ENTERPRISE_SERVICE, service('core')]);
      const sides = [];
      for (const kind of KINDS) {
        const ledger = new ClientLedger(clock);
        const context = contextOf(world, 'default', NAME, () => undefined, undefined, kind);
        await running(context);
        await served(world, 'default', CLUSTERS[kind].service);
        const front = world.front('default', CLUSTERS[kind].service);
        const population = new Population({ clock, random: world.random.fork(kind), front, ledger }, FLEET);
        await population.connectAll();
        sides.push({ kind, ledger, context, population });
      }
      await clock.sleep(3_000);
      for (const { ledger } of sides) ledger.begin();
      const reports = await Promise.all(
        sides.map(({ kind, context }) => runUpgrade(context, { desired: CLUSTERS[kind].after })),
      );
      await clock.sleep(40_000);
      for (const { population } of sides) await population.returnDevices();

      for (const [index, { ledger }] of sides.entries()) {
        expect(reports[index]).toMatchObject({
          outcome: 'completed',
          hasLosses: false,
          incidents: [],
          connections: 275,
        });
        const seen = ledger.report();
        expect(seen.disconnectsPerClient).toEqual({ mean: 1, max: 1, histogram: [0, 275] });
        expect(seen).toMatchObject({ sessionsKept: 100, sessionsLost: 0, stillOffline: 0 });
      }
    });
    const named = (kind: string, apiVersion = 'v1') =>
      kubernetes.store
        .all({ apiVersion, kind })
        .map(({ metadata }) => metadata.name)
        .filter((name) => name.endsWith('-upgrade'))
        .sort();
    const own = ['emqx-upgrade', 'emqx.emqx-upgrade'];
    expect(named('Lease', 'coordination.k8s.io/v1')).toEqual(own);
    expect(named('ConfigMap')).toEqual(own);
    const versions = world.pods.running.map(({ node }) => node.version);
    expect(versions.sort()).toEqual(['4.4.15', '4.4.15', '4.4.15', NEW, NEW, NEW]);
  } finally {
    world.stop();
  }
});
