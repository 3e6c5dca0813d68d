import type { Prober } from '../emqx/mqtt-prober';
import type { EmqxTransport } from '../emqx/transport';
import { readyPods, SERVICE_NAME_LABEL } from '../kubernetes/endpoint-slices';
import type { KubeApi, KubeObject } from '../kubernetes/kube-api';
import { SimulatedClock } from './clock';
import { ClusterRuntime, type ClusterRuntimeOptions } from './cluster-runtime';
import type { DurableOptions } from './emqx/durable/durable-storage';
import type { Generation } from './emqx/profiles';
import type { EmqxPods } from './emqx-pods';
import type { EndpointSlice } from './kubernetes/core-types';
import { InMemoryKubeApi } from './kubernetes/in-memory-api';
import { kinds } from './kubernetes/kinds';
import { type ObjectStore, refOf } from './kubernetes/object-store';
import { SimulatedKubernetes } from './kubernetes/simulated-kubernetes';
import { operatorDeployment } from './operator/deployment';
import type { SimulatedOperator } from './operator/simulated-operator';
import { type EmqxLine, LINE_2_2 } from './operator/v2beta1/line';
import { Random } from './random';
import type { TrafficFront } from './traffic-front';

export interface WorldOptions extends ClusterRuntimeOptions {
  /** Everything random follows from it. @default 1 */
  seed?: number;
  /** Milliseconds since the epoch at which it begins. @default - the beginning of 2026 */
  startAt?: number;
  /** Milliseconds of one request of the operator's controller of EMQX v2beta1 to the API server. @default 3 */
  emqxControllerLatencyMs?: number;
}

/**
 * A whole simulated world on one clock: a Kubernetes cluster, the EMQX Operator in it, and an EMQX node in each pod that
 * the operator asks for. It starts empty; apply a custom resource to it.
 *
 * What is modelled here was measured or read elsewhere; the world proves nothing by itself.
 */
export class World {
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly kubernetes: SimulatedKubernetes;
  readonly operator: SimulatedOperator;
  /** The line of the operator that reconciles EMQX. */
  readonly emqxOperator: EmqxLine;
  private readonly runtime: ClusterRuntime;

  constructor(options: WorldOptions = {}) {
    this.clock = new SimulatedClock(options.startAt);
    const { clock } = this;
    this.emqxOperator = options.emqxOperator ?? LINE_2_2;
    this.random = new Random(options.seed ?? 1);
    const host = {
      clock,
      random: this.random,
      bootstrapUsers: (namespace: string, cluster: string, generation: Generation) =>
        this.bootstrapUsers(namespace, cluster, generation),
      endpointsOf: (namespace: string, service: string) => this.endpointsOf(namespace, service),
    };
    const durableSessions = (namespace: string, cluster: string) => this.durableSessionsOf(namespace, cluster);
    this.runtime = new ClusterRuntime(host, { durableSessions, ...options });
    this.kubernetes = new SimulatedKubernetes(clock, this.random.fork('kubernetes'), this.runtime.pods);
    const { store } = this.kubernetes;
    store.subscribe(({ type, object }) => {
      const { namespace = 'default', labels } = object.metadata;
      if (type === 'DELETED' && WITH_VOLUMES.has(object.kind)) this.pods.removeVolume(object);
      if (object.kind !== 'EndpointSlice') return;
      this.runtime.endpointsChanged(namespace, labels?.[SERVICE_NAME_LABEL] ?? '');
    });
    installOperator(store, this.emqxOperator.image);
    const { emqxControllerLatencyMs = EMQX_CONTROLLER_LATENCY_MS } = options;
    const [api, emqxApi] = [OPERATOR_LATENCY_MS, emqxControllerLatencyMs].map(
      (latencyMs) => new InMemoryKubeApi(clock, store, { latencyMs }),
    );
    this.operator = this.runtime.operate(api!, emqxApi);
  }

  get api(): KubeApi {
    return this.kubernetes.api;
  }

  get pods(): EmqxPods {
    return this.runtime.pods;
  }

  /** The management API of each pod's node, without a network. */
  get transport(): EmqxTransport {
    return this.runtime.transport;
  }

  /** Probes each pod's node, without a network. */
  get prober(): Prober {
    return this.runtime.prober;
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
    return this.runtime.front(namespace, service);
  }

  /** Stops the operator; nothing new happens then except what is already under way. */
  stop(): void {
    this.runtime.stop();
  }

  private endpointsOf(namespace: string, service: string): string[] {
    const slices = this.kubernetes.store
      .all<EndpointSlice>(kinds.endpointSlice)
      .filter(({ metadata }) => metadata.namespace === namespace && metadata.labels?.[SERVICE_NAME_LABEL] === service);
    return readyPods(slices);
  }

  private bootstrapUsers(namespace: string, cluster: string, generation: Generation): string {
    const [suffix, key] = BOOTSTRAP_SECRETS[generation];
    const ref = { apiVersion: 'v1', kind: 'Secret', namespace, name: `${cluster}-${suffix}` };
    const secret = this.kubernetes.store.find<KubeObject & { data?: Record<string, string> }>(ref);
    return Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();
  }
  /** As the configuration says that the operator of EMQX 5 and 6 keeps in a ConfigMap. */
  private durableSessionsOf(namespace: string, cluster: string): DurableOptions | undefined {
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: `${cluster}-configs` };
    const config = this.kubernetes.store.find<KubeObject & { data?: Record<string, string> }>(ref);
    return DURABLE_SESSIONS.test(config?.data?.['emqx.conf'] ?? '') ? {} : undefined;
  }
}

/** Kinds whose objects have a volume that goes with them. */
const WITH_VOLUMES: ReadonlySet<string> = new Set(['PersistentVolumeClaim', 'Pod']);

/** `durable_sessions.enable = true` in HOCON, in the ways it is usually written. */
const DURABLE_SESSIONS = /\bdurable_sessions\s*(?:\.\s*|[=:]?\s*\{[^}]*?\b)enable\s*[=:]\s*"?true\b/;

/** The Secret with the operator's bootstrap file: how its name ends, and its key. */
const BOOTSTRAP_SECRETS: Record<Generation, readonly [suffix: string, key: string]> = {
  4: ['bootstrap-user', 'bootstrap_user'],
  5: ['bootstrap-api-key', 'bootstrap_api_key'],
};

/**
 * One request of the operator to the API server. Measured: a whole pass, with about ten writes in a row, took 0.3 s.
 */
const OPERATOR_LATENCY_MS = 30;

/**
 * The same for its controller of EMQX v2beta1, on a mean of reads from a cache and writes. Measured: passes over six pods follow
 * each other after 1.2 s, of which 1 s is a pause.
 */
const EMQX_CONTROLLER_LATENCY_MS = 3;

/** What shows that there is an operator. */
function installOperator(store: ObjectStore, image: string): void {
  const deployment = operatorDeployment(image);
  store.create(deployment);
  store.update<typeof deployment>(refOf(deployment), (draft) => ({ ...draft, status: deployment.status }), {
    subresource: 'status',
  });
}
