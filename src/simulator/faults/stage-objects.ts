import type { KubeObject } from '../../kubernetes';
import {
  type Emqx,
  type EmqxEnterprise,
  type EmqxResource,
  HOLD_DELAY_SECONDS,
  ROLE_LABEL,
  withDefaults,
  withEmqxDefaults,
} from '../../resource';
import type { Pacing } from '../../upgrade';
import type { Generation } from '../emqx/profiles';
import { LINE_2_3 } from '../operator/v2/line';
import { type EmqxLine, LINE_2_2 } from '../operator/v2beta1/line';

export const NAMESPACE = 'default';
export const CLUSTER = 'emqx-ee';
const OWN_SERVICE = 'emqx-ee-mqtt';

/** The Service by which devices connect. */
export function serviceOf({ exposure }: StageSize): string {
  return exposure === 'operator' ? `${CLUSTER}-listeners` : OWN_SERVICE;
}

/** The resource as it is before, as it is desired, as somebody else would have it, and with an image that is not simulated. */
export type Wanted = 'old' | 'new' | 'other' | 'strange';

const VERSIONS: Record<Generation, Record<Wanted, string>> = {
  4: { old: '4.4.14', new: '4.4.15', other: '4.4.16', strange: 'latest' },
  5: { old: '5.8.8', new: '5.8.9', other: '5.8.7', strange: 'latest' },
};

/** How large the world is in which faults happen: small, so that thousands of runs can be made. */
export interface StageSize {
  /** Of EMQX and its custom resource: 4.4, or 5 and 6. */
  generation: Generation;
  /** Cores; of EMQX 4.4 all nodes are. */
  replicas: number;
  /** Where there are any, devices are meant to connect to them only. Of EMQX 5 only. */
  replicants: number;
  /** Whether sessions are kept in the durable storage of the cores. Of EMQX 5 only. */
  durable: boolean;
  /** The line of the operator. Of EMQX 5 only. */
  operator: '2.2' | '2.3';
  /** Milliseconds of one request of the operator to the API server: its passes take longer on a slow one. Of EMQX 5 only. */
  operatorLatencyMs: number;
  /** Milliseconds that a node needs to stop. */
  shutdownMs: number;
  /**
   * Whether devices connect through a Service of their own, through one that leads to cores and replicants, or through that of the operator.
   * Of EMQX 5 only.
   */
  exposure: 'own' | 'both-roles' | 'operator';
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
  /** Whether they follow what reconnects. */
  pacing: Pacing;
  /** Connections that each node accepts per second. @default - no limit */
  maxConnRate?: number;
  initialDelaySeconds: number;
  /** Whether the owner of the cluster keeps the operator held, so that every change waits for an upgrade. */
  held: boolean;
  /** Longest time without progress while new nodes start. */
  readySeconds: number;
  /** Whether the operator has begun to upgrade on its own, because of an annotation: without a new image. */
  native: boolean;
}

export const DEFAULT_SIZE: StageSize = {
  generation: 4,
  replicas: 2,
  replicants: 0,
  durable: false,
  operator: '2.2',
  operatorLatencyMs: 3,
  shutdownMs: 3_000,
  exposure: 'own',
  plain: 24,
  persistent: 12,
  away: 4,
  gone: 0,
  slow: 0,
  sticking: 0,
  cap: 4,
  pacing: 'fixed',
  initialDelaySeconds: 2,
  held: false,
  readySeconds: 600,
  native: false,
};

/** The cluster, in words. */
export function shapeText({ generation, operator, replicas, replicants }: StageSize): string {
  if (generation === 4) return `${replicas} nodes of EMQX 4.4`;
  const cores = `${replicas} cores${replicants > 0 ? ` and ${replicants} replicants` : ''} of EMQX 5`;
  return operator === DEFAULT_SIZE.operator ? cores : `${cores} with operator ${operator}`;
}

/** The custom resource. */
export function resourceOf(size: StageSize, wanted: Wanted): EmqxResource {
  const isChanged = size.native && wanted === 'new';
  const version = VERSIONS[size.generation][isChanged ? 'old' : wanted];
  return size.generation === 4 ? enterprise(size, version, isChanged) : emqx(size, version, isChanged);
}

function enterprise(size: StageSize, version: string, isChanged: boolean): EmqxEnterprise {
  return withDefaults({
    apiVersion: 'apps.emqx.io/v1beta4',
    kind: 'EmqxEnterprise',
    metadata: { name: CLUSTER, namespace: NAMESPACE, ...(isChanged && { annotations: { note: 'changed' } }) },
    spec: {
      replicas: size.replicas,
      blueGreenUpdate: strategyOf(size),
      template: { spec: { emqxContainer: { image: { repository: 'emqx/emqx-ee', version } } } },
    },
  });
}

/** Any change of a template makes the operator create new nodes; an annotation of the resource itself does not. */
function emqx(size: StageSize, version: string, isChanged: boolean): Emqx {
  const env = isChanged ? { env: [{ name: 'NOTE', value: 'changed' }] } : {};
  const { replicas, replicants } = size;
  return withEmqxDefaults({
    apiVersion: lineOf(size).dialect.kind.apiVersion,
    kind: 'EMQX',
    metadata: { name: CLUSTER, namespace: NAMESPACE },
    spec: {
      image: `emqx/emqx-enterprise:${version}`,
      updateStrategy: strategyOf(size),
      coreTemplate: { spec: { replicas, ...env } },
      ...(replicants > 0 && { replicantTemplate: { spec: { replicas: replicants, ...env } } }),
      listenersServiceTemplate: { enabled: size.exposure === 'operator' },
    },
  } as Emqx);
}

/** The operator that reconciles EMQX 5. */
export function lineOf({ operator }: StageSize): EmqxLine {
  return operator === '2.3' ? LINE_2_3 : LINE_2_2;
}

function strategyOf({ cap, held, initialDelaySeconds }: StageSize) {
  return {
    initialDelaySeconds: held ? HOLD_DELAY_SECONDS : initialDelaySeconds,
    evacuationStrategy: { waitTakeover: 2, connEvictRate: cap, sessEvictRate: cap },
  };
}

/** The Service through which devices reach the nodes that are for them. */
export function trafficServiceOf({ generation, replicants, exposure }: StageSize): KubeObject & { spec: object } {
  const role = { [ROLE_LABEL]: replicants > 0 ? 'replicant' : 'core' };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: OWN_SERVICE, namespace: NAMESPACE, labels: { 'emqx-blue-green/traffic-for': CLUSTER } },
    spec: {
      type: 'NodePort',
      selector: {
        'apps.emqx.io/instance': CLUSTER,
        'apps.emqx.io/managed-by': 'emqx-operator',
        ...(generation === 5 && exposure !== 'both-roles' && role),
      },
      ports: [{ name: 'mqtt', port: 1883, targetPort: 1883, nodePort: 32010 }],
    },
  };
}
