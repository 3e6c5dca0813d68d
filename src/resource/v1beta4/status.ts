import * as z from 'zod';
import { dateTime, evacuation } from '../evacuation-status';

/** A time as RFC 3339 text. */
export const condition = z.strictObject({
  /** `Running` or `BlueGreenUpdating`; the latter, once true, is never reset. */
  type: z.string(),
  status: z.string(),
  lastUpdateTime: dateTime.optional(),
  lastTransitionTime: dateTime.optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
});

const emqxNode = z.strictObject({
  node: z.string().optional(),
  node_status: z.string().optional(),
  otp_release: z.string().optional(),
  version: z.string().optional(),
  connections: z.int().optional(),
});

/** `status` of an EmqxEnterprise: what the operator last observed, up to 20 s old. */
export const emqxEnterpriseStatus = z.strictObject({
  /** Newest first. */
  conditions: z.array(condition).optional(),
  emqxNodes: z.array(emqxNode).optional(),
  replicas: z.int32().optional(),
  /** All running EMQX nodes, of both sets during an upgrade. */
  readyReplicas: z.int32().optional(),
  /** The revision of the serving set, which is its pods' `controller-revision-hash`. */
  currentStatefulSetVersion: z.string().optional(),
  /** Present while two sets have nodes in the cluster. */
  blueGreenUpdateStatus: z
    .strictObject({
      originStatefulSet: z.string().optional(),
      currentStatefulSet: z.string().optional(),
      /** When the operator first saw all new nodes ready; the initial delay counts from here. */
      startedAt: dateTime.optional(),
      evacuationsStatus: z.array(evacuation).optional(),
    })
    .optional(),
});
