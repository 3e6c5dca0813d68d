import type { KubeObject } from './kube-api';

/** The fields of Kubernetes' own objects that this project reads or writes. @see Kubernetes API reference */

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** A StatefulSet, or a ReplicaSet, which has no revisions. */
export interface NodeSet extends KubeObject {
  spec: {
    replicas?: number;
    template?: { spec?: { containers?: { name?: string; image?: string }[] } };
  };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    readyReplicas?: number;
    currentRevision?: string;
    updateRevision?: string;
  };
}

export interface Pod extends KubeObject {
  spec?: { nodeName?: string };
  status?: {
    phase?: string;
    podIP?: string;
    conditions?: Condition[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

export interface ContainerStatus {
  name: string;
  restartCount?: number;
  state?: { running?: object; waiting?: { reason?: string; message?: string } };
  lastState?: { terminated?: { exitCode: number; reason?: string } };
}

export interface Service extends KubeObject {
  spec: { selector?: Record<string, string>; ports?: ServicePort[]; publishNotReadyAddresses?: boolean };
}

export interface ServicePort {
  name?: string;
  port: number;
  protocol?: string;
  /** Number or name of the pods' port. */
  targetPort?: number | string;
}

/** The object that an address of an Endpoints object or of a slice belongs to. */
export interface TargetRef {
  kind?: string;
  namespace?: string;
  name?: string;
  uid?: string;
}

export interface Endpoints extends KubeObject {
  subsets?: {
    addresses?: { ip: string; nodeName?: string; targetRef?: TargetRef }[];
    ports?: { name?: string; port: number; protocol?: string }[];
  }[];
}

export interface EndpointSlice extends KubeObject {
  endpoints?: {
    addresses: string[];
    conditions?: { ready?: boolean };
    targetRef?: TargetRef;
  }[];
}

export interface Deployment extends KubeObject {
  spec?: { template?: { spec?: { containers?: { name?: string; image?: string }[] } } };
  status?: { readyReplicas?: number };
}

export interface SelfSubjectAccessReview extends KubeObject {
  spec: {
    resourceAttributes: {
      namespace: string;
      verb: string;
      group: string;
      resource: string;
      subresource?: string;
      name?: string;
    };
  };
  status?: { allowed: boolean };
}

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

export interface Secret extends KubeObject {
  data?: Record<string, string>;
}

export interface Lease extends KubeObject {
  spec: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    /** MicroTime. */
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

/** Whether labels match an equality selector; an empty selector matches all. */
export function matchesLabels(labels: Record<string, string> | undefined, selector: Record<string, string>): boolean {
  return Object.entries(selector).every(([key, value]) => labels?.[key] === value);
}
