import type { Link } from '../../src/cli/shell';
import type { KubeObject } from '../../src/kubernetes';
import { API_VERSION, type Emqx, type EmqxEnterprise, type EmqxResource, KIND } from '../../src/resource';
import { trafficService } from '../../src/sandbox/traffic-service';
import { mixedFleet } from '../../src/simulator/clients/client-group';
import { ClientLedger } from '../../src/simulator/clients/client-ledger';
import { Population } from '../../src/simulator/clients/population';
import { contextOf, running, served } from '../../src/simulator/scenario';
import { World } from '../../src/simulator/world';
import { clusterOf, emqxOf } from '../_upgradable-cluster';
import { type Ended, run, type TestShellOptions } from './_shell';

/**
 * The cluster `default/emqx-ee` with EMQX 4.4.14 at rest and devices on it, in virtual time; of EMQX 5 `default/emqx` with three cores of
 * 5.8.8, and perhaps replicants.
 */
export class SimulatedCluster {
  readonly world = new World({ seed: 7 });
  readonly ledger = new ClientLedger(this.world.clock);

  constructor(
    private readonly kind: EmqxResource['kind'] = KIND,
    private readonly replicants = 0,
  ) {}

  static async atRest(clients = 300, kind: EmqxResource['kind'] = KIND, replicants = 0): Promise<SimulatedCluster> {
    const simulated = new SimulatedCluster(kind, replicants);
    await simulated.world.clock.run(() => simulated.boot(clients));
    return simulated;
  }

  /** The way commands take to it. */
  readonly link = (): Link => {
    const { api, clock, transport } = this.world;
    return { api, clock, transport: () => transport, namespace: 'default', close: () => undefined };
  };

  /** Runs a command to its end. */
  run(words: string, options: TestShellOptions = {}): Promise<Ended> {
    return this.world.clock.run(() => this.started(words, options));
  }

  /** The same, for commands that run while time goes on for another one. */
  started(words: string, options: TestShellOptions = {}): Promise<Ended> {
    return run(words.split(' '), { link: this.link, ...options });
  }

  /** The custom resource as it is now. */
  get resource(): EmqxEnterprise {
    const ref = { apiVersion: API_VERSION, kind: KIND, namespace: 'default', name: 'emqx-ee' };
    return this.world.kubernetes.store.get<EmqxEnterprise & KubeObject>(ref);
  }

  /** What an upgrade has left in the cluster beside it. */
  get traces(): KubeObject[] {
    const { store } = this.world.kubernetes;
    const kinds = [
      { apiVersion: 'v1', kind: 'ConfigMap' },
      { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
    ];
    return kinds.flatMap((kind) => store.list({ ...kind, namespace: 'default', name: 'emqx-ee-upgrade' }));
  }

  private async boot(clients: number): Promise<void> {
    const { world, ledger, kind } = this;
    const cluster = kind === 'EMQX' ? emqxAtRest(this.replicants) : enterpriseAtRest();
    const entry = trafficService(cluster, 32_010);
    await world.apply([cluster as KubeObject, entry]);
    await running(contextOf(world, 'default', cluster.metadata.name, () => undefined, undefined, kind));
    const front = world.front('default', entry.metadata.name);
    await served(world, 'default', entry.metadata.name);
    const { clock } = world;
    const population = new Population(
      { clock, random: world.random.fork('clients'), front, ledger },
      mixedFleet(clients, clients / 10),
    );
    await population.connectAll();
    await clock.sleep(3_000); // the nodes count their connections
    ledger.begin();
  }
}

function enterpriseAtRest(): EmqxEnterprise {
  const cluster = clusterOf('emqx-ee', 'default', '4.4.14');
  cluster.spec.blueGreenUpdate!.initialDelaySeconds = 2;
  return cluster;
}

function emqxAtRest(replicants: number): Emqx {
  const cluster = emqxOf('emqx', 'default', '5.8.8');
  cluster.spec.updateStrategy!.initialDelaySeconds = 2;
  if (replicants > 0) cluster.spec.replicantTemplate = { spec: { replicas: replicants } };
  return cluster;
}
