import type { KubeObject } from '../kubernetes';
import { DEFAULT_NAMESPACE, type EmqxResource, withVersion } from '../resource';
import type { ClientGroup } from '../simulator/clients/client-group';
import { ClientLedger } from '../simulator/clients/client-ledger';
import { DEFAULT_SHARES, type DeviceShare, deviceFleet } from '../simulator/clients/device-fleet';
import type { Drive } from '../simulator/clock';
import { type Comparison, playAlone, serviceAlone } from '../simulator/comparison';
import { deviceSeconds } from '../simulator/device-seconds';
import { type RunReport, runReport } from '../simulator/run-report';
import { boot, contextOf } from '../simulator/scenario';
import { World } from '../simulator/world';
import {
  type Driver,
  type Limits,
  lastRecord,
  type Pacing,
  type ProgressEvent,
  planUpgrade,
  runUpgrade,
  type UpgradePlan,
  type UpgradeRecord,
  type UpgradeRequest,
} from '../upgrade';
import { presetFleet, SocketClients } from './clients/socket-clients';
import type { ClusterManifests } from './quickstart';
import { Sandbox } from './sandbox';
import { notesOf, type Stage, type StageNotes, stageOf } from './stage';

export interface DemoOptions extends ClusterManifests {
  /** Version to upgrade to. */
  version: string;
  /** Connected clients; a tenth as many offline devices are added. */
  clients: number;
  /** What they are. @default - a fleet of six libraries */
  devices?: readonly DeviceShare[];
  /** Cluster-wide disconnects per second. @default - the resource's connection eviction rate */
  stormCap?: number;
  /** @default 'fixed' */
  pacing?: Pacing;
  /** Connections that each node accepts per second. @default - no limit */
  maxConnRate?: number;
  /** When the run stops by itself. @default - as any upgrade */
  limits?: Partial<Limits>;
  driver: Driver;
  seed: number;
  /** The port clients connect to; another one when it is in use. @default - the node port of their Service, else 32010 */
  mqttPort?: number;
  /** What moves the world's clock. @default - it follows the wall clock */
  drive?: Drive;
}

/** What happens in a demo, in order. */
export type DemoEvent =
  | ProgressEvent
  | ({ kind: 'opened'; port: number; isSubstitute: boolean; service: string } & StageNotes)
  | { kind: 'connected'; clients: number; devices: number; libraryClients: number }
  | { kind: 'planned'; plan: UpgradePlan }
  /** What the resource shows of them, at this path of it. */
  | { kind: 'evacuations'; path: string; evacuations: readonly object[] }
  /** The upgrade is done; now the same by the operator alone is simulated in virtual time. */
  | { kind: 'comparing' };

export interface DemoResult {
  plan: UpgradePlan;
  report: RunReport;
  /** What the journal keeps of the run. */
  record: UpgradeRecord;
  /** What the stock operator alone would have done, simulated with the same seed. */
  native: Comparison;
}

/** Most clients of the npm library `mqtt` among all clients; the rest are bare sockets. */
const LIBRARY_CLIENTS = 300;
/** Nodes update their connection counts only now and then. */
const STATISTICS_MS = 2_000;
/** The longest any client may take to reconnect after the upgrade. */
const RETURN_MS = 35_000;

