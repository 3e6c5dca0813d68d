import type { Clock, ClusterPort, EmqxPort, Progress } from './ports';

/** The environment an upgrade runs in. */
export interface UpgradeContext {
  clock: Clock;
  cluster: ClusterPort;
  emqx: EmqxPort;
  progress: Progress;
  /** Holder name of the lease; shows others which process runs the upgrade. */
  holder: string;
}
