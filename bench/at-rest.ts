import { type EmqxTransport, managementPorts } from '../src/emqx';
import type { EmqxResponse } from '../src/emqx/transport';
import { Cluster, type KubeApi, type KubeObject, type ListQuery } from '../src/kubernetes';
import type { NodeSet } from '../src/kubernetes/core-objects';
import { type EmqxResource, HOLD_DELAY_SECONDS, versionOf } from '../src/resource';
import { mixedFleet } from '../src/simulator/clients/client-group';
import { ClientLedger } from '../src/simulator/clients/client-ledger';
import { Population } from '../src/simulator/clients/population';
import { kinds } from '../src/simulator/kubernetes/kinds';
import { refOf } from '../src/simulator/kubernetes/object-store';
import { contextOf, running, served } from '../src/simulator/scenario';
import { World } from '../src/simulator/world';
import type { UpgradeContext } from '../src/upgrade';
import { Counted } from './counted';
import { emqx5Upgrade } from './emqx5';
import { tutorialUpgrade } from './tutorial';

export const SEED = 1;
export const NAMESPACE = 'default';

export interface AtRestOptions {
  generation: 4 | 5;
  nodes: number;
  /** A tenth of so many more are offline. */
  clients: number;
  /** Disconnects per second, of the cluster. */
  cap: number;
  /** Beside them in the namespace, of another application. @default 0 */
  foreignPods?: number;
}

/** A cluster in virtual time with its devices, and everything counted that is asked of its API server and its nodes. */
export class AtRest {
  readonly world = new World({ seed: SEED });
  readonly ledger = new ClientLedger(this.world.clock);
  readonly counted = new Counted(this.world);
  readonly cluster: EmqxResource;
  private readonly objects: readonly KubeObject[];
  private readonly service: string;
  readonly view: Cluster;

  constructor(private readonly options: AtRestOptions) {
    const { generation, nodes, cap } = options;
    const v4 = () => ({ ...tutorialUpgrade(cap, HOLD_DELAY_SECONDS), service: 'emqx-ee-mqtt' });
    const { cluster, objects, service } = generation === 5 ? emqx5Upgrade(cap, nodes) : v4();
    if (cluster.kind !== 'EMQX') cluster.spec.replicas = nodes;
    this.cluster = cluster;
    this.objects = objects;
    this.service = service;
    const { kind, apiVersion, metadata } = cluster;
    const { clock } = this.world;
    this.view = new Cluster({
      api: this.counted.api,
      clock,
      kind,
      apiVersion,
      namespace: NAMESPACE,
      name: metadata.name,
    });
  }

  /** For one run, as a command or a runner makes it. */
  context(): UpgradeContext {
    const { clock, prober } = this.world;
    const { view } = this;
    const { transport } = this.counted;
    const ports = managementPorts(this.cluster.kind, view, { transport, prober, namespace: NAMESPACE });
    return { clock, cluster: view, ...ports, progress: { report: () => undefined }, holder: 'bench' };
  }

  /** The same, with each answer remembered: a question is asked once. */
  remembered(): UpgradeContext {
    const { clock } = this.world;
    const { kind, apiVersion, metadata } = this.cluster;
    const api = memory(this.world.api);
    const view = new Cluster({ api, clock, kind, apiVersion, namespace: NAMESPACE, name: metadata.name });
    const answers = new Map<string, Promise<EmqxResponse>>();
    const transport: EmqxTransport = {
      exchange: (pod, request, signal) => {
        const key = `${pod.name} ${request.method} ${request.path}`;
        const answer = answers.get(key) ?? this.world.transport.exchange(pod, request, signal);
        answers.set(key, answer);
        return answer;
      },
    };
    const ports = managementPorts(kind, view, { transport, namespace: NAMESPACE });
    return { clock, cluster: view, ...ports, progress: { report: () => undefined }, holder: 'bench' };
  }

  /** The patch version that so many upgrades lead to. */
  versionAfter(upgrades: number): string {
    const [, minor, patch] = /^(.*\.)(\d+)$/.exec(versionOf(this.cluster))!;
    return `${minor}${Number(patch) + upgrades}`;
  }

  /** Somebody changes the version, by kubectl. */
  async change(version: string): Promise<void> {
    const { apiVersion, kind, metadata } = this.cluster;
    const spec =
      kind === 'EMQX'
        ? { image: `emqx/emqx-enterprise:${version}` }
        : { template: { spec: { emqxContainer: { image: { version } } } } };
    const ref = { apiVersion, kind, namespace: NAMESPACE, name: metadata.name };
    await this.world.api.patch(ref, { type: 'merge', body: { spec } });
  }

  /**
   * Somebody cleans up after an upgrade. The operator of EMQX 4.4 keeps the empty sets of all earlier versions; cores of EMQX 5 list those
   * that are gone, until somebody makes them leave, and answer the slower the more there are.
   */
  async cleanUp(): Promise<void> {
    if (this.options.generation === 5) {
      for (const { cluster } of this.world.pods.running.slice(0, 1))
        for (const core of cluster.stoppedCores) cluster.forceLeave(core);
      return;
    }
    const sets = this.world.kubernetes.store.all<NodeSet>(kinds.statefulSet);
    for (const set of sets) if (set.spec.replicas === 0) await this.world.api.delete(refOf(set));
  }

  /** Resolves when it is at rest, and its devices are connected. */
  async begin(): Promise<void> {
    const { world, ledger, cluster, service } = this;
    const { clients, foreignPods = 0 } = this.options;
    const { name } = cluster.metadata;
    const { clock } = world;
    for (let index = 0; index < foreignPods; index++) world.kubernetes.store.create(foreignPod(index));
    await world.apply([cluster as KubeObject, ...this.objects]);
    await running(contextOf(world, NAMESPACE, name, () => undefined, undefined, cluster.kind));
    await served(world, NAMESPACE, service);
    const front = world.front(NAMESPACE, service);
    const random = world.random.fork('clients');
    await new Population({ clock, random, front, ledger }, mixedFleet(clients, clients / 10)).connectAll();
    await clock.sleep(3_000); // the nodes count their connections
    this.reset();
  }

  /** Does something with it once it is at rest, in at most so much virtual time. */
  async inVirtualTime<T>(mostMs: number, work: () => Promise<T>): Promise<T> {
    try {
      return await this.world.clock.run(async () => {
        await this.begin();
        return work();
      }, mostMs);
    } finally {
      this.world.stop();
    }
  }

  /** What is counted begins at zero. */
  reset(): void {
    this.counted.reset();
    this.ledger.begin();
  }
}

/** An API server whose lists are read once. */
function memory(api: KubeApi): KubeApi {
  const lists = new Map<string, Promise<unknown>>();
  return new Proxy(api, {
    get: (_, method: keyof KubeApi) => {
      if (method !== 'list' && method !== 'get') return api[method].bind(api);
      return (query: ListQuery, signal?: AbortSignal) => {
        const key = JSON.stringify([method, query]);
        const answer = lists.get(key) ?? api[method](query as never, signal);
        lists.set(key, answer);
        return answer;
      };
    },
  });
}

/** A pod of another application, as large as most are. */
function foreignPod(index: number): KubeObject {
  const environment = Array.from({ length: 30 }, (_, number) => ({
    name: `SETTING_${number}`,
    value: `value ${number}`,
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `web-${index}`, namespace: NAMESPACE, labels: { app: 'web', shard: String(index % 50) } },
    spec: { containers: [{ name: 'web', image: 'web:1', env: environment }] },
  } as KubeObject;
}
