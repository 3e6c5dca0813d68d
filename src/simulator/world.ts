import type { EmqxTransport } from '../emqx/transport';
import { readyPods, SERVICE_NAME_LABEL } from '../kubernetes/endpoint-slices';
import type { KubeApi, KubeObject } from '../kubernetes/kube-api';
import { SimulatedClock } from './clock';
import type { EmqxNode, NodeTimings } from './emqx/node';
import type { ClusterObserver } from './emqx/observer';
import { SimulatedEmqxTransport } from './emqx/transport';
import { EmqxPods } from './emqx-pods';
import type { EndpointSlice, Pod } from './kubernetes/core-types';
import { InMemoryKubeApi } from './kubernetes/in-memory-api';
import { kinds } from './kubernetes/kinds';
import { SimulatedKubernetes } from './kubernetes/simulated-kubernetes';
import type { OperatorVariant } from './operator/pass';
import { SimulatedOperator } from './operator/simulated-operator';
import { Random } from './random';
import { TrafficFront } from './traffic-front';

export interface WorldOptions {
  /** Everything random follows from it. @default 1 */
  seed?: number;
  /** The one namespace the operator looks after. @default 'default' */
  namespace?: string;
  /** @default 'stock', as measured: it scales blue pods away before they are evacuated */
  operator?: OperatorVariant;
  /** @default - those of the node model */
  timings?: Partial<NodeTimings>;
  /** From a change of a Service's endpoints until new connections follow, in ms. @default 200 */
  endpointLagMs?: number;
  /** Connections the license allows. @default - no limit */
  licensedConnections?: number;
  observer?: ClusterObserver;
  /** A pod's node listens from now on, or does no longer. */
  podChanged?: (pod: Pod, node: EmqxNode) => void;
}

/**
 * A whole simulated world on one clock: a Kubernetes cluster, the EMQX Operator in it, and an EMQX node in each pod that
 * the operator asks for. It starts empty; apply a custom resource to it.
 *
 * What is modelled here was measured or read elsewhere; the world proves nothing by itself.
 */
export class World {
  readonly clock = new SimulatedClock();
  readonly random: Random;
  readonly kubernetes: SimulatedKubernetes;
  readonly pods: EmqxPods;
  /** The management API of each pod's node, without a network. */
  readonly transport: EmqxTransport;
  private readonly fronts = new Map<string, TrafficFront>();
  private readonly ended = new AbortController();

  constructor(private readonly options: WorldOptions = {}) {
    this.random = new Random(options.seed ?? 1);
    this.pods = new EmqxPods({
      clock: this.clock,
      random: this.random.fork('emqx'),
      bootstrapUsers: (namespace, cluster) => this.bootstrapUsers(namespace, cluster),
      ...pick(options, ['timings', 'licensedConnections', 'observer']),
      ...(options.podChanged ? { changed: options.podChanged } : {}),
    });
    this.transport = new SimulatedEmqxTransport(this.clock, (pod) => this.pods.nodeIn(pod.namespace, pod.name));
    this.kubernetes = new SimulatedKubernetes(this.clock, this.random.fork('kubernetes'), this.pods);
    this.kubernetes.store.subscribe(({ object }) => {
      if (object.kind === 'EndpointSlice') this.follow(object);
    });
    const { transport, clock } = this;
    const operator = new SimulatedOperator({
      api: new InMemoryKubeApi(clock, this.kubernetes.store, { latencyMs: OPERATOR_LATENCY_MS }),
      transport,
      clock,
      random: this.random.fork('operator'),
      namespace: options.namespace ?? 'default',
      variant: options.operator ?? 'stock',
    });
    operator.run(this.ended.signal).catch((error: unknown) => {
      if (!this.ended.signal.aborted) throw error;
    });
  }

  get api(): KubeApi {
    return this.kubernetes.api;
  }

  /** Applies objects as `kubectl apply --server-side` does. */
  async apply(objects: readonly KubeObject[]): Promise<void> {
    for (const body of objects) {
      const { apiVersion, kind } = body;
      const { name, namespace = 'default' } = body.metadata;
      const ref = { apiVersion, kind, namespace, name };
      await this.api.patch(ref, { type: 'apply', body, fieldManager: 'kubectl', force: true });
    }
  }

  /** The way in through a Service, for simulated clients and for sockets. */
  front(namespace: string, service: string): TrafficFront {
    const key = `${namespace}/${service}`;
    let front = this.fronts.get(key);
    if (!front) {
      front = new TrafficFront({
        clock: this.clock,
        random: this.random.fork(`front ${key}`),
        destinationOf: (pod) => {
          const node = this.pods.nodeIn(namespace, pod);
          return node?.isListening ? node : undefined;
        },
        lagMs: this.options.endpointLagMs ?? 200,
      });
      this.fronts.set(key, front);
      front.update(this.endpointsOf(namespace, service));
    }
    return front;
  }

  /** Stops the operator; nothing new happens then except what is already under way. */
  stop(): void {
    this.ended.abort(new Error('the simulated world has ended'));
    this.clock.touch();
  }

  private follow(slice: KubeObject): void {
    const { namespace = 'default', labels } = slice.metadata;
    const service = labels?.[SERVICE_NAME_LABEL] ?? '';
    this.fronts.get(`${namespace}/${service}`)?.update(this.endpointsOf(namespace, service));
  }

  private endpointsOf(namespace: string, service: string): string[] {
    const slices = this.kubernetes.store
      .all<EndpointSlice>(kinds.endpointSlice)
      .filter(({ metadata }) => metadata.namespace === namespace && metadata.labels?.[SERVICE_NAME_LABEL] === service);
    return readyPods(slices);
  }

  private bootstrapUsers(namespace: string, cluster: string): string {
    const ref = { apiVersion: 'v1', kind: 'Secret', namespace, name: `${cluster}-bootstrap-user` };
    const secret = this.kubernetes.store.find<KubeObject & { data?: Record<string, string> }>(ref);
    return Buffer.from(secret?.data?.['bootstrap_user'] ?? '', 'base64').toString();
  }
}

/**
 * One request of the operator to the API server. Measured: a whole pass, with about ten writes in a row, took 0.3 s.
 */
const OPERATOR_LATENCY_MS = 30;

/** The given members, without those that are undefined. */
function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]]))) as Pick<T, K>;
}
