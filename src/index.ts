/** Describe an EMQX Enterprise 4.4 cluster in code; loads neither Pulumi nor a Kubernetes client. */
export type { BlueGreenUpdate } from './constructs/blue-green-update';
export { EmqxEnterpriseCluster, type EmqxEnterpriseClusterProps } from './constructs/emqx-enterprise-cluster';
export type { EmqxImage } from './constructs/emqx-image';
export type { EvacuationStrategy } from './constructs/evacuation-strategy';
export { License } from './constructs/license';
export {
  type ClusterIpOptions,
  type LoadBalancerOptions,
  MqttService,
  type NodePort,
  type NodePortOptions,
} from './constructs/mqtt-service';
export type { MqttListener } from './resource/constants';
export type { EmqxEnterprise, EmqxEnterpriseSpec, EmqxEnterpriseStatus } from './resource/emqx-enterprise';
