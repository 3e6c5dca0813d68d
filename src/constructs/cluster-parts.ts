import { type Inspected, inspectProps, type PartsOf } from './_shape';
import type { BlueGreenUpdate } from './blue-green-update';
import type { EmqxEnterpriseClusterProps } from './emqx-enterprise-cluster-props';
import type { EmqxImage } from './emqx-image';
import type { EvacuationStrategy } from './evacuation-strategy';
import type { NetworkPolicyOptions } from './network-policy';
import type { NodeResources } from './node-resources';
import type { Persistence } from './persistence';
import type { PodDisruptionBudgetOptions } from './pod-disruption-budget';
import type { NodePodOptions, Probes } from './pod-options';
import type { Tls } from './tls';

export const image: PartsOf<EmqxImage> = {
  registry: 'value',
  repository: 'value',
  prefix: 'value',
  suffix: 'value',
  pullPolicy: 'value',
};
export const persistence: PartsOf<Persistence> = { size: 'value', storageClass: 'value', accessModes: 'value' };
const evacuationStrategy: PartsOf<EvacuationStrategy> = {
  connectionEvictionRate: 'value',
  sessionEvictionRate: 'value',
  waitTakeover: 'value',
};
export const blueGreenUpdate: PartsOf<BlueGreenUpdate> = { initialDelay: 'value', evacuationStrategy, hold: 'value' };
export const tls: PartsOf<Tls> = { secretName: 'value' };
export const networkPolicy: PartsOf<NetworkPolicyOptions> = {
  devices: 'value',
  operatorNamespace: 'value',
  dashboardNamespaces: 'value',
};
export const podDisruptionBudget: PartsOf<PodDisruptionBudgetOptions> = { maxUnavailable: 'value' };
/** The shape of any NodeResources. */
export const resourceParts: PartsOf<NodeResources> = {
  cpuRequestMillis: 'value',
  cpuLimitMillis: 'value',
  memoryRequest: 'value',
  memoryLimit: 'value',
};
const probes: PartsOf<Probes> = { liveness: 'value', readiness: 'value', startup: 'value' };
/** The shape of the options of any pods of EMQX nodes. */
export const podParts: PartsOf<NodePodOptions> = {
  env: 'object',
  envFrom: 'value',
  podLabels: 'object',
  podAnnotations: 'object',
  command: 'value',
  args: 'value',
  lifecycle: 'value',
  extraPorts: 'value',
  resources: resourceParts,
  probes,
  nodeSelector: 'value',
  affinity: 'value',
  tolerations: 'value',
  volumes: 'value',
  volumeMounts: 'value',
  extraContainers: 'value',
  initContainers: 'value',
  podSecurityContext: 'value',
  containerSecurityContext: 'value',
};

const PARTS: PartsOf<EmqxEnterpriseClusterProps> = {
  name: 'value',
  namespace: 'value',
  version: 'value',
  image,
  replicas: 'value',
  license: 'value',
  persistence,
  blueGreenUpdate,
  service: 'value',
  exposure: 'value',
  tls,
  acl: 'value',
  apiKeys: 'value',
  clusterDomain: 'value',
  emqxConfig: 'object',
  networkPolicy,
  podDisruptionBudget,
  ...podParts,
  serviceAccountName: 'value',
  imagePullSecrets: 'value',
  reloaderImage: 'value',
};

/** The shape of the properties of a cluster, for programs without type checks. */
export function inspectClusterProps(given: unknown): Inspected<EmqxEnterpriseClusterProps> {
  return inspectProps(given, PARTS);
}
