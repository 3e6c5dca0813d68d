import type { Prober } from '../emqx/mqtt-prober';
import type { EmqxTransport, PodRef } from '../emqx/transport';
import type { KubeApi } from '../kubernetes/kube-api';
import type { SimulatedClock } from './clock';
import type { DurableOptions } from './emqx/durable/durable-storage';
import type { LicenseType } from './emqx/license';
import type { EmqxNode } from './emqx/node';
import type { NodeTimings } from './emqx/node-options';
import type { ClusterObserver } from './emqx/observer';
import { SimulatedProber } from './emqx/prober';
import type { Generation } from './emqx/profiles';
import { SimulatedEmqxTransport } from './emqx/transport';
import { EmqxPods } from './emqx-pods';
import type { Pod } from './kubernetes/core-types';
import { SimulatedOperator } from './operator/simulated-operator';
import type { OperatorVariant } from './operator/v1beta4/pass';
import type { EmqxLine } from './operator/v2beta1/line';
import type { Random } from './random';
import { TrafficFront } from './traffic-front';

/** What can be chosen of them. */
export interface ClusterRuntimeOptions {
  /** The one namespace that the operator watches. @default 'default' */
  namespace?: string;
  /** @default 'stock', as measured: it removes blue pods before they are evacuated */
  operator?: OperatorVariant;
  /** The line of the operator that reconciles EMQX. @default - 2.2 */
  emqxOperator?: EmqxLine;
  /** @default - those of the node model */
  timings?: Partial<NodeTimings>;
  /** Connections that the listener of each node accepts per second, EMQX's `max_conn_rate`. @default - no limit */
  maxConnRate?: number;
  /** From a change of a Service's endpoints until new connections follow, in ms. @default 200 */
  endpointLagMs?: number;
  /** Connections the license allows. @default - no limit */
  licensedConnections?: number;
  /** The license in the configuration of each node of EMQX 5 and 6. @default 'official' */
  license?: LicenseType;
  /**
   * How durable sessions of a cluster of EMQX 5 or 6 are stored; undefined where its pods decide.
   * @default - enabled where the pods have `EMQX_DURABLE_SESSIONS__ENABLE=true`
   */
  durableSessions?: (namespace: string, cluster: string) => DurableOptions | undefined;
  observer?: ClusterObserver;
  /** A pod's node listens from now on, or does no longer. */
  podChanged?: (pod: Pod, node: EmqxNode) => void;
  /** What the operator's requests to nodes go through; the requests of others do not. @default - they are sent directly */
  operatorTransport?: (direct: EmqxTransport) => EmqxTransport;
}

/** What they need to know of the Kubernetes cluster they live in. */
export interface RuntimeHost {
  clock: SimulatedClock;
  random: Random;
  /** Text of the operator's bootstrap file (`id:secret` per line) for an EMQX cluster of 4.4, or of EMQX 5 and 6. */
  bootstrapUsers(namespace: string, cluster: string, generation: Generation): string;
  /** Names of the pods that a Service leads to now. */
  endpointsOf(namespace: string, service: string): readonly string[];
}

/**
 * The workloads of a Kubernetes cluster, which may be simulated or real: a simulated EMQX node in each pod, the EMQX Operator, and
 * the ways in for clients.
 */
export class ClusterRuntime {
  readonly pods: EmqxPods;
  /** The management API of each pod's node, without a network. */
  readonly transport: EmqxTransport;
  /** Probes each pod's node, without a network. */
  readonly prober: Prober;
  private readonly fronts = new Map<string, TrafficFront>();
  private readonly ended = new AbortController();

  constructor(
    private readonly host: RuntimeHost,
    private readonly options: ClusterRuntimeOptions,
  ) {
    const { clock, random } = host;
    this.pods = new EmqxPods({
      clock,
      random: random.fork('emqx'),
      bootstrapUsers: (...of) => host.bootstrapUsers(...of),
      ...pick(options, ['timings', 'maxConnRate', 'licensedConnections', 'license', 'durableSessions', 'observer']),
      ...(options.podChanged ? { changed: options.podChanged } : {}),
    });
    const nodeOf = (pod: PodRef) => this.pods.nodeIn(pod.namespace, pod.name);
    this.transport = new SimulatedEmqxTransport(clock, nodeOf);
    this.prober = new SimulatedProber(clock, nodeOf);
  }

  /** Lets the operator work on this API, until `stop`; its controller of EMQX v2beta1 on the other one, if given. */
  operate(api: KubeApi, emqxApi: KubeApi = api): SimulatedOperator {
    const { clock, random } = this.host;
    const { operatorTransport: through = (direct) => direct } = this.options;
    const operator = new SimulatedOperator({
      api,
      emqxApi,
      transport: through(this.transport),
      clock,
      random: random.fork('operator'),
      namespace: this.options.namespace ?? 'default',
      variant: this.options.operator ?? 'stock',
      ...(this.options.emqxOperator && { line: this.options.emqxOperator }),
    });
    operator.run(this.ended.signal).catch((error: unknown) => {
      if (!this.ended.signal.aborted) throw error;
    });
    return operator;
  }

  /** The way in through a Service, for simulated clients and for sockets. */
  front(namespace: string, service: string): TrafficFront {
    const key = `${namespace}/${service}`;
    let front = this.fronts.get(key);
    if (!front) {
      front = new TrafficFront({
        clock: this.host.clock,
        random: this.host.random.fork(`front ${key}`),
        destinationOf: (pod) => {
          const node = this.pods.nodeIn(namespace, pod);
          return node?.isListening ? node : undefined;
        },
        lagMs: this.options.endpointLagMs ?? 200,
      });
      this.fronts.set(key, front);
      front.update(this.host.endpointsOf(namespace, service));
    }
    return front;
  }

  /** The endpoints of a Service have changed: new connections follow. */
  endpointsChanged(namespace: string, service: string): void {
    this.fronts.get(`${namespace}/${service}`)?.update(this.host.endpointsOf(namespace, service));
  }

  /** Stops the operator. */
  stop(): void {
    this.ended.abort(new Error('the simulated world has ended'));
    this.host.clock.touch();
  }
}

/** The given members, without those that are undefined. */
function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]]))) as Pick<T, K>;
}
