export type { Change } from './changes';
export { BlockedError, UpgradeError, type UpgradeErrorCode } from './errors';
export type { Driver, Journal, Phase } from './journal';
export type { ClusterView, LeaseView, NodeView, PodView, SetView, TrafficView } from './observation';
export type { NodeShare } from './pacing';
export { ASSUMED, type UpgradePlan } from './plan';
export {
  type Clock,
  type ClusterPort,
  type EmqxPort,
  type EvacuationOrder,
  PortError,
  type Progress,
  type ResourcePatch,
} from './ports';
export type { Check } from './preflight';
export type { ProgressEvent, Sample, SetLoad } from './progress';
export type { UpgradeReport } from './report';
export { planUpgrade, runUpgrade, type UpgradeContext } from './run';
export type { UpgradeRequest } from './target';
