import { SimulatedClock } from '../../../src/simulator/clock';
import { EmqxCluster, type EmqxClusterOptions } from '../../../src/simulator/emqx/cluster';
import type { DataDir } from '../../../src/simulator/emqx/evacuation';
import type { EmqxNode } from '../../../src/simulator/emqx/node';
import type { NodeOptions, NodeTimings } from '../../../src/simulator/emqx/node-options';
import type {
  Channel,
  CloseCause,
  ConnectAnswer,
  Connection,
  ConnectRequest,
  Delivery,
} from '../../../src/simulator/emqx/types';
import { Random } from '../../../src/simulator/random';

export const nameOf = (index: number) => `emqx-ee@emqx-ee-${index}.emqx-ee-headless.default.svc.cluster.local`;

export const AUTHORIZATION = `Basic ${Buffer.from('admin:public').toString('base64')}`;

export interface FixtureOptions extends Partial<EmqxClusterOptions> {
  nodes?: number;
  version?: string;
  timings?: Partial<NodeTimings>;
  dataDirs?: DataDir[];
  /** What differs between the nodes. */
  each?: (index: number) => Partial<NodeOptions>;
}

/** A booted cluster with names and credentials for tests. */
export class Fixture {
  readonly clock = new SimulatedClock();
  readonly cluster: EmqxCluster;
  readonly nodes: EmqxNode[];
  private count = 0;

  private constructor({ nodes = 3, version = '4.4.14', timings, dataDirs, each, ...options }: FixtureOptions) {
    this.cluster = new EmqxCluster({ clock: this.clock, random: new Random(7), ...options });
    this.nodes = Array.from({ length: nodes }, (_, index) =>
      this.cluster.addNode({
        name: nameOf(index),
        version,
        credentials: (id, secret) => id === 'admin' && secret === 'public',
        ...(timings ? { timings } : {}),
        ...(dataDirs?.[index] ? { dataDir: dataDirs[index] } : {}),
        ...each?.(index),
      }),
    );
  }

  static async booted(options: FixtureOptions = {}): Promise<Fixture> {
    const fixture = new Fixture(options);
    for (const node of fixture.nodes) node.boot();
    await fixture.clock.advance(10_000);
    return fixture;
  }

  node(index: number): EmqxNode {
    return this.nodes[index]!;
  }

  connect(node: number, request: Partial<ConnectRequest> = {}): Client {
    const client = new Client(this, { clientId: `c${this.count++}`, protocolVersion: 5, cleanStart: true, ...request });
    client.connect(node);
    return client;
  }

  /** Clients with sessions of an hour. */
  connectPersistent(node: number, count: number): Client[] {
    return Array.from({ length: count }, () => this.connect(node, { cleanStart: false, sessionExpirySeconds: 3600 }));
  }

  async get(node: number, path: string) {
    return this.exchange('GET', node, path);
  }

  async post(node: number, path: string, body?: unknown) {
    return this.exchange('POST', node, path, typeof body === 'string' ? body : JSON.stringify(body));
  }

  async put(node: number, path: string, body: unknown) {
    return this.exchange('PUT', node, path, JSON.stringify(body));
  }

  async delete(node: number, path: string) {
    return this.exchange('DELETE', node, path);
  }

  async start(node: number, options: Record<string, unknown>, via = node) {
    return this.post(via, `/load_rebalance/${nameOf(node)}/evacuation/start`, options);
  }

  async stop(node: number, via = node) {
    return this.post(via, `/load_rebalance/${nameOf(node)}/evacuation/stop`);
  }

  private async exchange(method: string, node: number, path: string, body?: string) {
    const response = await this.node(node).handle({
      method,
      path: path === '/status' ? path : `/api/v${this.node(node).profile.generation}${path}`,
      headers: { Authorization: AUTHORIZATION, ...(body ? { 'Content-Type': 'application/json' } : {}) },
      ...(body === undefined ? {} : { body }),
    });
    const isJson = response.headers['content-type'] === 'application/json';
    return { status: response.status, body: response.body, json: isJson ? JSON.parse(response.body) : undefined };
  }
}

/** A client that remembers what it saw. */
export class Client implements Connection {
  channel: Channel | undefined;
  answer: ConnectAnswer | undefined;
  readonly deliveries: Delivery[] = [];
  readonly closes: CloseCause[] = [];
  acknowledges = true;

  constructor(
    private readonly fixture: Fixture,
    readonly request: ConnectRequest,
  ) {}

  connect(node: number, request: Partial<ConnectRequest> = {}): ConnectAnswer {
    this.answer = this.fixture.node(node).connect({ ...this.request, ...request }, this);
    this.channel = this.answer.accepted ? this.answer.channel : undefined;
    return this.answer;
  }

  get isConnected(): boolean {
    return this.channel !== undefined;
  }

  get payloads(): string[] {
    return this.deliveries.map(({ payload }) => Buffer.from(payload).toString());
  }

  closed(cause: CloseCause): void {
    this.channel = undefined;
    this.closes.push(cause);
  }

  deliver(delivery: Delivery): void {
    this.deliveries.push(delivery);
    if (this.acknowledges && delivery.packetId !== undefined) this.channel?.acknowledge(delivery.packetId);
  }
}

export const message = (topic: string, payload: string, qos: 0 | 1 = 1) => ({
  topic,
  payload: Buffer.from(payload),
  qos,
});
