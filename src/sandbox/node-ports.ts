import { connect, type Socket } from 'node:net';
import type { KubeObject } from '../kubernetes';
import { MQTT_PORTS } from '../resource';
import type { Pod, Service, ServicePort } from '../simulator/kubernetes/core-types';
import { kinds } from '../simulator/kubernetes/kinds';
import { type ObjectStore, refOf } from '../simulator/kubernetes/object-store';
import type { TrafficFront } from '../simulator/traffic-front';
import { LOOPBACK } from './listen';
import { LoopbackPort } from './loopback-port';
import type { MqttListener } from './mqtt/mqtt-listener';

export interface NodePortsOptions {
  store: ObjectStore;
  /** The front of a Service. */
  frontOf: (namespace: string, service: string) => TrafficFront;
  mqtt: MqttListener;
  /** The loopback port on which another port of a pod than that of MQTT is served; undefined when nothing listens. */
  loopbackPortOf: (port: { namespace: string; pod: string; port: number }) => number | undefined;
  /** Whether each is served on a free port, and not on the one of the same number. @default false */
  freePorts?: boolean;
  /** A port has been opened or closed. */
  changed?: () => void;
}

/** A NodePort that is served. */
export interface ServedNodePort {
  namespace: string;
  service: string;
  nodePort: number;
  /** Where it is served on the loopback interface: another number than `nodePort` if that one is in use, or by choice. */
  port: number;
  /** Whether MQTT clients connect here. */
  isMqtt: boolean;
}

interface Opened {
  loopback: LoopbackPort;
  /** Undefined while it is being opened. */
  served?: ServedNodePort;
}

/**
 * The NodePorts of all Services of a simulated cluster, each on the loopback port of the same number while there is such a
 * Service: MQTT without TLS, and what else `loopbackPortOf` knows. A connection to any other port is reset.
 */
export class NodePorts {
  private readonly opened = new Map<string, Opened>();
  private readonly closing = new Set<Promise<void>>();
  private unsubscribe: (() => void) | undefined;

  constructor(private readonly options: NodePortsOptions) {}

  /** Those that are served now. */
  get ports(): ServedNodePort[] {
    return [...this.opened.values()].flatMap(({ served }) => served ?? []);
  }

  /** Begins to serve; resolves when the ports of all existing Services are open. */
  async open(): Promise<void> {
    this.unsubscribe = this.options.store.subscribe(({ object }) => {
      if (object.kind === 'Service') void this.follow();
    });
    await this.follow();
  }

  /** Closes all ports and their connections. */
  async close(): Promise<void> {
    this.unsubscribe?.();
    for (const key of this.opened.keys()) this.end(key);
    await Promise.all(this.closing);
  }

  private async follow(): Promise<void> {
    const wanted = new Map(this.options.store.all<Service>(kinds.service).flatMap(portsOf));
    const gone = [...this.opened.keys()].filter((key) => !wanted.has(key));
    for (const key of gone) this.end(key);
    if (gone.length > 0) this.options.changed?.();
    await Promise.all([...wanted].map(([key, { service, port }]) => this.start(key, service, port)));
  }

  private async start(key: string, service: Service, port: ServicePort & { nodePort: number }): Promise<void> {
    if (this.opened.has(key)) return;
    const { namespace, name } = refOf(service);
    const front = this.options.frontOf(namespace, name);
    const opened: Opened = { loopback: new LoopbackPort((socket) => this.accept(socket, namespace, front, port)) };
    this.opened.set(key, opened);
    const { nodePort, targetPort = port.port } = port;
    try {
      const bound = await opened.loopback.start(this.options.freePorts ? 0 : nodePort);
      const isMqtt = targetPort === MQTT_PORTS.mqtt || targetPort === 'mqtt';
      opened.served = { namespace, service: name, nodePort, port: bound.port, isMqtt };
      this.options.changed?.();
    } catch {
      this.opened.delete(key); // No port is free: connections are refused, as by a node that is down.
    }
  }

  private end(key: string): void {
    const stopped = (this.opened.get(key)?.loopback.stop() ?? Promise.resolve()).finally(() => {
      this.closing.delete(stopped);
    });
    this.closing.add(stopped);
    this.opened.delete(key);
  }

  private accept(socket: Socket, namespace: string, front: TrafficFront, service: ServicePort): void {
    const { pod, destination } = front.route() ?? {};
    if (pod === undefined || destination === undefined) {
      socket.resetAndDestroy();
      return;
    }
    const port = this.containerPort(namespace, pod, service);
    if (destination === 'silent') socket.resume();
    else if (port === MQTT_PORTS.mqtt) this.options.mqtt.accept(socket, destination);
    else this.pass(socket, this.options.loopbackPortOf({ namespace, pod, port }));
  }

  private pass(socket: Socket, port: number | undefined): void {
    if (port === undefined) {
      socket.resetAndDestroy();
      return;
    }
    const target = connect({ host: LOOPBACK, port });
    target.on('error', () => socket.destroy());
    socket.on('close', () => target.destroy());
    socket.pipe(target).pipe(socket);
  }

  /** The number of the pod's port that a port of a Service leads to; 0 when the pod has none of that name. */
  private containerPort(namespace: string, pod: string, { targetPort, port }: ServicePort): number {
    if (typeof targetPort !== 'string') return targetPort ?? port;
    const containers = this.options.store.find<Pod>({ ...kinds.pod, namespace, name: pod })?.spec.containers ?? [];
    return containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === targetPort)?.containerPort ?? 0;
  }
}

type Wanted = [key: string, value: { service: Service; port: ServicePort & { nodePort: number } }];

function portsOf(service: Service & KubeObject): Wanted[] {
  const { namespace, name } = refOf(service);
  return (service.spec.ports ?? []).flatMap((port): Wanted[] => {
    const { nodePort, protocol = 'TCP', targetPort = port.port } = port;
    if (nodePort === undefined || protocol !== 'TCP') return [];
    return [[`${namespace}/${name} ${nodePort} ${targetPort}`, { service, port: { ...port, nodePort } }]];
  });
}