/** Upgrades a simulated cluster with real MQTT clients on loopback sockets, with the engine that upgrades real clusters. */
export async function demo(
  options: DemoOptions,
  emit: (event: DemoEvent) => void,
  signal?: AbortSignal,
): Promise<DemoResult> {
  const { driver, seed } = options;
  const stage = stageOf(options);
  const { cluster, objects } = stage;
  const { name, namespace = DEFAULT_NAMESPACE } = cluster.metadata;
  const service = driver === 'pilot' ? stage.entry : serviceAlone(cluster, stage.entry);
  const desired = withVersion(cluster, options.version);

  let sessionsMoved = 0;
  const world = new World({
    seed,
    namespace,
    ...(options.maxConnRate !== undefined && { maxConnRate: options.maxConnRate }),
    observer: { sessionMoved: () => void sessionsMoved++ },
    podChanged: () => sandbox.refresh(),
  });
  const sandbox = new Sandbox(sandboxWorld(world, namespace, service));
  const ledger = new ClientLedger(world.clock);
  const context = contextOf(
    world,
    namespace,
    name,
    (event) => {
      emit(event);
      if (event.kind === 'sample') evacuations.look();
    },
    sandbox.transport,
    cluster.kind,
  );
  const evacuations = new EvacuationsWatch(world, cluster, emit);

  // The first boot takes a minute of the operator's polling: it is done in virtual time, with no clients connected yet.
  await world.clock.run(() => boot(world, context, [cluster as KubeObject, ...objects], service));
  const bound = await sandbox.start(options.mqttPort ?? stage.nodePort, options.drive);
  const fleet = presetFleet(fleetOf(options), LIBRARY_CLIENTS);
  const clients = new SocketClients(
    { port: bound.port, clock: world.clock, random: world.random.fork('clients'), ledger },
    fleet,
  );
  try {
    emit({ kind: 'opened', ...bound, service, ...notesOf(stage) });
    await clients.connectAll();
    await clients.queueMessages();
    await world.clock.sleep(STATISTICS_MS, signal);
    const devices = offlineOf(options.clients);
    const libraryClients = fleet.reduce((sum, { kind, count }) => sum + (kind === 'library' ? count : 0), 0);
    emit({ kind: 'connected', clients: clients.connected, devices, libraryClients });

    const request: UpgradeRequest = { desired, driver, acceptLoss: driver === 'operator', ...pacingOf(options) };
    const plan = await planUpgrade(context, request, signal);
    emit({ kind: 'planned', plan });
    ledger.begin();
    await runUpgrade(context, request, signal);
    const record = (await lastRecord(context, signal))!; // it has just ended
    const deadline = world.clock.now() + RETURN_MS;
    while (ledger.retrying > 0 && world.clock.now() < deadline) await world.clock.sleep(250, signal);
    await clients.returnDevices();
    await world.clock.sleep(500, signal); // queued messages are on their way
    const seen = ledger.report();
    const seconds = deviceSeconds(ledger, seen, world.clock.now());
    const report = runReport(record, { clients: seen, sessionsMoved, lost: clients.lost, seconds });
    emit({ kind: 'comparing' });
    return { plan, report, record, native: await nativeRun(options, stage, desired) };
  } finally {
    await clients.stop();
    world.stop();
    await sandbox.stop();
  }
}

/** What the operator alone would have done: the same cluster and fleet in virtual time. */
function nativeRun(
  options: DemoOptions,
  { cluster, objects, entry }: Stage,
  desired: EmqxResource,
): Promise<Comparison> {
  const fleet = fleetOf(options);
  return playAlone({ seed: options.seed, cluster, objects, desired, fleet, service: entry, ...pacingOf(options) });
}

/** The evacuations in the status of the resource, reported whenever a state in it changes. */
class EvacuationsWatch {
  private reported = '';

  constructor(
    private readonly world: World,
    private readonly cluster: EmqxResource,
    private readonly emit: (event: DemoEvent) => void,
  ) {}

  look(): void {
    const { apiVersion, kind } = this.cluster;
    const { name, namespace = DEFAULT_NAMESPACE } = this.cluster.metadata;
    const live = this.world.kubernetes.store.find<EmqxResource & KubeObject>({ apiVersion, kind, namespace, name });
    const { path, evacuations = [] } = evacuationsIn(live);
    const states = evacuations.map(({ node, state }) => `${node} ${state}`).join();
    if (evacuations.length > 0 && states !== this.reported) this.emit({ kind: 'evacuations', path, evacuations });
    this.reported = states;
  }
}

/** What a person sees of the evacuations with kubectl, and where. */
function evacuationsIn(live: EmqxResource | undefined) {
  if (live?.kind === 'EMQX') {
    return { path: '.status.nodeEvacuationsStatus', evacuations: live.status?.nodeEvacuationsStatus };
  }
  const evacuations = live?.status?.blueGreenUpdateStatus?.evacuationsStatus;
  return { path: '.status.blueGreenUpdateStatus.evacuationsStatus', evacuations };
}

function sandboxWorld(world: World, namespace: string, service: string) {
  return {
    clock: world.clock,
    front: world.front(namespace, service),
    nodes: () =>
      world.pods.running
        .filter(({ pod, node }) => pod.metadata.namespace === namespace && node.isListening)
        .map(({ pod, node }) => [pod.metadata.name, node] as const),
  };
}

function fleetOf({ clients, devices = DEFAULT_SHARES }: DemoOptions): ClientGroup[] {
  return deviceFleet(devices, clients, offlineOf(clients));
}

/** Offline devices beside so many clients. */
function offlineOf(clients: number): number {
  return Math.ceil(clients / 10);
}

function pacingOf({ stormCap, pacing, limits }: DemoOptions): Pick<UpgradeRequest, 'stormCap' | 'pacing' | 'limits'> {
  return { ...(stormCap !== undefined && { stormCap }), ...(pacing && { pacing }), ...(limits && { limits }) };
}
