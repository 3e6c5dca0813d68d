import type { KubeObject } from '../../../kubernetes/kube-api';
import type { EvacuationStatus } from '../go-json';

/** The kind of the resources of this generation. */
export const EMQX = { apiVersion: 'apps.emqx.io/v2beta1', kind: 'EMQX' } as const;

/** A custom resource EMQX, as complete as its definition makes it: the parts that the operator reads and writes. */
export interface Emqx extends KubeObject {
  spec: EmqxSpec;
  status?: EmqxStatus;
}

export interface EmqxSpec {
  image: string;
  imagePullPolicy?: string;
  imagePullSecrets?: object[];
  serviceAccountName?: string;
  bootstrapAPIKeys?: ApiKey[];
  config?: { mode?: string; data?: string };
  clusterDomain?: string;
  revisionHistoryLimit?: number;
  updateStrategy?: {
    initialDelaySeconds?: number;
    evacuationStrategy?: { waitTakeover?: number; connEvictRate?: number; sessEvictRate?: number };
  };
  coreTemplate: NodeTemplate;
  replicantTemplate?: NodeTemplate;
  dashboardServiceTemplate?: ServiceTemplate;
  listenersServiceTemplate?: ServiceTemplate;
}

export interface ApiKey {
  key?: string;
  secret?: string;
  secretRef?: Record<'key' | 'secret', { secretName: string; secretKey: string }>;
}

interface TemplateMetadata {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface NodeTemplate {
  metadata?: TemplateMetadata;
  /** The fields of pod and container, which are passed on as they are. */
  spec: { replicas: number; [field: string]: unknown };
}

export interface ServiceTemplate {
  enabled?: boolean;
  metadata?: TemplateMetadata;
  spec?: object;
}

export interface EmqxStatus {
  /** The newest first. */
  conditions?: Condition[];
  coreNodes?: NodeStatus[];
  coreNodesStatus?: NodesStatus;
  replicantNodes?: NodeStatus[];
  replicantNodesStatus?: NodesStatus;
  nodeEvacuationsStatus?: EvacuationStatus[];
}

export interface Condition {
  type: ConditionType;
  status: 'True' | 'False';
  lastTransitionTime: string;
  reason: string;
  message: string;
}

export type ConditionType =
  | 'Initialized'
  | 'CoreNodesProgressing'
  | 'CoreNodesReady'
  | 'ReplicantNodesProgressing'
  | 'ReplicantNodesReady'
  | 'Available'
  | 'Ready';

export interface NodeStatus {
  controllerUID?: string;
  podUID?: string;
  node?: string;
  node_status?: string;
  otp_release?: string;
  version?: string;
  role?: string;
  edition?: string;
  /** EMQX's word for its sessions. */
  connections?: number;
  live_connections?: number;
}

export interface NodesStatus {
  replicas?: number;
  /** All nodes that run, of old and new sets. */
  readyReplicas?: number;
  /** The hash of the OLD set. */
  currentRevision?: string;
  currentReplicas?: number;
  /** The hash of the NEW set. */
  updateRevision?: string;
  updateReplicas?: number;
  collisionCount?: number;
}

/** Whether there are to be replicants. */
export function hasReplicants({ spec }: Emqx): boolean {
  return (spec.replicantTemplate?.spec.replicas ?? 0) > 0;
}
