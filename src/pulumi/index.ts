/** EMQX Enterprise 4.4 in Pulumi: change the version, `pulumi up`, and each device is moved once. */
export type {
  KeyOfObject,
  PlainApiKey,
  PlainBlueGreenUpdate,
  PlainClusterProps,
  PlainEnvValue,
  PlainEvacuationStrategy,
  PlainMqttService,
  PlainNodeResources,
  PlainPersistence,
} from '../constructs/plain-props';
export type { Driver } from '../upgrade';
export type { DeepInput, DeepInputs } from './deep-input';
export { EmqxEnterprise, type EmqxEnterpriseArgs } from './emqx-enterprise';
export { EmqxEnterpriseCluster, type EmqxEnterpriseClusterArgs } from './emqx-enterprise-cluster';
export type { ConnectionInputs, EmqxEnterpriseInputs, UpgradeOptions, UpgradeTimeouts } from './emqx-enterprise-inputs';
export { EmqxOperator, type EmqxOperatorArgs } from './emqx-operator';
export type { PlainOperatorProps, PlainWebhook } from './objects';
export type { ClusterPhase, LastUpgrade } from './state';
