export { type ConnectOptions, connect, KubeClient } from './client';
export { Cluster, type ClusterOptions } from './cluster';
export { KubeconfigError } from './cluster-access';
export * from './kube-api';
export { SystemClock } from './system-clock';
