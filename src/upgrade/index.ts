export type { Pacing } from './adaptive-rate';
export { backOffMs } from './back-off';
export type { Change } from './changes';
export type { Check, CheckGroup } from './check';
export type { Control } from './control';
export { controlUpgrade } from './control-upgrade';
export { freeTraffic } from './deleted';
export type { DeviceFigure, DeviceSample } from './device-sample';
export { BlockedError, UpgradeError, type UpgradeErrorCode } from './errors';
export { GATE_NAMES, type Gate, type GateId, gateText } from './gates';
export type { Incident, IncidentKind } from './incident';
export { checkUpgrade, checkWithDevices, planUpgrade, planWithDevices } from './inspect';
export { type Driver, isOpen, type Journal, type Limits, type Phase, parseJournal } from './journal';
export type { KnownLoad } from './known-load';
export type {
  ClusterView,
  DeviceListener,
  DurableShard,
  DurableSite,
  DurableStorage,
  DurableView,
  ForeignSet,
  LeaseView,
  NodeCount,
  NodeView,
  OperatorView,
  PodView,
  SetView,
  TrafficView,
} from './observation';
export { curesOf, type Obstacle } from './obstacle';
export type { OnlyReadStatus } from './only-read';
export type { NodeShare } from './pacing';
export { ASSUMED, type UpgradePlan } from './plan';
export {
  type BalancingView,
  type ClientView,
  type Clock,
  ClusterMissing,
  type ClusterPort,
  type DurablePort,
  type Emqx5Port,
  type EmqxPort,
  type EvacuationOrder,
  type EvacuationView,
  type JournalVersion,
  type LicenseView,
  type MembershipPort,
  type MemberView,
  type Page,
  PortError,
  type ProbeAnswer,
  type Progress,
  type QuotaView,
  type Refusal,
  type Rehearsal,
  type RehearsedWrite,
  type ResourcePatch,
  type Surroundings,
  type TrafficLeft,
} from './ports';
export type { ProgressEvent, Sample, SetLoad } from './progress';
export type { UpgradeRecord } from './record';
export type { UpgradeReport } from './report';
export { rescue, type Trouble, type TroubleId, troublesOf } from './rescue';
export { haveSameSets, type Rest, restOf } from './rest';
export { continueRun, runUpgrade, startRun } from './run';
export type { RunSeries } from './series';
export type { SetStatus } from './set-status';
export { isOfOneRole } from './stages';
export { stateText } from './state-text';
export { stateWithoutDriver as whatHolds } from './state-without-driver';
export {
  type ClusterState,
  lastRecord,
  type RunStatus,
  stateOf,
  statusOf,
  type UpgradeStatus,
  watchUpgrade,
} from './status';
export { digestOf, liveDigestOf, type UpgradeRequest } from './target';
export type { UpgradeContext } from './upgrade-context';
export { type LeaseWait, leaseWaitText, waitForLease as awaitLease } from './wait-for-lease';
