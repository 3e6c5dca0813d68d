import type * as z from 'zod';
import type { OperatorReport, Role } from '../generation';
import type { Emqx, EmqxStatus } from './emqx';
import type { emqxV2Status } from './status';

/**
 * Steps of the operator's work on a cluster; the status shows the latest that is true. `Available`: all new nodes serve, and the
 * old ones may go after the delay. `Ready`: the old ones are gone.
 */
export type EmqxCondition =
  | 'Initialized'
  | 'CoreNodesProgressing'
  | 'CoreNodesReady'
  | 'ReplicantNodesProgressing'
  | 'ReplicantNodesReady'
  | 'Available'
  | 'Ready';

/** A node of EMQX as the operator last saw it. */
export interface EmqxNodeState {
  /** Its Erlang name, for example `emqx@emqx-core-5d5c-0.emqx-headless.default.svc.cluster.local`. */
  readonly name: string;
  readonly role: Role;
  readonly isRunning: boolean;
  readonly version: string | undefined;
  readonly edition: string | undefined;
  /** UID of its pod; undefined for a node whose pod is gone, and in version v2. */
  readonly podUid: string | undefined;
  /** Name of its pod; undefined for a node whose pod is gone, and in version v2beta1. */
  readonly podName: string | undefined;
  /** UID of the set of its pod. */
  readonly setUid: string | undefined;
  /** Undefined of a node that is not running. */
  readonly sessions: number | undefined;
  readonly liveConnections: number | undefined;
}

/** The evacuation of a node as the operator last saw it. */
export interface EmqxEvacuationState {
  readonly node: string;
  /** `waiting_health_check`, `evicting_conns`, `waiting_takeover`, `evicting_sessions` or `prohibiting`. */
  readonly state: string | undefined;
  /** Names of the nodes that its sessions go to. */
  readonly recipients: readonly string[];
  readonly connectionsPerSecond: number | undefined;
  readonly sessionsPerSecond: number | undefined;
  /** Snapshots that EMQX takes while it evicts, with the offline durable sessions of the whole cluster among the sessions. */
  readonly initialConnections: number | undefined;
  readonly initialSessions: number | undefined;
  readonly connections: number | undefined;
  readonly sessions: number | undefined;
}

/**
 * The latest true condition, and since when; undefined before the first. It says nothing about a change the operator has not seen
 * yet: the status has no observed generation, so look for new revisions first.
 */
export function emqxConditionOf({ status }: Emqx): { readonly type: EmqxCondition; readonly since: Date } | undefined {
  const latest = status?.conditions?.find((condition) => condition.status === 'True');
  return latest && { type: latest.type as EmqxCondition, since: new Date(latest.lastTransitionTime) };
}

type V2Status = z.infer<typeof emqxV2Status>;

/** A status in either spelling: operator 2.3 writes it in that of version v2. */
type Reported = {
  [Field in 'coreNodes' | 'replicantNodes' | 'nodeEvacuationsStatus']?: readonly (
    | NonNullable<EmqxStatus[Field]>[number]
    | NonNullable<V2Status[Field]>[number]
  )[];
};

type NodeStatus = NonNullable<EmqxStatus['coreNodes']>[number] & { podName?: string | undefined };
type EvacuationStatus = NonNullable<EmqxStatus['nodeEvacuationsStatus']>[number];

/** The nodes of a cluster, of old and new sets; undefined where the operator has not written any. */
export function emqxNodesOf({ status }: Emqx): readonly EmqxNodeState[] | undefined {
  const { coreNodes, replicantNodes }: Reported = status ?? {};
  if (!status || (coreNodes === undefined && replicantNodes === undefined)) return undefined;
  const known = parsed.get(status);
  if (known) return known;
  const nodes = [...nodesIn('core', coreNodes), ...nodesIn('replicant', replicantNodes)];
  parsed.set(status, nodes);
  return nodes;
}

/** The nodes of a status are asked for pod by pod; nobody changes it in place. */
const parsed = new WeakMap<EmqxStatus, readonly EmqxNodeState[]>();

function nodesIn(role: Role, nodes: NonNullable<Reported['coreNodes']> = []): EmqxNodeState[] {
  return nodes
    .map(nodeStatusOf)
    .map((node) => ({ ...node, isRunning: node.node_status?.toLowerCase() === 'running' }))
    .map((node) => ({
      name: node.node ?? '',
      role,
      isRunning: node.isRunning,
      version: node.version,
      edition: node.edition,
      podUid: node.podUID || undefined,
      podName: node.podName || undefined,
      setUid: node.controllerUID || undefined,
      // EMQX calls sessions "connections" here, and connections "live_connections". The operator leaves out a 0, which every
      // running node reports in full.
      sessions: node.isRunning ? (node.connections ?? 0) : undefined,
      liveConnections: node.isRunning ? (node.live_connections ?? 0) : undefined,
    }));
}

function nodeStatusOf(node: NonNullable<Reported['coreNodes']>[number]): NodeStatus {
  if (!('name' in node)) return node as NodeStatus;
  const { name, podName, status, otpRelease, version, role, sessions, connections } = node;
  return {
    ...{ node: name, node_status: status, otp_release: otpRelease, version, role, podName },
    ...{ connections: sessions, live_connections: connections },
  };
}

/** The evacuations under way in a cluster; a second or two old, also while an upgrade is held. Version v2 has no current counts. */
export function emqxEvacuationsOf({ status }: Emqx): readonly EmqxEvacuationState[] {
  const { nodeEvacuationsStatus = [] }: Reported = status ?? {};
  return nodeEvacuationsStatus.map(evacuationStatusOf).map((evacuation) => ({
    node: evacuation.node ?? '',
    state: evacuation.state,
    recipients: evacuation.session_recipients ?? [],
    connectionsPerSecond: evacuation.connection_eviction_rate,
    sessionsPerSecond: evacuation.session_eviction_rate,
    initialConnections: evacuation.stats?.initial_connected,
    initialSessions: evacuation.stats?.initial_sessions,
    connections: evacuation.stats?.current_connected,
    sessions: evacuation.stats?.current_sessions,
  }));
}

function evacuationStatusOf(evacuation: NonNullable<Reported['nodeEvacuationsStatus']>[number]): EvacuationStatus {
  if (!('nodeName' in evacuation)) return evacuation as EvacuationStatus;
  return {
    node: evacuation.nodeName,
    state: evacuation.state,
    session_recipients: evacuation.sessionRecipients,
    connection_eviction_rate: evacuation.connectionEvictionRate,
    session_eviction_rate: evacuation.sessionEvictionRate,
    stats: { initial_sessions: evacuation.initialSessions, initial_connected: evacuation.initialConnections },
  };
}

/**
 * What the status says of a cluster at rest, or of one that is not upgraded by sets.
 *
 * @param condition the one that the status is described by; undefined before the first
 */
export function reportAt(resource: Emqx, condition: string | undefined): OperatorReport {
  const { status } = resource;
  const nodes = emqxNodesOf(resource) ?? [];
  const counts = [status?.coreNodesStatus, status?.replicantNodesStatus].flatMap((each) => each?.readyReplicas ?? []);
  return {
    condition: condition ? `${condition}: True` : 'no condition: -',
    isRunning: condition === 'Ready',
    readyNodes: counts.length === 0 ? undefined : counts.reduce((sum, each) => sum + each, 0),
    nodes: nodes.flatMap(({ name, isRunning }) => (isRunning ? [name || undefined] : [])),
    stopped: [],
    reconciledAt: undefined,
  };
}
