import { stringify } from 'yaml';
import { Cluster, type KubeObject, type ObjectRef } from '../../src/kubernetes';
import type { ConfigMap, Service } from '../../src/kubernetes/core-objects';
import { type EmqxResource, generationOf, HOLD_DELAY_SECONDS, withVersion } from '../../src/resource';
import { Runner, type RunnerOptions, type Sinks, sinksTo, type Told } from '../../src/runner';
import { DrivenCluster } from '../../src/runner/driven-cluster';
import { mixedFleet } from '../../src/simulator/clients/client-group';
import { ClientLedger } from '../../src/simulator/clients/client-ledger';
import type { ClientReport } from '../../src/simulator/clients/client-report';
import { Population } from '../../src/simulator/clients/population';
import { contextOf, running, served } from '../../src/simulator/scenario';
import { World } from '../../src/simulator/world';
import { runUpgrade } from '../../src/upgrade';
import { clusterOf, emqxOf } from '../_upgradable-cluster';

/** Where the runners and their ConfigMap are. */
export const HOME = 'runners';
/** Where the clusters are: the operator of the simulator watches one namespace. */
export const NAMESPACE = 'mqtt';
/** The kinds of clusters, with the version that they have at first, and the next one. */
export const KINDS: readonly [kind: EmqxResource['kind'], from: string, to: string][] = [
  ['EmqxEnterprise', '4.4.14', '4.4.15'],
  ['EMQX', '5.8.8', '5.8.9'],
];
/** A policy. */
export const AUTOMATIC = { mode: 'automatic' };
const MAP = { apiVersion: 'v1', kind: 'ConfigMap', namespace: HOME, name: 'emqx-upgrade-runner' };

export interface ClusterOptions {
  labels?: Record<string, string>;
  /** @default 'EmqxEnterprise' */
  kind?: EmqxResource['kind'];
  /** @default true */
  held?: boolean;
  /** @default 60 */
  clients?: number;
  /** The custom resource and its Service, in place of all of the above but the kind. */
  objects?: readonly [EmqxResource, KubeObject];
}

/** A cluster in the world of a {@link Playground}, with its devices. */
interface Playing {
  kind: EmqxResource['kind'];
  name: string;
  ledger: ClientLedger;
  population: Population;
}

/** A runner that runs. */
export interface Running {
  told: Told[];
  sinks: Sinks;
  runner: Runner;
  /** As SIGTERM does; resolves when it has ended. */
  stop(): Promise<void>;
  /** As SIGKILL does: nothing of it reaches the cluster any more. */
  kill(): void;
}

/** Clusters in virtual time, and runners that upgrade them. */
export class Playground {
  readonly world = new World({ seed: 11, namespace: NAMESPACE });
  readonly playing: Playing[] = [];
  private readonly runners = new Set<Running>();

  /** Plays in virtual time, and ends everything afterwards. */
  static async play<T>(work: (at: Playground) => Promise<T>): Promise<T> {
    const playground = new Playground();
    try {
      return await playground.world.clock.run(async () => {
        const result = await work(playground);
        for (const { stop } of playground.runners) await stop();
        return result;
      });
    } finally {
      playground.world.stop();
    }
  }

  /** A cluster of EMQX 4.4.14 (or 5.8.8) at rest, held as the constructs render it. */
  async addCluster(name: string, options: ClusterOptions = {}): Promise<void> {
    const namespace = NAMESPACE;
    const { kind = 'EmqxEnterprise', labels = {}, held = true, clients = 60 } = options;
    const { world } = this;
    const { clock } = world;
    const [resource, service] = options.objects ?? [
      manifestOf(kind, name, labels, held),
      serviceOf(name, namespace, 32_010 + this.playing.length),
    ];
    await world.apply([resource as KubeObject, service]);
    await running(contextOf(world, namespace, name, () => undefined, undefined, kind));
    await served(world, namespace, service.metadata.name);
    const ledger = new ClientLedger(clock);
    const front = world.front(namespace, service.metadata.name);
    const random = world.random.fork(`clients of ${name}`);
    const population = new Population({ clock, random, front, ledger }, mixedFleet(clients, clients / 10));
    await population.connectAll();
    await clock.sleep(3_000); // the nodes count their connections
    ledger.begin();
    this.playing.push({ kind, name, ledger, population });
  }

