import { managementPorts } from '../emqx';
import { Cluster, type KubeObject } from '../kubernetes';
import { KubeApiError } from '../kubernetes/kube-api';
import type { EmqxResource } from '../resource';
import {
  type Clock,
  type Driver,
  type Limits,
  lastRecord,
  type Pacing,
  type ProgressEvent,
  planUpgrade,
  runUpgrade,
  type UpgradeContext,
  type UpgradePlan,
  type UpgradeRecord,
  type UpgradeRequest,
} from '../upgrade';
import { nodesWanted, operatorReportOf } from '../upgrade/observation';
import type { ClientGroup } from './clients/client-group';
import { ClientLedger } from './clients/client-ledger';
import { Population } from './clients/population';

import { deviceSeconds } from './device-seconds';

import type { ClientOutcome } from './run-report';
import { UnfitManifestError } from './unfit-manifest-error';
import { World, type WorldOptions } from './world';

/** One upgrade from beginning to end, with its cluster and its devices. */
export interface Scenario extends Omit<WorldOptions, 'namespace' | 'observer' | 'podChanged'> {
  /** The cluster before the upgrade: the complete custom resource, and its other objects. */
  cluster: EmqxResource;
  objects?: readonly KubeObject[];
  /** The desired resource. */
  desired: EmqxResource;
  driver: Driver;
  /** @default false */
  acceptDowngrade?: boolean;
  /** Cluster-wide disconnects per second. @default - the resource's connection eviction rate */
  stormCap?: number;
  /** @default 'fixed' */
  pacing?: Pacing | undefined;
  /** When the run stops by itself. @default - as any upgrade */
  limits?: Partial<Limits>;
  fleet: readonly ClientGroup[];
  /** @default 1000 */
  connectPerSecond?: number;
  /**
   * How long the cluster rests before the upgrade, in ms. The operator reconciles every 20 s, so this shifts its passes.
   *
   * @default 3000: the nodes have counted their connections
   */
  restMs?: number;
  /** Service through which the devices connect. */
  service: string;
  /** Receives the plan, before the run begins. May reject it by throwing. */
  planned?: (plan: UpgradePlan) => void;
  /** Receives every event of the run. */
  progress?: (event: ProgressEvent, world: World) => void;
}

/** What the devices saw is from the beginning of the upgrade until some time after its end. */
export interface ScenarioResult extends ClientOutcome, Played {
  plan: UpgradePlan;
  upgrade: UpgradeRecord;
}

/** What else is known of a scenario that was played. */
interface Played {
  ledger: ClientLedger;
  /** How much simulated time all of it took, in ms. */
  simulatedMs: number;
}

/** After the upgrade devices may still be reconnecting: the longest TCP timeout seen was 30 s. */
const SETTLE_MS = 40_000;

/** The longest wait of a library between two attempts, after which it is still not counted as lost: that of Paho for Go. */
const LONGEST_WAIT_MS = 600_000;

/** Nodes update their connection counts only now and then. */
const STATISTICS_MS = 3_000;

/** The longest upgrade that is simulated: a simulated day takes minutes. */
const MOST_MS = 24 * 3_600_000;

/**
 * Plays a scenario in virtual time. Equal scenarios give equal results.
 *
 * @throws UnfitManifestError when the cluster does not run, or its upgrade takes more than a day
 */
export function play(scenario: Scenario): Promise<ScenarioResult> {
  return playOn(scenario, async ({ context, ledger }) => {
    const request: UpgradeRequest = {
      desired: scenario.desired,
      driver: scenario.driver,
      acceptLoss: scenario.driver === 'operator',
      acceptDowngrade: scenario.acceptDowngrade ?? false,
      ...(scenario.stormCap === undefined ? {} : { stormCap: scenario.stormCap }),
      pacing: scenario.pacing,
      ...(scenario.limits && { limits: scenario.limits }),
    };
    const plan = await planUpgrade(context, request);
    scenario.planned?.(plan);
    if ((plan.estimateMs ?? 0) > MOST_MS) throw tooLong(plan.estimateMs!);
    ledger.begin();
    await runUpgrade(context, request);
    return { plan, upgrade: (await lastRecord(context))! }; // it has just ended
  });
}

/** A cluster at rest, with its devices connected. */
export interface Ready {
  world: World;
  context: UpgradeContext;
  ledger: ClientLedger;
}

/** What is upgraded, whoever does it. */
export type Setting = Omit<Scenario, 'driver' | 'desired' | 'planned'>;

/**
 * Sets a cluster up, with its devices; lets `upgrade` do what is to be seen, which calls `ledger.begin`; then waits for the devices, and
 * lets those that were offline return.
 */
