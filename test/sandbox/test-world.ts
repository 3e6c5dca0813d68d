import { type EventEmitter, once } from 'node:events';
import type { MqttClient } from 'mqtt';
import { connectAsync, type IClientOptions } from 'mqtt';
import type { SandboxWorld } from '../../src/sandbox/sandbox';
import { Sandbox } from '../../src/sandbox/sandbox';
import { type Drive, SimulatedClock } from '../../src/simulator/clock';
import { EmqxCluster } from '../../src/simulator/emqx/cluster';
import type { EmqxNode } from '../../src/simulator/emqx/node';
import { Random } from '../../src/simulator/random';
import { TrafficFront } from '../../src/simulator/traffic-front';

export interface TestWorldOptions {
  licensedConnections?: number;
}

/** Moves time by itself as it passes, and further when the test says so (`clock.pass`). */
export const movable: Drive = (clock) => {
  const ticks = setInterval(() => clock.pass(1), 1);
  return () => clearInterval(ticks);
};

/** Running nodes in pods of the given names, all of them endpoints of the one Service. */
export class TestWorld implements SandboxWorld {
  readonly clock = new SimulatedClock();
  readonly random = new Random(11);
  readonly front: TrafficFront;
  readonly frozen = new Set<string>();
  private readonly cluster: EmqxCluster;
  private readonly byPod = new Map<string, EmqxNode>();

  private constructor(options: TestWorldOptions) {
    const { clock, random } = this;
    this.cluster = new EmqxCluster({ clock, random: random.fork('emqx'), ...options });
    this.front = new TrafficFront({
      clock,
      random: random.fork('front'),
      destinationOf: (pod) => this.destinationOf(pod),
    });
  }

  static async of(podNames: readonly string[], options: TestWorldOptions = {}): Promise<TestWorld> {
    const world = new TestWorld(options);
    for (const pod of podNames) world.add(pod);
    await world.clock.advance(1);
    world.front.update(podNames);
    return world;
  }

  add(pod: string): EmqxNode {
    const node = this.cluster.addNode({
      name: `emqx-ee@${pod}.emqx-ee-headless.default.svc.cluster.local`,
      version: '4.4.14',
      credentials: (id, secret) => id === 'admin' && secret === 'public',
      timings: { joinMs: 0, listenMs: 0, pluginsMs: 0 },
    });
    node.boot();
    this.byPod.set(pod, node);
    return node;
  }

  node(pod: string): EmqxNode {
    return this.byPod.get(pod)!;
  }

  /** Starts to evacuate a node as its API does. */
  evacuate(pod: string, body: object = {}): void {
    const node = this.node(pod);
    const authorization = `Basic ${Buffer.from('admin:public').toString('base64')}`;
    void node.handle({
      method: 'POST',
      path: `/api/v4/load_rebalance/${node.name}/evacuation/start`,
      headers: { authorization },
      body: JSON.stringify(body),
    });
  }

  private destinationOf(pod: string): EmqxNode | 'silent' | undefined {
    if (this.frozen.has(pod)) return 'silent';
    const node = this.byPod.get(pod);
    return node?.isListening ? node : undefined;
  }

  nodes(): [string, EmqxNode][] {
    return [...this.byPod].filter(([, node]) => node.isListening);
  }
}

/** Starts what a test needs, and ends it after the test, the last thing first. */
export class Cleanup {
  private readonly ends: (() => unknown)[] = [];

  add(end: () => unknown): void {
    this.ends.push(end);
  }

  async run(): Promise<void> {
    for (const end of this.ends.splice(0).reverse()) await end();
  }

  /** A sandbox of such a world on a free port, and a way to connect MQTT clients to it. */
  async sandbox(podNames: readonly string[], options: TestWorldOptions = {}, drive?: Drive) {
    const world = await TestWorld.of(podNames, options);
    const sandbox = new Sandbox(world);
    this.add(() => sandbox.stop());
    const { port } = await sandbox.start(0, drive);
    const connect = async (rest: IClientOptions): Promise<MqttClient> => {
      const client = await connectAsync({ host: '127.0.0.1', port, reconnectPeriod: 0, ...rest });
      this.add(() => client.endAsync(true));
      return client;
    };
    return { world, sandbox, port, connect };
  }
}

/** The arguments of the next such event; the types of the MQTT library hide that its clients are ordinary emitters. */
export function next(emitter: object, event: string): Promise<unknown[]> {
  return once(emitter as EventEmitter, event);
}
