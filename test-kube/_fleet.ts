import { mixedFleet } from '../src/simulator/clients/client-group';
import { ClientLedger } from '../src/simulator/clients/client-ledger';
import type { ClientReport } from '../src/simulator/clients/client-report';
import { Population } from '../src/simulator/clients/population';
import type { TrafficFront } from '../src/simulator/traffic-front';
import type { KubeWorld } from './_kube-world';
import { until } from './_until';
import type { Target } from './_upgrade-cluster';

/** Simulated clients of a world; another tenth of them are devices that are away, and a message waits for each. */
export class Fleet {
  readonly devices: number;
  private readonly front: TrafficFront;
  private readonly ledger: ClientLedger;
  private readonly population: Population;

  /** @param service by which they enter */
  constructor(
    private readonly world: KubeWorld,
    private readonly target: Target,
    service: string,
    readonly clients: number,
  ) {
    const { clock, random } = world;
    this.devices = Math.ceil(clients / 10);
    this.front = world.front(service);
    this.ledger = new ClientLedger(clock);
    this.population = new Population(
      { clock, random: random.fork('clients'), front: this.front, ledger: this.ledger },
      mixedFleet(clients, this.devices),
    );
  }

  /** How often any of them was disconnected so far. */
  get disconnects(): number {
    return this.ledger.disconnects.total;
  }

  /** Connects all of them, as soon as they can reach every node. */
  async connect(): Promise<void> {
    await until('all nodes to be behind the Service', () => this.front.endpoints.length === this.target.serving);
    await this.population.connectAll();
    this.population.queueMessages(this.world.nodes[0]!.node);
    this.ledger.begin();
  }

  /** What they saw, once everybody is connected again and the devices have come back. */
  async report(): Promise<ClientReport> {
    await until('all clients to be connected', () => this.ledger.connectedNow === this.clients);
    await this.population.returnDevices();
    return this.ledger.report();
  }
}
