import type { KubeObject } from '../../kubernetes';
import { type EmqxEnterprise, HOLD_DELAY_SECONDS, withDefaults } from '../../resource';
import type { ClientGroup } from '../clients/client-group';
import { ClientLedger } from '../clients/client-ledger';
import type { RefusalReason } from '../clients/client-report';
import { Population } from '../clients/population';
import type { ClusterObserver } from '../emqx/observer';
import type { CloseCause } from '../emqx/types';
import { contextOf, running, served } from '../scenario';
import { TrafficFront } from '../traffic-front';
import type { World } from '../world';

export const NAMESPACE = 'default';
export const CLUSTER = 'emqx-ee';
export const SERVICE = 'emqx-ee-mqtt';
export const OLD_VERSION = '4.4.14';
export const NEW_VERSION = '4.4.15';

/** How large the world is in which faults happen: small, so that thousands of runs can be made. */
export interface StageSize {
  replicas: number;
  /** Clients without a session that outlives their connection, and with one. */
  plain: number;
  persistent: number;
  /** Offline devices: only their sessions exist. */
  away: number;
  /** Persistent clients that never reconnect once they are disconnected. */
  gone: number;
  /** Clients that reconnect only 9 s after they were disconnected. */
  slow: number;
  /** Clients that know the old nodes' addresses, and reconnect there, bypassing the Service. */
  sticking: number;
  /** Disconnects per second. */
  cap: number;
  initialDelaySeconds: number;
  /** Whether the owner of the cluster keeps the operator held, so that every change waits for an upgrade. */
  held: boolean;
  /** Longest time without progress while new nodes start. */
  readySeconds: number;
  /** Whether the operator has begun to upgrade on its own, because of an annotation: without a new image. */
  native: boolean;
}

export const DEFAULT_SIZE: StageSize = {
  replicas: 2,
  plain: 24,
  persistent: 12,
  away: 4,
  gone: 0,
  slow: 0,
  sticking: 0,
  cap: 4,
  initialDelaySeconds: 2,
  held: false,
  readySeconds: 600,
  native: false,
};

/** The custom resource as it is before, or as it is desired. */
export function resourceOf(size: StageSize, version: string): EmqxEnterprise {
  const { replicas, cap, held, native } = size;
  const isAnnotated = native && version === NEW_VERSION;
  const initialDelaySeconds = held ? HOLD_DELAY_SECONDS : size.initialDelaySeconds;
  return withDefaults({
    apiVersion: 'apps.emqx.io/v1beta4',
    kind: 'EmqxEnterprise',
    metadata: { name: CLUSTER, namespace: NAMESPACE, ...(isAnnotated && { annotations: { note: 'changed' } }) },
    spec: {
      replicas,
      blueGreenUpdate: {
        initialDelaySeconds,
        evacuationStrategy: { waitTakeover: 2, connEvictRate: cap, sessEvictRate: cap },
      },
      template: {
        spec: {
          emqxContainer: { image: { repository: 'emqx/emqx-ee', version: isAnnotated ? OLD_VERSION : version } },
        },
      },
    },
  });
}

const TRAFFIC_SERVICE: KubeObject & { spec: object } = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: SERVICE, namespace: NAMESPACE, labels: { 'emqx-blue-green/traffic-for': CLUSTER } },
  spec: {
    type: 'NodePort',
    selector: { 'apps.emqx.io/instance': CLUSTER, 'apps.emqx.io/managed-by': 'emqx-operator' },
    ports: [{ name: 'mqtt', port: 1883, targetPort: 1883, nodePort: 32010 }],
  },
};

/** Reconnect delay of clients that never try again, in ms: a year. */
const NEVER_MS = 365 * 24 * 3_600_000;

/** Reconnect delay of slow clients, ms. */
const SLOW_MS = 9_000;

