import type { Emqx, EmqxSpec, EmqxStatus } from '../../../resource';

export type ApiKey = NonNullable<EmqxSpec['bootstrapAPIKeys']>[number];
export type NodeTemplate = NonNullable<EmqxSpec['coreTemplate']>;
export type ServiceTemplate = NonNullable<EmqxSpec['listenersServiceTemplate']>;

/** Newest first. */
export type Condition = NonNullable<EmqxStatus['conditions']>[number];
/** A node; `connections` is EMQX's word for its sessions. */
export type NodeStatus = NonNullable<EmqxStatus['coreNodes']>[number];
/** `currentRevision` is the hash of the OLD set, `updateRevision` that of the NEW one; `readyReplicas` counts the nodes of both. */
export type NodesStatus = NonNullable<EmqxStatus['coreNodesStatus']>;

/** Whether there are to be replicants. */
export function hasReplicants({ spec }: Emqx): boolean {
  return (spec.replicantTemplate?.spec?.replicas ?? 0) > 0;
}
