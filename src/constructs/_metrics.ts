import { type EmqxResource, generationOf } from '../resource/generations';

type Kind = EmqxResource['kind'];

/** A node's own figures, without a label for the node. */
const OF_EVERY_NODE = {
  /** Connections, and sessions of offline devices that are in the memory of the node. */
  connections: 'emqx_connections_count',
  sessions: 'emqx_sessions_count',
  connected: 'emqx_client_connected',
  disconnected: 'emqx_client_disconnected',
  connects: 'emqx_packets_connect',
  /** Connects that were refused, for any reason. */
  refused: 'emqx_packets_connack_error',
  /** Of these, those with a wrong password or without authorization. */
  unauthorized: 'emqx_packets_connack_auth_error',
  nodes: 'emqx_cluster_nodes_running',
} as const;

/**
 * The metrics of the nodes in the alerts and the dashboard. EMQX exports nothing about an evacuation: only how many connections and
 * sessions a node has.
 *
 * @see EMQX Enterprise 4.4, `emqx_prometheus`; EMQX 5.1.1 to 6.4, `emqx_prometheus.erl`, mode `node`
 */
export const NODE_METRICS = {
  EmqxEnterprise: { ...OF_EVERY_NODE, takenOver: 'emqx_session_takeovered' },
  EMQX: { ...OF_EVERY_NODE, takenOver: 'emqx_session_takenover' },
} as const satisfies Readonly<Record<Kind, object>>;

/** Of kube-state-metrics, scraped with `honorLabels: true`. @see kube-state-metrics 2, metrics of StatefulSet, ReplicaSet and Lease */
const SET_METRICS = {
  StatefulSet: { replicas: 'kube_statefulset_replicas', ready: 'kube_statefulset_status_replicas_ready' },
  ReplicaSet: { replicas: 'kube_replicaset_spec_replicas', ready: 'kube_replicaset_status_ready_replicas' },
} as const;
const LEASE_RENEWED = 'kube_lease_renew_time';

/** What a runner says of a cluster. They have its namespace, kind and name as labels. */
export const RUNNER_METRICS = {
  waits: 'emqx_blue_green_cluster_waits',
  phase: 'emqx_blue_green_run_phase',
  devices: 'emqx_blue_green_run_devices',
  remaining: 'emqx_blue_green_run_devices_remaining',
  offline: 'emqx_blue_green_run_devices_offline',
  cap: 'emqx_blue_green_run_disconnects_cap',
  left: 'emqx_blue_green_run_remaining_seconds',
  disconnects: 'emqx_blue_green_disconnects_total',
  incidents: 'emqx_blue_green_incidents_total',
} as const;

/** A hash of Kubernetes: written without vowels and without 0, 1 and 3. */
const HASH = '[bcdfghjklmnpqrstvwxz2456789]{1,10}';

/** Label with the role of the node, which only EMQX 5 and 6 have. */
export const ROLE = 'role';

/** Sets of nodes of one kind. */
export interface SetSeries {
  /** Label with the name of the set. */
  readonly label: string;
  /** Time series of its desired and of its ready pods. */
  readonly replicas: string;
  readonly ready: string;
}

/** Where the figures of one cluster are in Prometheus. */
export interface ClusterSeries {
  readonly metrics: (typeof NODE_METRICS)[Kind];
  /** Selector of its nodes, in braces, as it follows the name of a metric. */
  readonly nodes: string;
  /** Label of the nodes with the name of their set, which the PodMonitor derives from the name of the pod. */
  readonly setLabel: string;
  /** Labels of the nodes that an old set and its new one have in common. */
  readonly common: readonly string[];
  /** Its sets, by their kinds. */
  readonly sets: readonly SetSeries[];
  /** When the lease of its upgrades was renewed last. */
  readonly leaseRenewed: string;
  /** Time series of the runner about it. @param more further conditions, as `reason="NotHeld"` */
  ofRunner(metric: keyof typeof RUNNER_METRICS, ...more: readonly string[]): string;
}

export interface ClusterIdentity {
  readonly kind: Kind;
  readonly name: string;
  readonly namespace: string;
}

export function seriesOf({ kind, name, namespace }: ClusterIdentity): ClusterSeries {
  const generation = generationOf({ kind });
  const place = `namespace="${namespace}"`;
  return {
    metrics: NODE_METRICS[kind],
    nodes: `{${place},cluster="${name}"}`,
    setLabel: SET_LABEL[kind],
    common: kind === 'EMQX' ? [ROLE] : [],
    sets: generation.setKinds.map(({ kind: set, role }) => {
      const label = set.toLowerCase();
      // The operator adds a hash to the name; not to each one of an EmqxEnterprise.
      const names = kind === 'EMQX' ? `${name}-${role}-${HASH}` : `${name}(-${HASH})?`;
      const selector = `{${place},${label}=~"${names}"}`;
      const { replicas, ready } = SET_METRICS[set];
      return { label, replicas: replicas + selector, ready: ready + selector };
    }),
    leaseRenewed: `${LEASE_RENEWED}{${place},lease="${generation.companionOf(name)}"}`,
    ofRunner: (metric, ...more) =>
      `${RUNNER_METRICS[metric]}{${[place, `cluster="${name}"`, `kind="${kind}"`, ...more].join()}}`,
  };
}

export const SET_LABEL = { EmqxEnterprise: 'statefulset', EMQX: 'set' } as const satisfies Readonly<
  Record<Kind, string>
>;
