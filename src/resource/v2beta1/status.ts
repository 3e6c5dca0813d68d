import * as z from 'zod';
import { dateTime, evacuation } from '../status';

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
