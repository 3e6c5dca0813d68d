import { type EmqxEnterprise, HOLD_DELAY_SECONDS, nodeNameOf, withDefaults } from '../../src/resource';
import { decide } from '../../src/upgrade/decide';
import type { Journal, Phase } from '../../src/upgrade/journal';
import type {
  ClusterView,
  ForeignSet,
  LeaseView,
  NodeView,
  Observation,
  OperatorView,
  PodView,
  Probe,
  SetView,
  TrafficView,
} from '../../src/upgrade/observation';
import type { Situation, Step } from '../../src/upgrade/step';
import { digestOf, targetOf, type UpgradeRequest } from '../../src/upgrade/target';

/** 2026-01-01T00:00:00Z */
export const T0 = Date.UTC(2026, 0, 1);
export const BLUE = 'emqx-blue';
export const GREEN = 'emqx-green';
export const BLUE_REVISION = `${BLUE}-65f4b8d9c`;
export const GREEN_REVISION = `${GREEN}-7c9f5d6b8`;
export const REPLICAS = 3;
/** What the user set as initial delay. */
export const DELAY_SECONDS = 5;

export interface ResourceOptions {
  version?: string;
  delaySeconds?: number;
  status?: EmqxEnterprise['status'];
}

/** A complete resource, as the operator's webhook leaves it. */
export function resource(options: ResourceOptions = {}): EmqxEnterprise {
  const { version = '4.4.14', delaySeconds = DELAY_SECONDS, status } = options;
  return withDefaults({
    apiVersion: 'apps.emqx.io/v1beta4',
    kind: 'EmqxEnterprise',
    metadata: { name: 'emqx', namespace: 'mqtt', uid: 'u-1', resourceVersion: '7' },
    spec: {
      replicas: REPLICAS,
      blueGreenUpdate: {
        initialDelaySeconds: delaySeconds,
        evacuationStrategy: { waitTakeover: 5, connEvictRate: 100, sessEvictRate: 100 },
      },
      template: { spec: { emqxContainer: { image: { version } } } },
    },
    ...(status && { status }),
  });
}

export const desired = (): EmqxEnterprise => resource({ version: '4.4.15' });
export const request = (more: Partial<UpgradeRequest> = {}): UpgradeRequest => ({ desired: desired(), ...more });

/** The status of a cluster at rest whose nodes are those of `set`. */
export function restingStatus(set: string): NonNullable<EmqxEnterprise['status']> {
  return {
    conditions: [{ type: 'Running', status: 'True' }],
    readyReplicas: REPLICAS,
    emqxNodes: podNames(set).map((pod) => ({ node: nodeName(pod), node_status: 'Running' })),
  };
}

/** The status of an operator that has begun its delay behind green. */
export function delayStatus(): NonNullable<EmqxEnterprise['status']> {
  return {
    conditions: [{ type: 'BlueGreenUpdating', status: 'True' }],
    readyReplicas: 2 * REPLICAS,
    blueGreenUpdateStatus: {
      originStatefulSet: BLUE,
      currentStatefulSet: GREEN,
      startedAt: new Date(T0).toISOString(),
    },
  };
}

export const podNames = (set: string): string[] => Array.from({ length: REPLICAS }, (_, index) => `${set}-${index}`);

export function nodeName(pod: string): string {
  return nodeNameOf(resource(), pod);
}

export function set(name: string, more: Partial<SetView> = {}): SetView {
  const green = name === GREEN;
  return {
    name,
    replicas: REPLICAS,
    knownPods: more.replicas ?? REPLICAS,
    readyReplicas: REPLICAS,
    revision: green ? GREEN_REVISION : BLUE_REVISION,
    image: `emqx/emqx-ee:${green ? '4.4.15' : '4.4.14'}`,
    createdAt: green ? T0 : T0 - 86_400_000,
    ...more,
  };
}

export function pod(name: string, more: Partial<PodView> = {}): PodView {
  const owner = name.slice(0, name.lastIndexOf('-'));
  return {
    name,
    set: owner,
    containersReady: true,
    onServing: true,
    ready: true,
    terminating: false,
    trouble: undefined,
    ...more,
  };
}

/** A node with 1000 connections and 50 more sessions, joined with every node of the fixtures. */
export function node(podName: string, more: Partial<NodeView> = {}): NodeView {
  return {
    pod: podName,
    node: nodeName(podName),
    unreachable: undefined,
    version: '4.4.14',
    connections: 1000,
    sessions: 1050,
    canEvacuate: true,
    evacuating: false,
    members: [...podNames(BLUE), ...podNames(GREEN)].map(nodeName),
    ...more,
  };
}

export const EMPTY = { connections: 0, sessions: 0 };
export const DRAINED = { ...EMPTY, evacuating: true };

/** One moment, open to changes before it is decided on. */
export interface Scene {
  at: number;
  resource: EmqxEnterprise;
  sets: SetView[];
  pods: PodView[];
  nodes: NodeView[];
  foreign?: ForeignSet[];
  traffic: TrafficView[];
  lease: LeaseView | undefined;
  /** What somebody asks of the run. */
  asked?: string;
  keptInitialDelaySeconds: number | undefined;
  journal: Journal;
  request: UpgradeRequest;
  heartbeatAt: number;
  stoppedAt?: Map<string, number>;
  reconnects?: Situation['reconnects'];
  idleMs?: number;
  probes?: Map<string, Probe>;
}

