/**
 * The custom resources of both generations: types, reading, validation and defaults. EmqxEnterprise v1beta4 (EMQX 4.4) is in
 * this folder, EMQX v2beta1 (EMQX 5 and 6) in `v2beta1/`.
 */
export { canonicalQuantity, nanosOf } from './canonical-quantity';
export type { ClusterRef } from './cluster-ref';
export * from './constants';
export type {
  BuiltSet,
  CredentialsSecret,
  EvacuationRates,
  Generation,
  IdleNodes,
  OnlyRead,
  OperatorLine,
  OperatorReport,
  Role,
  ServiceTemplate,
  SetKind,
} from './generation';
export { API_VERSIONS, asEnterprise, type EmqxResource, generationOf, isHeld, versionOf } from './generations';
export { HOLD_DELAY_SECONDS, isHold, STOPPED_DELAY_SECONDS, withoutHeartbeats } from './hold';
export { overLive } from './over-live';
export { formatProblem, HIDDEN, type Problem, type Violation } from './problem';
export { type Manifest, readClusterManifest, readManifest } from './read-manifest';
export { ResourceError } from './resource-error';
export { type UpgradeRight, upgradeRightsOf } from './upgrade-rights';
export { clusterLabels, withDefaults } from './v1beta4/defaults';
export type { EmqxEnterprise, EmqxEnterpriseSpec, EmqxEnterpriseStatus } from './v1beta4/emqx-enterprise';
export { immutableFields, nodeNameOf } from './v1beta4/identity';
export { type ImageParts, imageOf } from './v1beta4/image';
export { parseEmqxEnterprise, problemsOf } from './v1beta4/parse';
export * from './v2beta1';
export { withVersion } from './with-version';
