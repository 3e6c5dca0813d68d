/** The custom resource EMQX v2beta1 (EMQX 5 and 6): types, validation, defaults, and what its fields and status mean. */
export { type ChangeEffect, type EmqxChange, emqxChanges, rolesWithNewNodes } from './changes';
export {
  type DashboardPorts,
  dashboardPortsOf,
  deviceListenersOf,
  hasLicenseKey,
  problemsOfConfig,
  settingsIn,
} from './config-data';
export * from './constants';
export { completeEmqx, withEmqxDefaults } from './defaults';
export type { Emqx, EmqxSpec, EmqxStatus } from './emqx';
export { hoconAt } from './hocon';
export { type Edition, editionOfImage, emqxVersionOf, imageWithVersion, ONE_EDITION, versionOfImage } from './image';
export { metricsNeedKey } from './metrics-access';
export { parseEmqx, problemsOfEmqx, structuralProblemsOfEmqx } from './parse';
export { type ColouredSets, type EmqxSet, emqxLabels, emqxSetsOf, servingRoleOf } from './sets';
export {
  type EmqxCondition,
  type EmqxEvacuationState,
  type EmqxNodeState,
  emqxConditionOf,
  emqxEvacuationsOf,
  emqxNodesOf,
} from './state';
export { emqxWithVersion } from './with-version';