  /** Bumps the version as a second field manager does, such as Argo CD. @param more of the spec, in the same write */
  async bump(name: string, version: string, more: object = {}): Promise<void> {
    const ref = this.refOf(name);
    const { apiVersion, kind, ...metadata } = ref;
    const spec =
      kind === 'EMQX'
        ? { image: `emqx/emqx-enterprise:${version}` }
        : { template: { spec: { emqxContainer: { image: { version } } } } };
    const body = { apiVersion, kind, metadata, spec: { ...spec, ...more } };
    await this.world.api.patch(ref, { type: 'apply', body, fieldManager: 'argocd-controller', force: true });
  }

  /** @param home namespace of the runner */
  async writePolicy(policy: object | string, home = HOME): Promise<void> {
    const text = typeof policy === 'string' ? policy : stringify(policy);
    const { apiVersion, kind, name } = MAP;
    const metadata = { namespace: home, name };
    await this.world.apply([{ apiVersion, kind, metadata, data: { policy: text } } as KubeObject]);
  }

  /** @param after id of the last run, as the command writes it; undefined as written by hand */
  approve(name: string, digest: string, after?: string): Promise<KubeObject> {
    const key = `approved.${this.find(name).kind}.${NAMESPACE}.${name}`;
    const text = after === undefined ? digest : `${digest} after ${after}`;
    return this.world.api.patch(MAP, { type: 'merge', body: { data: { [key]: text } } });
  }

  /** The keys of the runners' ConfigMap. */
  get records(): string[] {
    return this.recordsOf(HOME);
  }

  /** The same of the runners in another namespace. */
  recordsOf(home: string): string[] {
    return Object.keys(this.world.kubernetes.store.find<ConfigMap>({ ...MAP, namespace: home })?.data ?? {}).sort();
  }

  /** Deletes a cluster, as `kubectl delete` does, and creates it again after so long, held and in this version. */
  async recreate(name: string, version: string, afterMs: number): Promise<void> {
    const { apiVersion, kind, metadata, spec } = structuredClone(withVersion(this.resource(name), version));
    await this.world.api.delete(this.refOf(name));
    await this.world.clock.sleep(afterMs);
    const { namespace, labels, annotations } = metadata;
    const again = { apiVersion, kind, metadata: { name, namespace, labels, annotations } };
    await this.world.apply([
      { ...again, spec: generationOf({ kind }).withDelay(spec, HOLD_DELAY_SECONDS) } as KubeObject,
    ]);
  }

  /** The selector of the Service through which the devices of a cluster connect. */
  selector(name: string): Readonly<Record<string, string>> | undefined {
    const ref = { apiVersion: 'v1', kind: 'Service', namespace: NAMESPACE, name: `${name}-mqtt` };
    return this.world.kubernetes.store.find<Service>(ref)?.spec.selector;
  }

  start(holder: string, options: Partial<RunnerOptions> & { told?: (one: Told) => unknown } = {}): Running {
    const { clock, api, transport, prober } = this.world;
    const told: Told[] = [];
    const severed = { is: false };
    const link = severable(options.api ?? api, severed);
    const sinks = sinksTo({
      api: link,
      clock,
      namespace: options.namespace ?? HOME,
      log: (one) => {
        if (severed.is) return;
        told.push(one);
        options.told?.(one);
      },
    });
    const way = { ...{ clock, transport: () => transport, prober }, ...options, api: link };
    const runner = new Runner({ namespace: HOME, namespaces: [], holder, ...way }, sinks.tell);
    const ending = new AbortController();
    const ended = runner.run(ending.signal);
    const stop = async () => {
      ending.abort();
      await ended;
      await sinks.settled();
    };
    const kill = () => {
      severed.is = true;
      this.runners.delete(one);
      ending.abort();
    };
    const one: Running = { told, sinks, runner, stop, kill };
    this.runners.add(one);
    return one;
  }

  /** Resolves when something holds. @throws Error when it does not within two hours */
  async until(reached: () => boolean): Promise<void> {
    const { clock } = this.world;
    const deadline = clock.now() + 2 * 3_600_000;
    while (!reached()) {
      if (clock.now() > deadline) throw new Error('waited in vain');
      await clock.sleep(500);
    }
  }

  resource(name: string): EmqxResource {
    return this.world.kubernetes.store.get<EmqxResource & KubeObject>(this.refOf(name));
  }

  refOf(name: string): ObjectRef & Pick<EmqxResource, 'kind'> {
    const { kind } = this.find(name);
    const { apiVersion } = generationOf({ kind });
    return { apiVersion, kind, namespace: NAMESPACE, name };
  }