function fleet(size: StageSize): ClientGroup[] {
  const never = { connectTimeoutMs: 30_000, delayMs: () => NEVER_MS };
  const slow = { connectTimeoutMs: 30_000, delayMs: () => SLOW_MS };
  return [
    { name: 'plain-v3', count: Math.ceil(size.plain / 2), protocolVersion: 4 },
    { name: 'plain-v5', count: Math.floor(size.plain / 2), protocolVersion: 5 },
    { name: 'persistent', count: size.persistent, protocolVersion: 5, persistent: true },
    { name: 'away', count: size.away, protocolVersion: 4, persistent: true, offline: true },
    { name: 'gone', count: size.gone, protocolVersion: 4, persistent: true, reconnect: never },
    { name: 'plain-slow', count: size.slow, protocolVersion: 4, reconnect: slow },
  ];
}

/** How long the operator upgrades on its own before the first observation, in ms: its new nodes boot. */
const NATIVE_MS = 8_000;

const STICKING = 'sticking';

/** Ids of the clients in the order in which a ledger numbers them. */
export function clientIds(size: StageSize): string[] {
  const groups = [...fleet(size), { name: STICKING, count: size.sticking }];
  return groups.flatMap(({ name, count }) => Array.from({ length: count }, (_, index) => `${name}-${index}`));
}

/** Whether a client reconnects bypassing the Service. */
export function isSticking(clientId: string): boolean {
  return clientId.startsWith(`${STICKING}-`);
}

export interface Stage {
  size: StageSize;
  world: World;
  ledger: ClientLedger;
  population: Population;
}

/** What happens to clients, for an observer that comes later. */
export class Observers {
  /** Name of the node that a client was accepted by last. */
  readonly sits = new Map<string, string>();
  cluster: ClusterObserver = {};
  disconnected: (clientId: string, cause: CloseCause['kind']) => void = () => undefined;
  refused: (clientId: string, reason: RefusalReason) => void = () => undefined;

  /** For the world, from its beginning. */
  readonly first: ClusterObserver = {
    connected: (clientId, node, sessionPresent) => {
      this.sits.set(clientId, node);
      this.cluster.connected?.(clientId, node, sessionPresent);
    },
    evicted: (...event) => this.cluster.evicted?.(...event),
    sessionMoved: (...event) => this.cluster.sessionMoved?.(...event),
    sessionLost: (...event) => this.cluster.sessionLost?.(...event),
    evacuationState: (...event) => this.cluster.evacuationState?.(...event),
  };
}

/** A cluster at rest with its clients connected. Call inside of the world's clock. */
export async function setStage(world: World, size: StageSize, observers: Observers): Promise<Stage> {
  const { clock } = world;
  const ids = clientIds(size);
  const ledger = new (class extends ClientLedger {
    override disconnected(client: number, cause: CloseCause['kind']): void {
      observers.disconnected(ids[client] ?? '', cause);
      super.disconnected(client, cause);
    }

    override refused(reason: RefusalReason, client?: number): void {
      observers.refused(ids[client ?? -1] ?? '', reason);
      super.refused(reason, client);
    }
  })(clock);
  await world.apply([resourceOf(size, OLD_VERSION) as KubeObject, TRAFFIC_SERVICE]);
  await running(contextOf(world, NAMESPACE, CLUSTER, () => undefined));
  await served(world, NAMESPACE, SERVICE);
  const random = world.random.fork('clients');
  const population = new Population({ clock, random, front: world.front(NAMESPACE, SERVICE), ledger }, fleet(size));
  await population.connectAll();
  if (size.sticking > 0) {
    const group: ClientGroup = { name: STICKING, count: size.sticking, protocolVersion: 5 };
    await new Population({ clock, random, front: pastTheService(world), ledger }, [group]).connectAll();
  }
  const publisher = world.pods.running[0]?.node;
  if (publisher) population.queueMessages(publisher);
  await clock.sleep(3_000);
  if (size.native) {
    await world.apply([resourceOf(size, NEW_VERSION) as KubeObject]);
    await clock.sleep(NATIVE_MS);
  }
  return { size, world, ledger, population };
}

/** A front that leads only to the pods that run now. */
function pastTheService(world: World): TrafficFront {
  const front = new TrafficFront({
    clock: world.clock,
    random: world.random.fork('past the service'),
    destinationOf: (pod) => {
      const node = world.pods.nodeIn(NAMESPACE, pod);
      return node?.isListening ? node : undefined;
    },
  });
  front.update(world.pods.running.map(({ pod }) => pod.metadata.name));
  return front;
}
