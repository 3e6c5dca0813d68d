import * as z from 'zod';
import { dateTime, evacuation } from '../evacuation-status';

/** @see Kubernetes API, meta/v1 Condition */
const condition = z.strictObject({
  type: z
    .string()
    .max(316)
    .regex(
      /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/,
    ),
  status: z.enum(['True', 'False', 'Unknown']),
  observedGeneration: z.int().min(0).optional(),
  lastTransitionTime: dateTime,
  reason: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/),
  message: z.string().max(32_768),
});

const node = z.strictObject({
  node: z.string().optional(),
  node_status: z.string().optional(),
  otp_release: z.string().optional(),
  version: z.string().optional(),
  edition: z.string().optional(),
  role: z.string().optional(),
  connections: z.int().optional(),
  live_connections: z.int().optional(),
  podUID: z.string().optional(),
  controllerUID: z.string().optional(),
});

const nodesStatus = z.strictObject({
  replicas: z.int32().optional(),
  readyReplicas: z.int32().optional(),
  currentReplicas: z.int32().optional(),
  currentRevision: z.string().optional(),
  updateReplicas: z.int32().optional(),
  updateRevision: z.string().optional(),
  collisionCount: z.int32().optional(),
});

/** `status` of an EMQX: what the operator last observed, a second or two old. */
export const emqxStatus = z.strictObject({
  conditions: z.array(condition).optional(),
  coreNodes: z.array(node).optional(),
  coreNodesStatus: nodesStatus.optional(),
  replicantNodes: z.array(node).optional(),
  replicantNodesStatus: nodesStatus.optional(),
  nodeEvacuationsStatus: z.array(evacuation).optional(),
});

/** A node in version v2: operator 2.3 identifies its pod by its name, and calls sessions so. */
const v2Node = z.strictObject({
  name: z.string().optional(),
  podName: z.string().optional(),
  status: z.string().optional(),
  otpRelease: z.string().optional(),
  version: z.string().optional(),
  role: z.string().optional(),
  sessions: z.int().optional(),
  connections: z.int().optional(),
});

/** An evacuation in version v2: without current counts. */
const v2Evacuation = z.strictObject({
  nodeName: z.string().optional(),
  state: z.string().optional(),
  sessionRecipients: z.array(z.string()).optional(),
  sessionEvictionRate: z.int32().optional(),
  connectionEvictionRate: z.int32().optional(),
  initialSessions: z.int32().optional(),
  initialConnections: z.int32().optional(),
});

/** `status` of an EMQX in version v2. @see EMQX Operator 2.3, `api/v2/emqx_types_status.go` */
export const emqxV2Status = emqxStatus.extend({
  coreNodes: z.array(v2Node).optional(),
  replicantNodes: z.array(v2Node).optional(),
  nodeEvacuationsStatus: z.array(v2Evacuation).optional(),
  /** Durable storage. */
  dsReplication: z
    .strictObject({
      dbs: z
        .array(
          z.strictObject({
            name: z.string(),
            numShards: z.int32(),
            numShardReplicas: z.int32(),
            lostShardReplicas: z.int32(),
            /** Changes of replicas that are not complete. */
            numTransitions: z.int32(),
            minReplicas: z.int32(),
            maxReplicas: z.int32(),
          }),
        )
        .optional(),
    })
    .optional(),
});
