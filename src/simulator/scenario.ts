import { EmqxClient } from '../emqx';
import { Cluster, type KubeObject } from '../kubernetes';
import type { EmqxEnterprise } from '../resource';
import {
  type Clock,
  type Driver,
  type ProgressEvent,
  planUpgrade,
  runUpgrade,
  type UpgradeContext,
  type UpgradePlan,
  type UpgradeReport,
  type UpgradeRequest,
} from '../upgrade';
import type { ClientGroup } from './clients/client-group';
import { ClientLedger } from './clients/client-ledger';
import type { ClientReport } from './clients/client-report';
import { Population } from './clients/population';
import { World, type WorldOptions } from './world';

/** One upgrade from beginning to end, with its cluster and its devices. */
export interface Scenario extends Omit<WorldOptions, 'observer' | 'podChanged'> {
  /** What runs before: the complete custom resource, and what belongs to it. */
  cluster: EmqxEnterprise;
  objects?: readonly KubeObject[];
  /** The resource as it shall be. */
  desired: EmqxEnterprise;
  driver: Driver;
  /** Cluster-wide disconnects per second. @default - the resource's connection eviction rate */
  stormCap?: number;
  fleet: readonly ClientGroup[];
  /** @default 1000 */
  connectPerSecond?: number;
  /**
   * How long the cluster rests before the upgrade, in ms. The operator looks each 20 s, so this decides how its passes fall.
   *
   * @default 3000: the nodes have counted their connections
   */
  restMs?: number;
  /** Service by which the devices enter. */
  service: string;
  /** Told of every event of the run. */
  progress?: (event: ProgressEvent, world: World) => void;
}

export interface ScenarioResult {
  plan: UpgradePlan;
  upgrade: UpgradeReport;
  /** What the devices saw, from the beginning of the upgrade until some time after its end. */
  clients: ClientReport;
  /** Sessions of devices that were away, moved by their node. */
  sessionsMoved: number;
  ledger: ClientLedger;
  /** How much simulated time all of it took, in ms. */
  simulatedMs: number;
}

/** After the upgrade devices may still be on their way back: the longest TCP time-out seen was 30 s. */
const SETTLE_MS = 40_000;

/** Nodes count their connections anew only now and then. */
const STATISTICS_MS = 3_000;

/** Plays a scenario in virtual time. Equal scenarios give equal results. */
export async function play(scenario: Scenario): Promise<ScenarioResult> {
  let sessionsMoved = 0;
  const world = new World({ ...scenario, observer: { sessionMoved: () => void sessionsMoved++ } });
  const { clock } = world;
  const { name, namespace = 'default' } = scenario.cluster.metadata;
  const began = clock.now();
  return clock.run(async () => {
    await world.apply([scenario.cluster as KubeObject, ...(scenario.objects ?? [])]);
    const context = contextOf(world, namespace, name, (event) => scenario.progress?.(event, world));
    await running(context);
    const ledger = new ClientLedger(clock);
    const { connectPerSecond } = scenario;
    const population = new Population(
      {
        clock,
        random: world.random.fork('clients'),
        front: world.front(namespace, scenario.service),
        ledger,
        ...(connectPerSecond === undefined ? {} : { connectPerSecond }),
      },
      scenario.fleet,
    );
    await served(world, namespace, scenario.service);
    await population.connectAll();
    const publisher = world.pods.running[0]?.node;
    if (publisher) population.queueMessages(publisher);
    await clock.sleep(scenario.restMs ?? STATISTICS_MS);
    const request: UpgradeRequest = {
      desired: scenario.desired,
      driver: scenario.driver,
      acceptLoss: scenario.driver === 'operator',
      ...(scenario.stormCap === undefined ? {} : { stormCap: scenario.stormCap }),
    };
    const plan = await planUpgrade(context, request);
    ledger.begin();
    const upgrade = await runUpgrade(context, request);
    await clock.sleep(SETTLE_MS);
    await population.returnDevices();
    const clients = ledger.report();
    world.stop();
    return { plan, upgrade, clients, sessionsMoved, ledger, simulatedMs: clock.now() - began };
  });
}

/** The engine's view of a cluster in a simulated world. */
export function contextOf(
  world: World,
  namespace: string,
  name: string,
  progress: (event: ProgressEvent) => void,
  transport = world.transport,
): UpgradeContext {
  const { api, clock } = world;
  const cluster = new Cluster({ api, clock, namespace, name });
  const emqx = new EmqxClient({ transport, prober: world.prober, namespace, credentials: () => cluster.credentials() });
  return { clock, cluster, emqx, progress: { report: progress }, holder: 'simulation' };
}

/** The longest a cluster may take to come to rest, in simulated ms. */
const PATIENCE_MS = 15 * 60_000;

/**
 * Resolves when the operator reports the cluster at rest.
 *
 * @throws Error when it does not within 15 simulated minutes
 */
export async function running({ clock, cluster }: UpgradeContext): Promise<void> {
  await until(clock, 'the cluster to be Running', async () => {
    const { resource } = await cluster.observe();
    const first = resource.status?.conditions?.[0];
    const all = resource.status?.readyReplicas === resource.spec.replicas;
    return first?.type === 'Running' && first.status === 'True' && all;
  });
}

/**
 * Resolves when somebody is behind the Service: the operator makes its own only some time after Running.
 *
 * @throws Error when nobody is within 15 simulated minutes
 */
export async function served(world: World, namespace: string, service: string): Promise<void> {
  const front = world.front(namespace, service);
  await until(world.clock, `pods behind Service ${service}`, async () => front.endpoints.length > 0);
}

async function until(clock: Clock, what: string, reached: () => Promise<boolean>): Promise<void> {
  const deadline = clock.now() + PATIENCE_MS;
  while (!(await reached())) {
    if (clock.now() >= deadline) throw new Error(`waited in vain for ${what}`);
    await clock.sleep(1_000);
  }
}
