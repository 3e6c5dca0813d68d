export { type ConnectOptions, connect, FIELD_MANAGER, KubeClient } from './client';
export { Cluster, type ClusterOptions } from './cluster';
export { KubeconfigError } from './cluster-access';
export { holderName, isDeadHere } from './holder-name';
export * from './kube-api';
export { SystemClock } from './system-clock';
