import type { KubeObject } from '../../kubernetes';
import type { ClientGroup } from '../clients/client-group';
import { ClientLedger } from '../clients/client-ledger';
import type { RefusalReason } from '../clients/client-report';
import { Population } from '../clients/population';
import { mqttJsReconnect } from '../clients/reconnect-policy';
import type { EmqxNode } from '../emqx/node';
import type { ClusterObserver } from '../emqx/observer';
import type { CloseCause } from '../emqx/types';
import { contextOf, running, served } from '../scenario';
import { TrafficFront } from '../traffic-front';
import type { World } from '../world';
import { CLUSTER, NAMESPACE, resourceOf, type StageSize, serviceOf, trafficServiceOf } from './stage-objects';

/** Reconnect delay of slow clients, ms. */
const SLOW_MS = 9_000;

function fleet(size: StageSize): ClientGroup[] {
  const never = { ...mqttJsReconnect(), ends: { atClose: true } };
  const slow = mqttJsReconnect(SLOW_MS);
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
  const resource = resourceOf(size, 'old');
  await world.apply([resource as KubeObject, ...(size.exposure === 'operator' ? [] : [trafficServiceOf(size)])]);
  await running(contextOf(world, NAMESPACE, CLUSTER, () => undefined, undefined, resource.kind));
  await served(world, NAMESPACE, serviceOf(size));
  const random = world.random.fork('clients');
  const population = new Population(
    { clock, random, front: world.front(NAMESPACE, serviceOf(size)), ledger },
    fleet(size),
  );
  await population.connectAll();
  if (size.sticking > 0) {
    const group: ClientGroup = { name: STICKING, count: size.sticking, protocolVersion: 5 };
    await new Population({ clock, random, front: pastTheService(world), ledger }, [group]).connectAll();
  }
  const publisher = world.pods.running[0]?.node;
  if (publisher) population.queueMessages(publisher);
  if (size.durable) publishForEver(world, population);
  await clock.sleep(3_000);
  if (size.native) {
    await world.apply([resourceOf(size, 'new') as KubeObject]);
    await clock.sleep(NATIVE_MS);
  }
  return { size, world, ledger, population };
}

/** Messages for each client with a session come this often, ms. */
const PUBLISH_MS = 2_000;

/** Publishes through any node that answers, as long as the world exists. */
function publishForEver(world: World, population: Population): void {
  const node = anyNode(world);
  if (node) population.publishToSessions(node);
  world.clock.schedule(PUBLISH_MS, () => publishForEver(world, population));
}

function anyNode({ pods }: World): EmqxNode | undefined {
  return pods.running.find(({ node }) => node.isListening && !node.responsiveness.isFrozen)?.node;
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
