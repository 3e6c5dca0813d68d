export { type ConnectOptions, connect, FIELD_MANAGER, KubeClient } from './client';
export { Cluster, type ClusterOptions } from './cluster';
export { holderName, isDeadHere } from './holder-name';
export * from './kube-api';
export { KubeconfigError } from './kubeconfig/kubeconfig-error';
export { SystemClock } from './system-clock';