/** The pod, node or set of that name in a scene, to be changed. */
export function named<T extends { name: string } | { pod: string }>(items: T[], name: string): T {
  const found = items.find((item) => ('name' in item ? item.name : item.pod) === name);
  if (!found) throw new Error(`no ${name} in the scene`);
  return found;
}

export function journal(more: Partial<Journal> = {}): Journal {
  return {
    schema: 1,
    run: 'run-1',
    driver: 'pilot',
    phase: 'claim',
    began: { claim: T0 },
    from: { version: '4.4.14', set: BLUE, revision: BLUE_REVISION },
    to: { version: '4.4.15' },
    target: digestOf(desired()),
    initialDelaySeconds: DELAY_SECONDS,
    limits: { readyMs: 600_000, stallMs: 120_000, onFailure: 'stop', onLoss: 'continue', offlineBudget: 'none' },
    delay: { before: DELAY_SECONDS, after: DELAY_SECONDS },
    replicas: REPLICAS,
    waitTakeoverSeconds: 5,
    connectionCap: 100,
    sessionCap: 100,
    baseline: { connections: 3000, sessions: 3150, subscriptions: 3150 },
    ...more,
  };
}

/** Blue alone, at rest: the cluster before an upgrade. */
export function restingScene(): Scene {
  return {
    at: T0,
    resource: resource({ status: restingStatus(BLUE) }),
    sets: [set(BLUE)],
    pods: podNames(BLUE).map((name) => pod(name)),
    nodes: podNames(BLUE).map((name) => node(name)),
    traffic: [{ service: 'emqx-mqtt', byOperator: false, revision: undefined, pods: podNames(BLUE) }],
    lease: undefined,
    keptInitialDelaySeconds: undefined,
    journal: journal(),
    request: request(),
    heartbeatAt: T0,
  };
}

const SHARES = [34, 33, 33].map((share, index) => ({
  pod: `${BLUE}-${index}`,
  connectionsPerSecond: share,
  sessionsPerSecond: share,
  wave: 0,
  offsetMs: [0, 333, 667][index]!,
}));

/** A pilot run at the beginning of a phase, with all that the phases before have brought about. */
export function sceneAt(phase: Phase): Scene {
  const scene = restingScene();
  scene.journal.phase = phase;
  const past = (other: Phase) => ORDER.indexOf(phase) > ORDER.indexOf(other);
  if (past('pin')) scene.traffic[0]!.revision = BLUE_REVISION;
  if (past('apply')) {
    scene.resource = resource({ version: '4.4.15', delaySeconds: HOLD_DELAY_SECONDS, status: delayStatus() });
    scene.sets.push(set(GREEN));
    scene.pods.push(...podNames(GREEN).map((name) => pod(name)));
    scene.nodes.push(...podNames(GREEN).map((name) => node(name, EMPTY)));
  }
  if (past('green')) scene.journal.to = { version: '4.4.15', set: GREEN, revision: GREEN_REVISION };
  if (past('switch')) {
    scene.traffic = [{ service: 'emqx-mqtt', byOperator: false, revision: GREEN_REVISION, pods: podNames(GREEN) }];
    scene.journal.switchedAt = T0 - 10_000;
    scene.journal.shares = structuredClone(SHARES);
    scene.journal.evacuation = { startedAt: T0, lowerBoundMs: 36_500, connections: 3_000 };
  }
  if (past('evacuate')) {
    for (const name of podNames(BLUE)) Object.assign(named(scene.nodes, name), DRAINED);
  }
  if (past('retire')) {
    scene.sets = [set(BLUE, { replicas: 0, readyReplicas: 0 }), set(GREEN)];
    scene.pods = scene.pods.filter((candidate) => candidate.set === GREEN);
    scene.nodes = scene.nodes.filter((candidate) => candidate.pod.startsWith(GREEN));
    scene.resource.status = restingStatus(GREEN);
  }
  return scene;
}

const ORDER: readonly Phase[] = ['claim', 'pin', 'apply', 'green', 'switch', 'evacuate', 'retire', 'release', 'done'];

/** An operator as it should be. */
export const OPERATOR: OperatorView = {
  name: 'emqx-operator-system/manager',
  image: 'emqx/emqx-operator-controller:2.2.29',
  version: '2.2.29',
  ready: true,
};

export function viewOf(scene: Scene): ClusterView {
  const { resource, sets, pods, traffic, lease, keptInitialDelaySeconds, journal, asked } = scene;
  return {
    resource,
    resourceVersion: '7',
    sets,
    pods,
    foreign: scene.foreign ?? [],
    traffic,
    lease,
    keptInitialDelaySeconds,
    journal,
    request: asked,
    journalVersion: '3',
  };
}

export function observationOf(scene: Scene): Observation {
  const nodes = new Map(scene.nodes.map((view) => [view.pod, view]));
  return { at: scene.at, cluster: viewOf(scene), nodes, ...(scene.probes && { probes: scene.probes }) };
}

const NO_RECONNECTS: Situation['reconnects'] = { perSecond: undefined, meanAway: undefined };

export function situationOf(scene: Scene): Situation {
  const observation = observationOf(scene);
  const { journal, heartbeatAt, stoppedAt = new Map(), reconnects = NO_RECONNECTS, idleMs = 0 } = scene;
  const target = targetOf(observation.cluster, scene.request);
  return { observation, journal, target, heartbeatAt, stoppedAt, reconnects, idleMs };
}

/** What the engine decides at the beginning of a phase, after `change`. */
export function decided(phase: Phase, change: (scene: Scene) => void = () => {}): Step {
  const scene = sceneAt(phase);
  change(scene);
  return decide(situationOf(scene));
}
