import type * as z from 'zod';
import { EMQX_KIND, EMQX_V2_API_VERSION, type EmqxStatus } from '../../../resource';
import type { emqxV2Status } from '../../../resource/v2beta1/status';
import type { Pod } from '../../kubernetes/core-types';
import type { EmqxDialect } from '../v2beta1/dialect';
import type { NodeStatus } from '../v2beta1/emqx';
import { resetConditions } from './conditions';

type V2Status = z.infer<typeof emqxV2Status>;
type V2Node = NonNullable<V2Status['coreNodes']>[number];
type V2Evacuation = NonNullable<V2Status['nodeEvacuationsStatus']>[number];
type Evacuation = NonNullable<EmqxStatus['nodeEvacuationsStatus']>[number];

/**
 * How operator 2.3 writes: the resource in version v2, its status in camel case, with the names of pods, and without what is spent of
 * an evacuation.
 *
 * @see EMQX Operator 2.3, `api/v2/emqx_types_status.go`, `internal/controller/add_core_set.go`: read, not run
 */
export const DIALECT_2_3: EmqxDialect = {
  kind: { apiVersion: EMQX_V2_API_VERSION, kind: EMQX_KIND },
  viewOf(stored, pods) {
    const { coreNodes, replicantNodes, nodeEvacuationsStatus, ...others } = stored as V2Status;
    const nodes = (list: V2Node[] | undefined) => list?.map((node) => nodeView(node, pods));
    const evacuations = nodeEvacuationsStatus?.map(evacuationView);
    return {
      ...others,
      ...{ coreNodes: nodes(coreNodes), replicantNodes: nodes(replicantNodes), nodeEvacuationsStatus: evacuations },
    };
  },
  storedOf({ coreNodes, replicantNodes, nodeEvacuationsStatus, ...others }, pods): V2Status {
    const nodes = (list: NodeStatus[] | undefined) => list?.map((node) => storedNode(node, pods));
    const evacuations = nodeEvacuationsStatus?.map(storedEvacuation);
    return {
      ...others,
      ...{ coreNodes: nodes(coreNodes), replicantNodes: nodes(replicantNodes), nodeEvacuationsStatus: evacuations },
    };
  },
  progress: (status, now, { reason }) => resetConditions(status, now, reason),
  // Of cores another step does, where there is one set of them.
  changesNumberOf: (role) => role === 'replicant',
  preStop: { exec: { command: ['/bin/sh', '-c', 'emqx ctl cluster leave'] } },
};

function nodeView(
  { name, podName, status, otpRelease, sessions, connections, ...others }: V2Node,
  pods: readonly Pod[],
) {
  const { metadata } = pods.find((pod) => pod.metadata.name === podName) ?? {};
  return {
    ...others,
    ...{
      node: name,
      node_status: status,
      otp_release: otpRelease,
      connections: sessions,
      live_connections: connections,
    },
    // Every EMQX that it runs can evacuate nodes.
    edition: 'Enterprise',
    podUID: metadata?.uid,
    controllerUID: metadata?.ownerReferences?.find(({ controller }) => controller)?.uid,
  };
}

function storedNode(node: NodeStatus, pods: readonly Pod[]): V2Node {
  const { version, role, podUID } = node;
  return {
    ...{ name: node.node, status: node.node_status, otpRelease: node.otp_release, version, role },
    podName: podUID === undefined ? undefined : pods.find(({ metadata }) => metadata.uid === podUID)?.metadata.name,
    ...{ sessions: node.connections, connections: node.live_connections },
  };
}

function evacuationView(evacuation: V2Evacuation): Evacuation {
  return {
    ...{ node: evacuation.nodeName, state: evacuation.state, session_recipients: evacuation.sessionRecipients },
    session_eviction_rate: evacuation.sessionEvictionRate,
    connection_eviction_rate: evacuation.connectionEvictionRate,
    stats: { initial_sessions: evacuation.initialSessions, initial_connected: evacuation.initialConnections },
  };
}

function storedEvacuation(evacuation: Evacuation): V2Evacuation {
  return {
    ...{ nodeName: evacuation.node, state: evacuation.state, sessionRecipients: evacuation.session_recipients },
    sessionEvictionRate: evacuation.session_eviction_rate,
    connectionEvictionRate: evacuation.connection_eviction_rate,
    initialSessions: evacuation.stats?.initial_sessions,
    initialConnections: evacuation.stats?.initial_connected,
  };
}
