import type { KubeObject } from '../kubernetes';
import {
  DASHBOARD_PORT_NAME,
  DEFAULT_DASHBOARD_PORT,
  DEFAULT_NAMESPACE,
  INSTANCE_LABEL,
  MQTT_PORTS,
  ROLE_LABEL,
} from '../resource';
import { ClientLedger } from '../simulator/clients/client-ledger';
import { type Drive, followWallClock } from '../simulator/clock';
import type { EmqxNode } from '../simulator/emqx/node';
import type { Pod } from '../simulator/kubernetes/core-types';
import { boot, contextOf } from '../simulator/scenario';
import { World } from '../simulator/world';
import { demoFleet, SocketClients } from './clients/socket-clients';
import { freeNodePort } from './free-node-port';
import { kubeconfigFile } from './kubeconfig-file';
import { KubernetesApiServer } from './kubernetes-api/kubernetes-api-server';
import type { PodPort } from './kubernetes-api/port-forward/pod-port';
import { ManagementApiServer } from './management-api';
import { MqttListener } from './mqtt/mqtt-listener';
import { NodePorts, type ServedNodePort } from './node-ports';
import { NodeServers } from './node-servers';
import type { OwnFile } from './own-file';
import { OwnPort } from './own-port';
import { type NodeTarget, PrometheusTargets } from './prometheus-targets';
import type { ClusterManifests } from './quickstart';
import { notesOf, type StageNotes, stageOf } from './stage';

export interface OpenSandboxOptions {
  /** A cluster that runs from the beginning. @default - none: one is applied later */
  manifests?: ClusterManifests;
  /** MQTT clients that stay connected, and a tenth as many offline devices; they connect as soon as a NodePort for MQTT exists. @default 0 */
  clients?: number;
  /** Seed of everything random. @default 1 */
  seed?: number;
  /** Path to write the kubeconfig to. */
  kubeconfigPath: string;
  /** Path to write the nodes to, for `file_sd_configs` of Prometheus. @default - they are not written */
  prometheusTargetsPath?: string;
  /** NodePort of the Service for clients that is added to manifests without one; 0 for any free port. @default 32010 */
  mqttPort?: number;
  /** What moves the world's clock. @default - it follows the wall clock */
  drive?: Drive;
  /**
   * Serves each NodePort on a free port of the loopback interface, so that sandboxes do not meet, and not on the port of the same
   * number. @default false
   */
  freePorts?: boolean;
}

/** Nodes update their connection and session counts every 2 s. */
const COUNTED_MS = 2_500;

/** What happens in a sandbox. */
export type SandboxEvent =
  /** The given cluster runs. */
  | ({ kind: 'staged'; service: string } & StageNotes)
  /** The NodePorts that are served have changed. */
  | { kind: 'node-ports'; ports: readonly ServedNodePort[] }
  /** No NodePort leads to MQTT without TLS: the clients do not connect. */
  | { kind: 'no-way-in' }
  /** All clients are connected for the first time, and the nodes have counted them. */
  | { kind: 'connected'; clients: number; devices: number };

/** A sandbox that runs. */
export interface OpenSandbox {
  kubeconfigPath: string;
  /** Address of the Kubernetes API. Anyone who knows it has full access. */
  serverUrl: string;
  /** The NodePorts that are served now. */
  nodePorts(): readonly ServedNodePort[];
  /** How many of its clients are connected now. */
  connectedClients(): number;
  /** Ends everything, and removes the kubeconfig. */
  stop(): Promise<void>;
}

/**
 * Opens a simulated Kubernetes cluster with the EMQX Operator in it, and everything of it that can be reached: its API for
 * kubectl, the ports of its pods by port-forward, and its NodePorts on the loopback interface.
 *
 * A given cluster runs when this resolves. From then on the world's clock follows the wall clock, or whatever else drives it.
 *
 * @throws FileTakenError when a file to be written exists already and was not written by a sandbox
 */
