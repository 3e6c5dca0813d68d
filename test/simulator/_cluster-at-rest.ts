import type { KubeObject } from '../../src/kubernetes';
import { type EmqxEnterprise, parseEmqxEnterprise, withDefaults } from '../../src/resource';
import { mixedFleet } from '../../src/simulator/clients/client-group';
import { ClientLedger } from '../../src/simulator/clients/client-ledger';
import { Population } from '../../src/simulator/clients/population';
import { contextOf, running, served } from '../../src/simulator/scenario';
import { World, type WorldOptions } from '../../src/simulator/world';
import type { ProgressEvent } from '../../src/upgrade';

export const SEED = 20_261_122;
/** Disconnects per second. */
export const CAP = 100;

export function cluster(
  version = '4.4.14',
  change: (resource: EmqxEnterprise) => void = () => undefined,
): EmqxEnterprise {
  const resource = parseEmqxEnterprise({
    apiVersion: 'apps.emqx.io/v1beta4',
    kind: 'EmqxEnterprise',
    metadata: { name: 'emqx-ee' },
    spec: {
      blueGreenUpdate: {
        initialDelaySeconds: 5,
        evacuationStrategy: { waitTakeover: 5, connEvictRate: CAP, sessEvictRate: CAP },
      },
      template: { spec: { emqxContainer: { image: { repository: 'emqx/emqx-ee', version } } } },
    },
  });
  change(resource);
  return withDefaults(resource);
}

export const SERVICE: KubeObject & { spec: object } = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'emqx-ee-mqtt', namespace: 'default', labels: { 'emqx-blue-green/traffic-for': 'emqx-ee' } },
  spec: {
    type: 'NodePort',
    selector: { 'apps.emqx.io/instance': 'emqx-ee', 'apps.emqx.io/managed-by': 'emqx-operator' },
    ports: [{ name: 'mqtt', port: 1883, targetPort: 1883, nodePort: 32010 }],
  },
};

export interface AtRestOptions extends Pick<WorldOptions, 'operator' | 'operatorTransport' | 'timings'> {
  resource?: EmqxEnterprise;
  /** The Service the devices enter by. @default - one of our own */
  service?: 'emqx-ee-mqtt' | 'emqx-ee';
  /** What the engine tells. */
  events?: ProgressEvent[];
  /** A tenth of so many more are away. @default 300 */
  clients?: number;
}

/** A world with a cluster that runs and its clients, and devices that are away. */
export async function atRest(options: AtRestOptions = {}) {
  const {
    resource = cluster('4.4.14'),
    service = 'emqx-ee-mqtt',
    events = [],
    clients: count = 300,
    ...others
  } = options;
  const world = new World({ seed: SEED, ...others });
  const ledger = new ClientLedger(world.clock);
  const context = contextOf(world, 'default', 'emqx-ee', (event) => void events.push(event));
  const population = await world.clock.run(async () => {
    await world.apply([resource as KubeObject, ...(service === 'emqx-ee' ? [] : [SERVICE])]);
    await running(context);
    await served(world, 'default', service);
    const clients = new Population(
      { clock: world.clock, random: world.random.fork('clients'), front: world.front('default', service), ledger },
      mixedFleet(count, count / 10),
    );
    await clients.connectAll();
    await world.clock.sleep(3_000);
    return clients;
  });
  ledger.begin();
  const seen = async () => {
    await world.clock.sleep(10_000);
    await population.returnDevices();
    return ledger.report();
  };
  const connected = () => population.connected;
  return { world, context, ledger, connected, seen, report: () => world.clock.run(seen) };
}