export async function playOn<T>(
  scenario: Setting,
  upgrade: (ready: Ready) => Promise<T>,
): Promise<T & ClientOutcome & Played> {
  let sessionsMoved = 0;
  const wills = { published: 0, unknown: 0 };
  const { kind, metadata } = scenario.cluster;
  const { name, namespace = 'default' } = metadata;
  const observer = {
    sessionMoved: () => void sessionsMoved++,
    willPublished: () => void wills.published++,
    willDropped: () => void wills.unknown++,
  };
  const world = new World({ ...scenario, namespace, observer });
  const { clock } = world;
  const began = clock.now();
  // Alone, the operator evacuates one node after the other, and waits after each.
  const mostMs = MOST_MS * (3 + nodesWanted(scenario.cluster));
  return clock.run(async () => {
    const context = contextOf(world, namespace, name, (event) => scenario.progress?.(event, world), undefined, kind);
    await boot(world, context, [scenario.cluster as KubeObject, ...(scenario.objects ?? [])], scenario.service);
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
    await population.connectAll();
    const publisher = world.pods.running[0]?.node;
    if (publisher) population.queueMessages(publisher);
    await clock.sleep(scenario.restMs ?? STATISTICS_MS);
    const result = await upgrade({ world, context, ledger });
    await settle(clock, ledger);
    await population.returnDevices();
    const clients = ledger.report();
    const seconds = deviceSeconds(ledger, clients, clock.now());
    world.stop();
    const { lost } = population;
    const hasWills = scenario.fleet.some(({ willDelaySeconds }) => willDelaySeconds !== undefined);
    return {
      ...result,
      clients,
      sessionsMoved,
      ...(hasWills && { wills }),
      seconds,
      lost,
      ledger,
      simulatedMs: clock.now() - began,
    };
  }, mostMs);
}

/** Resolves when every device is back that comes back. */
async function settle(clock: Clock, ledger: ClientLedger): Promise<void> {
  await clock.sleep(SETTLE_MS);
  const deadline = clock.now() + LONGEST_WAIT_MS;
  while (ledger.retrying > 0 && clock.now() < deadline) await clock.sleep(1_000);
}

function tooLong(estimateMs: number): UnfitManifestError {
  return new UnfitManifestError(
    `the upgrade would take ${Math.ceil(estimateMs / 3_600_000)} hours; at most ${MOST_MS / 3_600_000} are simulated`,
    'simulate a shorter initialDelaySeconds or waitTakeover, a higher rate, or fewer clients',
  );
}

/** The engine's view of a cluster in a simulated world. */
export function contextOf(
  world: World,
  namespace: string,
  name: string,
  progress: (event: ProgressEvent) => void,
  transport = world.transport,
  kind: EmqxResource['kind'] = 'EmqxEnterprise',
): UpgradeContext {
  const { api, clock, prober } = world;
  const { apiVersion } = world.emqxOperator.dialect.kind;
  const cluster = new Cluster({ api, clock, kind, namespace, name, ...(kind === 'EMQX' && { apiVersion }) });
  const ports = managementPorts(kind, cluster, { transport, prober, namespace });
  return { clock, cluster, ...ports, progress: { report: progress }, holder: 'simulation' };
}

/**
 * Applies a cluster and its other objects; resolves when it is at rest and the Service for devices has an endpoint.
 *
 * @param objects the custom resource first
 * @throws UnfitManifestError when an object is rejected, or there is no endpoint within 15 simulated minutes
 */
export async function boot(
  world: World,
  context: UpgradeContext,
  objects: readonly KubeObject[],
  service: string,
): Promise<void> {
  try {
    await world.apply(objects);
    await running(context);
    await served(world, objects[0]?.metadata.namespace ?? 'default', service);
    await until(world.clock, 'a Service that the upgrade can switch', async () => {
      const { traffic } = await context.cluster.observe();
      return traffic.length > 0;
    });
  } catch (error) {
    if (error instanceof KubeApiError) {
      const fix = 'correct the manifest; kubectl apply --dry-run=server reports the same on a real cluster';
      throw new UnfitManifestError(`the simulated API server rejects the manifest: ${error.message}`, fix, {
        cause: error,
      });
    }
    if (error instanceof NeverHappenedError) {
      const why = world.operator.lastFailure?.message ?? 'its pods do not become ready';
      const fix = 'check the manifest for the cause; the simulated operator behaves as the real one';
      throw new UnfitManifestError(`${error.message}: ${why}`, fix, { cause: error });
    }
    throw error;
  }
}

/** The longest a cluster may take to come to rest, in simulated ms. */
const PATIENCE_MS = 15 * 60_000;

class NeverHappenedError extends Error {
  override readonly name = 'NeverHappenedError';
}

/**
 * Resolves when the operator reports the cluster at rest.
 *
 * @throws Error when it does not within 15 simulated minutes
 */
export async function running({ clock, cluster }: UpgradeContext): Promise<void> {
  await until(clock, 'a cluster that is Running', async () => {
    const view = await cluster.observe();
    const { isRunning, readyNodes } = operatorReportOf(view);
    return isRunning && readyNodes === nodesWanted(view.resource);
  });
}

/**
 * Resolves when the Service has an endpoint: the operator creates its own Service only some time after Running.
 *
 * @throws Error when there is none within 15 simulated minutes
 */
export async function served(world: World, namespace: string, service: string): Promise<void> {
  const front = world.front(namespace, service);
  await until(world.clock, `a pod behind the Service ${service}`, async () => front.endpoints.length > 0);
}

async function until(clock: Clock, what: string, reached: () => Promise<boolean>): Promise<void> {
  const deadline = clock.now() + PATIENCE_MS;
  while (!(await reached())) {
    if (clock.now() >= deadline)
      throw new NeverHappenedError(
        `the simulation waited ${PATIENCE_MS / 60_000} minutes for ${what}, without success`,
      );
    await clock.sleep(1_000);
  }
}