export async function openSandbox(
  options: OpenSandboxOptions,
  emit: (event: SandboxEvent) => void,
): Promise<OpenSandbox> {
  const sandbox = new SimulatedSandbox(options, emit);
  try {
    await sandbox.start();
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
  return sandbox;
}

/** The age of a given cluster at the start, unless its nodes take longer to boot. */
const AGE_MS = 10 * 60_000;
/** Clients of the npm library `mqtt` among all clients; the rest are bare sockets. */
const LIBRARY_CLIENTS = 100;
/** Of MQTT over TLS and WebSocket: nodes have them, and the sandbox serves neither. */
const OTHER_LISTENERS: readonly number[] = [MQTT_PORTS.mqtts, MQTT_PORTS.ws, MQTT_PORTS.wss];

/** Ports of a node that its management API is behind: of EMQX 4.4 its own and the dashboard's, of EMQX 5 and 6 the dashboard's. */
function managementPortsOf({ metadata, spec }: Pod): number[] {
  if (metadata.labels?.[ROLE_LABEL] === undefined) return [8081, DEFAULT_DASHBOARD_PORT];
  const ports = spec.containers.flatMap((container) => container.ports ?? []);
  return ports.flatMap(({ name, containerPort }) => (name === DASHBOARD_PORT_NAME ? [containerPort] : []));
}

class SimulatedSandbox implements OpenSandbox {
  private readonly world: World;
  private readonly namespace: string;
  private readonly kubeconfig: OwnFile;
  private readonly targets: PrometheusTargets | undefined;
  private readonly management: NodeServers<EmqxNode, ManagementApiServer>;
  private readonly mqtt: NodeServers<EmqxNode, OwnPort>;
  private readonly ports: NodePorts;
  /** Behind the listeners of all nodes that the sandbox does not serve: they accept a connection, and close it. */
  private readonly closing = new OwnPort((socket) => socket.end());
  private readonly api: KubernetesApiServer;
  private clients: SocketClients | undefined;
  private undrive: (() => void) | undefined;
  /** The Service for devices of the given cluster. */
  private entry: string | undefined;

  constructor(
    private readonly options: OpenSandboxOptions,
    private readonly emit: (event: SandboxEvent) => void,
  ) {
    const { manifests, seed = 1, kubeconfigPath, prometheusTargetsPath, freePorts = false } = options;
    this.kubeconfig = kubeconfigFile(kubeconfigPath);
    this.targets = prometheusTargetsPath === undefined ? undefined : new PrometheusTargets(prometheusTargetsPath);
    this.namespace = manifests?.cluster.metadata.namespace ?? DEFAULT_NAMESPACE;
    this.world = new World({
      seed,
      namespace: this.namespace,
      startAt: Date.now() - (manifests ? AGE_MS : 0),
      podChanged: () => this.podsChanged(),
    });
    const listener = new MqttListener(this.world.clock);
    const nodes = () => this.nodes();
    this.management = new NodeServers(
      nodes,
      (node) => new ManagementApiServer(node),
      () => this.writeTargets(),
    );
    this.mqtt = new NodeServers(nodes, (node) => new OwnPort((socket) => listener.accept(socket, node)));
    const loopbackPortOf = (port: PodPort) => this.loopbackPortOf(port);
    const { store } = this.world.kubernetes;
    this.ports = new NodePorts({
      store,
      frontOf: (namespace, service) => this.world.front(namespace, service),
      mqtt: listener,
      loopbackPortOf,
      freePorts,
      changed: () => this.portsChanged(),
    });
    this.api = new KubernetesApiServer({ store, namespace: this.namespace, loopbackPortOf });
  }

  get kubeconfigPath(): string {
    return this.kubeconfig.path;
  }

  get serverUrl(): string {
    return this.api.url ?? '';
  }

  nodePorts(): readonly ServedNodePort[] {
    return this.ports.ports;
  }

  connectedClients(): number {
    return this.clients?.connected ?? 0;
  }

  async start(): Promise<void> {
    const { manifests, drive = followWallClock } = this.options;
    if (manifests) await this.boot(manifests);
    this.undrive = drive(this.world.clock);
    await Promise.all([
      this.management.open(),
      this.mqtt.open(),
      this.closing.start(),
      this.ports.open(),
      this.api.start(),
    ]);
    this.letIn(() => true); // through any Service, where the one for devices has no port for MQTT without TLS
    if (this.entry !== undefined && this.options.clients && !this.clients) this.emit({ kind: 'no-way-in' });
    this.writeTargets();
    this.kubeconfig.write(this.api.kubeconfig());
  }

  async stop(): Promise<void> {
    await this.clients?.stop();
    this.undrive?.();
    this.world.stop();
    await Promise.all([
      this.ports.close(),
      this.api.stop(),
      this.management.close(),
      this.mqtt.close(),
      this.closing.stop(),
    ]);
    this.kubeconfig.remove();
    this.targets?.remove();
  }

  /** The first boot takes a minute of the operator's polling: it is done in virtual time, up to the present. */
  private async boot(manifests: ClusterManifests): Promise<void> {
    const { clock } = this.world;
    const { mqttPort } = this.options;
    const stage = stageOf(manifests, mqttPort === 0 ? await freeNodePort() : mqttPort);
    const { cluster, objects, entry } = stage;
    this.entry = entry;
    const { kind, metadata } = cluster;
    const context = contextOf(this.world, this.namespace, metadata.name, () => undefined, undefined, kind);
    await clock.run(() => boot(this.world, context, [cluster as KubeObject, ...objects], entry));
    this.emit({ kind: 'staged', service: entry, ...notesOf(stage) });
    await clock.advance(Math.max(0, Date.now() - clock.now()));
  }

  private nodes(): (readonly [string, EmqxNode])[] {
    return this.world.pods.running
      .filter(({ pod, node }) => pod.metadata.namespace === this.namespace && node.isListening)
      .map(({ pod, node }) => [pod.metadata.name, node] as const);
  }

  private podsChanged(): void {
    this.management.refresh();
    this.mqtt.refresh();
  }

  private writeTargets(): void {
    const nodes = this.world.pods.running.flatMap(({ pod: { metadata } }): NodeTarget[] => {
      const { namespace = DEFAULT_NAMESPACE, name: pod, labels } = metadata;
      const port = this.managementPortOf(pod);
      return namespace !== this.namespace || port === undefined
        ? []
        : [{ namespace, cluster: labels?.[INSTANCE_LABEL] ?? '', pod, port, role: labels?.[ROLE_LABEL] }];
    });
    this.targets?.write(nodes);
  }

  private loopbackPortOf({ namespace, pod, port }: PodPort): number | undefined {
    if (namespace !== this.namespace) return undefined;
    if (port === MQTT_PORTS.mqtt) return this.mqtt.of(pod)?.port;
    if (OTHER_LISTENERS.includes(port)) return this.mqtt.of(pod) && this.closing.port;
    const running = this.world.pods.running.find(
      ({ pod: { metadata } }) => metadata.namespace === namespace && metadata.name === pod,
    );
    return running && managementPortsOf(running.pod).includes(port) ? this.managementPortOf(pod) : undefined;
  }

  private managementPortOf(pod: string): number | undefined {
    const url = this.management.of(pod)?.baseUrl;
    return url === undefined ? undefined : Number(new URL(url).port);
  }

  private portsChanged(): void {
    const { ports } = this.ports;
    this.emit({ kind: 'node-ports', ports });
    this.letIn(({ service }) => this.entry === undefined || service === this.entry);
  }

  private letIn(isMeant: (port: ServedNodePort) => boolean): void {
    const way = this.ports.ports.find((port) => port.isMqtt && isMeant(port));
    if (way && !this.clients && this.options.clients) this.connect(way.port, this.options.clients);
  }

  private connect(port: number, count: number): void {
    const { clock, random } = this.world;
    const library = Math.min(LIBRARY_CLIENTS, count);
    const fleet = { library, light: count - library, devices: Math.ceil(count / 10) };
    const clients = new SocketClients(
      { port, clock, random: random.fork('clients'), ledger: new ClientLedger(clock) },
      demoFleet(fleet),
    );
    this.clients = clients;
    void clients.connectAll().then(async () => {
      await clock.sleep(COUNTED_MS);
      this.emit({ kind: 'connected', clients: clients.connected, devices: fleet.devices });
    });
  }
}
