import { connect, type KubeApi, type KubeClient, type KubeObject, SystemClock } from '../src/kubernetes';
import { readyPods, SERVICE_NAME_LABEL } from '../src/kubernetes/endpoint-slices';
import { Reflector } from '../src/kubernetes/reflector';
import { generationOf } from '../src/resource';
import { SimulatedClock } from '../src/simulator/clock';
import { ClusterRuntime, type ClusterRuntimeOptions } from '../src/simulator/cluster-runtime';
import type { Generation } from '../src/simulator/emqx/profiles';
import type { EndpointSlice, Pod, Secret } from '../src/simulator/kubernetes/core-types';
import { kinds } from '../src/simulator/kubernetes/kinds';
import { Random } from '../src/simulator/random';
import type { TrafficFront } from '../src/simulator/traffic-front';
import { ApiServer } from './_api-server';
import { labFile } from './_lab';
import { PodPorts } from './_pod-ports';
import { PodRunner } from './_pod-runner';

/** The operator looks after the world's own namespace. */
export type KubeWorldOptions = Omit<ClusterRuntimeOptions, 'namespace' | 'podChanged'>;

/**
 * The simulated world in one namespace of a real Kubernetes API: the API server, the StatefulSet and the EndpointSlice
 * controllers are real, as is the readiness of pods. Simulated are the EMQX nodes in the pods, the operator, and the way in
 * for clients, which follows the real EndpointSlices. Their clock follows the wall clock.
 */
export class KubeWorld {
  readonly clock = new SimulatedClock(Date.now());
  readonly random = new Random(1);
  private readonly runtime: ClusterRuntime;
  private readonly ports: PodPorts;
  private readonly ended = new AbortController();
  private readonly unfollow = this.clock.follow();
  private secrets: readonly Secret[] = [];
  private slices: readonly EndpointSlice[] = [];

  /** Begins in a namespace, which is made when it is not there. */
  static async in(namespace: string, options: KubeWorldOptions = {}): Promise<KubeWorld> {
    const admin = ApiServer.admin();
    await admin.namespace(namespace);
    return new KubeWorld(namespace, admin, await connect({ kubeconfig: labFile('kubeconfig') }), options);
  }

  private constructor(
    readonly namespace: string,
    admin: ApiServer,
    private readonly client: KubeClient,
    options: KubeWorldOptions,
  ) {
    const { clock, random } = this;
    const host = {
      clock,
      random,
      bootstrapUsers: (_namespace: string, cluster: string, generation: Generation) =>
        this.bootstrapUsers(cluster, generation),
      endpointsOf: (_namespace: string, service: string) => this.endpointsOf(service),
    };
    this.runtime = new ClusterRuntime(host, { ...options, namespace });
    this.ports = new PodPorts(admin, namespace, clock);
    const { pods } = this.runtime;
    const runner = new PodRunner({
      api: client,
      clock,
      runtime: pods,
      opened: ({ metadata }) => this.ports.open(metadata.name, pods.nodeIn(namespace, metadata.name)!),
      closed: ({ metadata }) => void this.ports.close(metadata.name),
    });
    this.follow<Secret>(kinds.secret, (secrets) => {
      this.secrets = secrets;
    });
    this.follow<EndpointSlice>(kinds.endpointSlice, (slices) => this.lead(slices));
    this.follow<Pod>(kinds.pod, (all) => runner.sync(all));
    this.runtime.operate(client);
  }

  /** The real API, with an administrator's rights. */
  get api(): KubeApi {
    return this.client;
  }

  /** The nodes that run now, with their pods. */
  get nodes() {
    return this.runtime.pods.running;
  }

  /** The way in through a Service. */
  front(service: string): TrafficFront {
    return this.runtime.front(this.namespace, service);
  }

  /** Stops all that is simulated; what stands in the API stays there. */
  async end(): Promise<void> {
    this.ended.abort();
    this.runtime.stop();
    this.unfollow();
    await this.ports.closeAll();
    this.client.close();
  }

  /** Calls back with all objects of a kind, at first and after each change. While the API server is away nothing changes. */
  private follow<T extends KubeObject>(kind: { apiVersion: string; kind: string }, changed: (all: T[]) => void): void {
    const query = { ...kind, namespace: this.namespace };
    const reflector = new Reflector<T>(this.client, new SystemClock(), query, () => {
      const items = known(reflector);
      if (items) changed(items);
    });
    void reflector.run(this.ended.signal);
  }

  private lead(slices: readonly EndpointSlice[]): void {
    const services = new Set([...this.slices, ...slices].map(serviceOf));
    this.slices = slices;
    for (const service of services) this.runtime.endpointsChanged(this.namespace, service);
  }

  private endpointsOf(service: string): string[] {
    return readyPods(this.slices.filter((slice) => serviceOf(slice) === service));
  }

  private bootstrapUsers(cluster: string, generation: Generation): string {
    const { suffix, key } = generationOf({ kind: generation === 4 ? 'EmqxEnterprise' : 'EMQX' }).credentials;
    const secret = this.secrets.find(({ metadata }) => metadata.name === `${cluster}${suffix}`);
    return Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();
  }
}

function serviceOf({ metadata }: EndpointSlice): string {
  return metadata.labels?.[SERVICE_NAME_LABEL] ?? '';
}

function known<T extends KubeObject>(reflector: Reflector<T>): T[] | undefined {
  try {
    return reflector.items;
  } catch {
    return undefined;
  }
}
