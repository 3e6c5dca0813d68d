/**
 * The metrics of the alerts and the dashboard, and their meaning.
 *
 * EMQX exports nothing about an evacuation: only how many connections and sessions a node has. The existing stateful sets,
 * and the process that drives an upgrade, are in kube-state-metrics, scraped with `honorLabels: true`.
 */
export const METRICS = {
  /** @see EMQX Enterprise 4.4, `emqx_prometheus`: a node's own figures, without a label for the node */
  emqx: {
    /** Connections, and sessions of offline devices. */
    connections: 'emqx_connections_count',
    sessions: 'emqx_sessions_count',
    connected: 'emqx_client_connected',
    disconnected: 'emqx_client_disconnected',
    connects: 'emqx_packets_connect',
    /** Connects that were refused, for any reason. */
    refused: 'emqx_packets_connack_error',
    /** Of these, those with a wrong password or without authorization. */
    unauthorized: 'emqx_packets_connack_auth_error',
    takenOver: 'emqx_session_takeovered',
    nodes: 'emqx_cluster_nodes_running',
  },
  /** @see kube-state-metrics 2, metrics of StatefulSet and Lease */
  kubernetes: {
    replicas: 'kube_statefulset_replicas',
    ready: 'kube_statefulset_status_replicas_ready',
    renewed: 'kube_lease_renew_time',
  },
} as const;

/** Label with the stateful set of the node, which the PodMonitor derives from the pod's name. */
export const SET_LABEL = 'statefulset';

export interface Selectors {
  /** Time series of the cluster's nodes. */
  readonly nodes: string;
  /** Time series of its stateful sets. */
  readonly sets: string;
  /** Time series of the lease of its upgrades. */
  readonly lease: string;
}

/** Label selectors in braces, as they follow the name of a metric. */
export function selectorsOf({ name, namespace }: { readonly name: string; readonly namespace: string }): Selectors {
  return {
    nodes: `{namespace="${namespace}",cluster="${name}"}`,
    // The operator adds a hash to the name, written without vowels and without 0, 1 and 3.
    sets: `{namespace="${namespace}",statefulset=~"${name}(-[bcdfghjklmnpqrstvwxz2456789]{1,10})?"}`,
    lease: `{namespace="${namespace}",lease="${name}-upgrade"}`,
  };
}