  /**
   * An upgrade from a laptop, whose clock may be wrong.
   *
   * @param skewMs how far it is ahead
   * @returns closes the laptop: nothing of it reaches the cluster any more
   */
  startLaptop(name: string, version: string, skewMs = 0): () => void {
    const { clock, api, transport, prober } = this.world;
    const severed = { is: false };
    const skewed = { now: () => clock.now() + skewMs, sleep: clock.sleep.bind(clock) };
    const link = { api: severable(api, severed), clock: skewed, transport: () => transport, prober };
    const ref = { kind: this.find(name).kind, namespace: NAMESPACE, name };
    const cluster = new DrivenCluster(
      link,
      ref,
      () => false,
      () => undefined,
    );
    const context = cluster.context(this.resource(name), 'laptop', () => undefined);
    void runUpgrade(context, { desired: withVersion(this.resource(name), version) }).catch(() => undefined);
    return () => {
      severed.is = true;
    };
  }

  /** Versions of the running nodes of a cluster. */
  versions(name: string): string[] {
    return this.world.pods.running
      .filter(({ pod }) => pod.metadata.name.startsWith(`${name}-`))
      .map(({ node }) => node.version);
  }

  /** What the devices of a cluster noticed. */
  async seen(name: string): Promise<ClientReport> {
    const { ledger, population } = this.find(name);
    await this.world.clock.sleep(10_000);
    await population.returnDevices();
    return ledger.report();
  }

  /** Kubernetes Events about an object, as `<type> <reason>: <message>`, in the order in which they were written. */
  events(about: string): string[] {
    type Event = KubeObject & { type: string; reason: string; message: string; source?: { component: string } } & {
      involvedObject: { name: string };
    };
    return this.world.kubernetes.store
      .all<Event>({ apiVersion: 'v1', kind: 'Event' })
      .filter(({ involvedObject, source }) => involvedObject.name === about && source?.component === 'emqx-blue-green')
      .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  }

  private find(name: string): Playing {
    return this.playing.find((one) => one.name === name)!;
  }
}

export const hasReached = ({ told }: Running, phase: string) =>
  told.some((one) => one.kind === 'progress' && one.event.kind === 'phase' && one.event.phase === phase);

/** The cluster `emqx`, as the engine sees it. */
export const clusterIn = ({ world: { api, clock } }: Playground, kind: EmqxResource['kind']) =>
  new Cluster({ api, clock, kind, namespace: NAMESPACE, name: 'emqx' });

export const isKind =
  <K extends Told['kind']>(kind: K, name?: string) =>
  (one: Told): one is Extract<Told, { kind: K }> =>
    one.kind === kind && (name === undefined || ('cluster' in one && one.cluster?.name === name));

/** The kinds that are told about one cluster, without the progress. */
export function story(told: readonly Told[], name: string): string[] {
  return told
    .filter((one) => 'cluster' in one && one.cluster?.name === name && one.kind !== 'progress')
    .map((one) => (one.kind === 'left' ? `${one.kind} ${one.reason}` : one.kind === 'cluster' ? one.state : one.kind));
}

/** An API that answers nothing from a moment on, as for a process that was killed. */
export function severable(api: World['api'], severed: { is: boolean }): World['api'] {
  return new Proxy(api, {
    get: (target, property: keyof World['api']) => {
      const method = target[property] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => (severed.is ? new Promise(() => undefined) : method.apply(target, args));
    },
  });
}

function manifestOf(
  kind: EmqxResource['kind'],
  name: string,
  labels: Record<string, string>,
  held: boolean,
): EmqxResource {
  const resource: EmqxResource =
    kind === 'EMQX' ? emqxOf(name, NAMESPACE, '5.8.8') : clusterOf(name, NAMESPACE, '4.4.14');
  resource.metadata.labels = { ...resource.metadata.labels, ...labels };
  const generation = generationOf({ kind });
  const spec = generation.withDelay(resource.spec, held ? HOLD_DELAY_SECONDS : 5);
  // The operator finds its pods by the labels of the resource, which are the template's, too.
  return generation.withDefaults({ ...resource, spec } as EmqxResource);
}

function serviceOf(name: string, namespace: string, nodePort: number): KubeObject & { spec: object } {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${name}-mqtt`, namespace, labels: { 'emqx-blue-green/traffic-for': name } },
    spec: {
      type: 'NodePort',
      selector: { 'apps.emqx.io/instance': name, 'apps.emqx.io/managed-by': 'emqx-operator' },
      ports: [{ name: 'mqtt', port: 1883, targetPort: 1883, nodePort }],
    },
  };
}
