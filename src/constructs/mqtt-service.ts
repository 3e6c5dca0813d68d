import { MQTT_PORTS, type MqttListener } from '../resource/constants';

/** A port on every Kubernetes node (30000 to 32767), or `auto` to let Kubernetes choose one. */
export type NodePort = number | 'auto';

/** The IP families of a Service. */
export interface IpFamilyOptions {
  /**
   * The families; the first one is that of `clusterIP`. A second one may be added later, but the first never changes.
   *
   * @default - that of the Kubernetes cluster
   * @see https://kubernetes.io/docs/concepts/services-networking/dual-stack/
   */
  readonly ipFamilies?: readonly ('IPv4' | 'IPv6')[];

  /**
   * Whether the Service has one family, both where the Kubernetes cluster has both, or both in any case. EMQX must listen there:
   * `emqxConfig: { 'listener.tcp.external': '[::]:1883' }`; of EMQX 5 and 6 `config: { 'listeners.tcp.default.bind': '[::]:1883' }`.
   *
   * @default "SingleStack"
   */
  readonly ipFamilyPolicy?: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';
}

/** For each listener that is to be reached from outside, its port on every Kubernetes node. */
export interface NodePortOptions extends IpFamilyOptions {
  /** MQTT over TCP, port 1883. @default - not published */
  readonly mqtt?: NodePort;
  /** MQTT over TLS, port 8883. @default - not published */
  readonly mqtts?: NodePort;
  /** MQTT over WebSocket, port 8083. @default - not published */
  readonly ws?: NodePort;
  /** MQTT over WebSocket and TLS, port 8084. @default - not published */
  readonly wss?: NodePort;

  /**
   * Whether a Kubernetes node routes a device to any EMQX node, or only to those that run on it.
   *
   * @default "Cluster"
   * @see {@link ExternalTrafficPolicy}
   */
  readonly externalTrafficPolicy?: ExternalTrafficPolicy;
}

/**
 * `Cluster`: every Kubernetes node reaches every EMQX node, and EMQX sees the address of the Kubernetes node. `Local`: EMQX
 * sees the address of the device, and a Kubernetes node without an EMQX node of the serving set refuses devices.
 *
 * @see https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/#preserving-the-client-source-ip
 */
export type ExternalTrafficPolicy = 'Cluster' | 'Local';

/** The listeners of a Service that is reached from inside the Kubernetes cluster. */
export interface ClusterIpOptions extends IpFamilyOptions {
  /**
   * The published listeners, each under its own port.
   *
   * @default ['mqtt']
   */
  readonly listeners?: readonly MqttListener[];
}

/** The listeners of a Service behind a load balancer, and the load balancer's options. */
export interface LoadBalancerOptions extends ClusterIpOptions {
  /**
   * Annotations of the Service, by which a cloud's load balancer is configured.
   *
   * @default - none
   */
  readonly annotations?: Readonly<Record<string, string>>;

  /**
   * Whether a Kubernetes node routes a device to any EMQX node, or only to those that run on it.
   *
   * @default "Cluster"
   * @see {@link ExternalTrafficPolicy}
   */
  readonly externalTrafficPolicy?: ExternalTrafficPolicy;

  /**
   * The networks that devices may come from, as address and length of the prefix: `203.0.113.0/24`. Not every cloud
   * supports them.
   *
   * @default - every network
   * @see Kubernetes API, `Service.spec.loadBalancerSourceRanges`
   */
  readonly loadBalancerSourceRanges?: readonly string[];

  /**
   * Which of several load balancers of the Kubernetes cluster to use, for example `service.k8s.aws/nlb`. Cannot be changed
   * later.
   *
   * @default - the one of the cloud
   * @see Kubernetes API, `Service.spec.loadBalancerClass`
   */
  readonly loadBalancerClass?: string;
}

/**
 * The Service through which devices reach the cluster, named `<cluster>-mqtt`. During an upgrade it routes to the old nodes or
 * to the new ones, never to both: so each device moves only once.
 *
 * It publishes listeners for devices only. The ports of the management API and of the dashboard are left to the operator's own
 * Service. A change of it is not an upgrade.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/service/
 */
export class MqttService {
  /** Reached on a port of every Kubernetes node: `MqttService.nodePort({ mqtt: 32010 })`. */
  static nodePort(options: NodePortOptions): MqttService {
    const given = objectOf(options);
    const listeners = LISTENERS.filter((listener) => given[listener] !== undefined);
    return new MqttService('NodePort', given, listeners);
  }

  /** Reached through a load balancer of the cloud, under the listeners' own ports. */
  static loadBalancer(options: LoadBalancerOptions = {}): MqttService {
    const given = objectOf(options);
    return new MqttService('LoadBalancer', given, given.listeners ?? ['mqtt']);
  }

  /** Reached only from inside the Kubernetes cluster. */
  static clusterIp(options: ClusterIpOptions = {}): MqttService {
    const given = objectOf(options);
    return new MqttService('ClusterIP', given, given.listeners ?? ['mqtt']);
  }

  private constructor(
    /** Type of the Service. */
    readonly type: 'NodePort' | 'LoadBalancer' | 'ClusterIP',
    /** As the caller gave them. */
    readonly options: NodePortOptions & LoadBalancerOptions,
    /** The published listeners. */
    readonly listeners: readonly MqttListener[],
  ) {}
}

/** A program without type checks may pass nothing at all, which the validation reports. */
function objectOf<T extends object>(options: T): T {
  return typeof options === 'object' && options !== null ? options : ({} as T);
}

/** All listeners for devices, in the order of {@link MQTT_PORTS}. */
export const LISTENERS = Object.keys(MQTT_PORTS) as MqttListener[];
