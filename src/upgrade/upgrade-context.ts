import type { Clock, ClusterPort, EmqxPort, Progress } from './ports';

/** The world an upgrade runs in. */
export interface UpgradeContext {
  clock: Clock;
  cluster: ClusterPort;
  emqx: EmqxPort;
  progress: Progress;
  /** Name under which the lease is held; tells others who runs the upgrade. */
  holder: string;
}
