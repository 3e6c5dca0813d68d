import type { Clock, ClusterPort, DurablePort, EmqxPort, MembershipPort, Progress } from './ports';

/** The environment an upgrade runs in. */
export interface UpgradeContext {
  clock: Clock;
  cluster: ClusterPort;
  emqx: EmqxPort;
  /** The membership of the cluster's nodes. @default - EMQX 4.4, where nodes that are gone leave by themselves */
  members?: MembershipPort;
  /** Where durable sessions are kept. @default - EMQX 4.4, which has none */
  durable?: DurablePort;
  progress: Progress;
  /** Holder name of the lease; shows others which process runs the upgrade. */
  holder: string;
}
