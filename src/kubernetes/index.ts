export { Cluster, type ClusterOptions } from './cluster';
export * from './kube-api';
