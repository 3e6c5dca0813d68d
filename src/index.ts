/** Describe a cluster of EMQX Enterprise 4.4, or of EMQX 5 or 6, in code; loads neither Pulumi nor a Kubernetes client. */
export { ApiKey } from './constructs/api-key';
export type { BlueGreenUpdate } from './constructs/blue-green-update';
export type * as coreV1 from './constructs/core-v1';
export type {
  Affinity,
  Container,
  ContainerPort,
  EnvFromSource,
  Lifecycle,
  PodSecurityContext,
  Probe,
  SecurityContext,
  TopologySpreadConstraint,
} from './constructs/core-v1/pods';
export type { Volume, VolumeMount } from './constructs/core-v1/volumes';
export { EmqxCluster } from './constructs/emqx-cluster';
export type { CoreOptions, EmqxClusterProps, NodeGroup, ReplicantOptions } from './constructs/emqx-cluster-props';
export type { EmqxConfig, EmqxConfigValue } from './constructs/emqx-config';
export type { EmqxDashboard } from './constructs/emqx-dashboard';
export { EmqxEnterpriseCluster } from './constructs/emqx-enterprise-cluster';
export type { EmqxEnterpriseClusterProps } from './constructs/emqx-enterprise-cluster-props';
export type { EmqxImage } from './constructs/emqx-image';
export { EmqxMonitoring, type EmqxMonitoringProps, type NamedCluster } from './constructs/emqx-monitoring';
export { EmqxOperator } from './constructs/emqx-operator';
export type { EmqxOperatorProps } from './constructs/emqx-operator-props';
export { EnvValue } from './constructs/env-value';
export type { EvacuationStrategy } from './constructs/evacuation-strategy';
export { License } from './constructs/license';
export {
  type ClusterIpOptions,
  type ExternalTrafficPolicy,
  type IpFamilyOptions,
  type LoadBalancerOptions,
  MqttService,
  type NodePort,
  type NodePortOptions,
} from './constructs/mqtt-service';
export type { NetworkPolicyOptions } from './constructs/network-policy';
export type { NodeResources } from './constructs/node-resources';
export type { OperatorResources } from './constructs/operator-resources';
export { OperatorWebhook } from './constructs/operator-webhook';
export type { AccessMode, Persistence } from './constructs/persistence';
export type { PodDisruptionBudgetOptions } from './constructs/pod-disruption-budget';
export type { NodePodOptions, PodOptions, Probes } from './constructs/pod-options';
export type { Tls } from './constructs/tls';
export type { Toleration } from './constructs/toleration';
export { UpgradeAccess, type UpgradeAccessProps } from './constructs/upgrade-access';
export { UpgradeRunner } from './constructs/upgrade-runner';
export type {
  UpgradeOrder,
  UpgradeRunnerPolicy,
  UpgradeRunnerProps,
  UpgradeWindow,
} from './constructs/upgrade-runner-props';
export type { MqttListener } from './resource/constants';
export type { EmqxEnterprise, EmqxEnterpriseSpec, EmqxEnterpriseStatus } from './resource/v1beta4/emqx-enterprise';
export type { Emqx, EmqxSpec, EmqxStatus } from './resource/v2beta1/emqx';
