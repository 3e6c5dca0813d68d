import type { KubeObject } from '../../src/kubernetes';
import { type Emqx, HOLD_DELAY_SECONDS, INSTANCE_LABEL, TRAFFIC_LABEL, withEmqxDefaults } from '../../src/resource';
import { LINE_2_2 } from '../../src/simulator/operator/v2beta1/line';
import { contextOf, play, type Scenario } from '../../src/simulator/scenario';
import type { World } from '../../src/simulator/world';
import type { Driver, Phase, ProgressEvent } from '../../src/upgrade';

export const [OLD, NEW] = ['5.8.8', '5.8.9'] as const;
export const SERVICE = 'emqx-mqtt';

/** 200 clean clients, 75 with sessions that are online, and 25 sessions of offline devices. */
export const FLEET: Scenario['fleet'] = [
  { name: 'clean', count: 200, protocolVersion: 5 },
  { name: 'online', count: 75, protocolVersion: 5, persistent: true },
  { name: 'offline', count: 25, protocolVersion: 5, persistent: true, offline: true },
];

export function emqx(version: string, cores: number, replicants: number, apiVersion: Emqx['apiVersion']): Emqx {
  return withEmqxDefaults({
    apiVersion,
    kind: 'EMQX',
    metadata: { name: 'emqx', namespace: 'default' },
    spec: {
      image: `emqx/emqx-enterprise:${version}`,
      updateStrategy: {
        initialDelaySeconds: HOLD_DELAY_SECONDS,
        evacuationStrategy: { connEvictRate: 100, sessEvictRate: 100, waitTakeover: 3 },
      },
      coreTemplate: { spec: { replicas: cores } },
      ...(replicants > 0 && { replicantTemplate: { spec: { replicas: replicants } } }),
      listenersServiceTemplate: { enabled: false },
    },
  });
}

export function service(role: 'core' | 'replicant' | undefined): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: SERVICE, namespace: 'default', labels: { [TRAFFIC_LABEL]: 'emqx' } },
    spec: {
      selector: { [INSTANCE_LABEL]: 'emqx', ...(role && { 'apps.emqx.io/db-role': role }) },
      ports: [{ name: 'mqtt', port: 1883, targetPort: 1883 }],
    },
  } as KubeObject;
}

export interface Options extends Partial<Pick<Scenario, 'durableSessions' | 'fleet' | 'emqxOperator' | 'planned'>> {
  /** @default 5.8.8 and 5.8.9 */
  versions?: readonly [from: string, to: string];
  /** What happens when a phase begins. */
  onPhase?: (phase: Phase, world: World) => void;
  cores: number;
  replicants?: number;
  driver?: Driver;
  /** Whether devices have connected to nodes of both roles. @default to those of one: replicants where there are any */
  onBothRoles?: boolean;
  /** The run is aborted 2.5 s after this phase has begun. */
  abortIn?: Phase;
}

/** An upgrade of a simulated cluster of EMQX 5, which may be aborted on its way. */
export async function upgraded({
  cores,
  replicants = 0,
  driver = 'pilot',
  abortIn,
  onBothRoles = false,
  fleet = FLEET,
  ...options
}: Options) {
  const { versions: [from, to] = [OLD, NEW], onPhase, ...others } = options;
  const { apiVersion } = (others.emqxOperator ?? LINE_2_2).dialect.kind;
  const cluster = (version: string) => emqx(version, cores, replicants, apiVersion as Emqx['apiVersion']);
  const told: string[] = [];
  let left: World | undefined;
  let isAsked = false;
  const progress = (event: ProgressEvent, world: World) => {
    left = world;
    if (event.kind === 'action' || event.kind === 'warning') told.push(event.text);
    if (event.kind === 'phase') onPhase?.(event.phase, world);
    if (event.kind !== 'phase' || event.phase !== abortIn || isAsked) return;
    isAsked = true;
    const { cluster: port } = contextOf(world, 'default', 'emqx', () => undefined, undefined, 'EMQX');
    world.clock.schedule(2_500, () => void port.observe().then(() => port.writeRequest('abort')));
  };
  const result = await play({
    cluster: cluster(from),
    desired: cluster(to),
    objects: [service(onBothRoles ? undefined : replicants > 0 ? 'replicant' : 'core')],
    service: SERVICE,
    driver,
    fleet,
    progress,
    ...others,
  });
  const nodes = left!.pods.running.map(({ node, pod }) => ({ version: node.version, pod: pod.metadata.name }));
  const sets = ['StatefulSet', 'ReplicaSet'].flatMap((kind) =>
    left!.kubernetes.store.all({ apiVersion: 'apps/v1', kind }).map(({ metadata }) => metadata.name),
  );
  return { ...result, told, nodes, sets };
}
