/** EMQX Enterprise 4.4, and EMQX 5 and 6, in Pulumi: change the version, `pulumi up`, and each device is moved once. */
export type {
  PlainCoreOptions,
  PlainEmqxApiKey,
  PlainEmqxProps,
  PlainNodeGroup,
  PlainReplicantOptions,
} from '../constructs/plain-emqx-props';
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
export type { Driver, Gate, GateId } from '../upgrade';
export type { ClusterResource } from './cluster-resource';
export type { CommonInputs, ConnectionInputs, UpgradeOptions, UpgradeTimeouts } from './common-inputs';
export type { DeepInput, DeepInputs } from './deep-input';
export { Emqx, type EmqxArgs } from './emqx';
export { EmqxCluster, type EmqxClusterArgs } from './emqx-cluster';
export { EmqxEnterprise, type EmqxEnterpriseArgs } from './emqx-enterprise';
export { EmqxEnterpriseCluster, type EmqxEnterpriseClusterArgs } from './emqx-enterprise-cluster';
export type { EmqxEnterpriseInputs } from './emqx-enterprise-inputs';
export type { EmqxInputs } from './emqx-inputs';
export { EmqxOperator, type EmqxOperatorArgs } from './emqx-operator';
export type { PlainOperatorProps, PlainRunnerProps, PlainWebhook } from './objects';
export type { ClusterPhase, LastUpgrade } from './state';
export { UpgradeRunner, type UpgradeRunnerArgs } from './upgrade-runner';
