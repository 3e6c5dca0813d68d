import type { CapRun, UnfitCap } from '../../simulator/caps';

/** The same upgrade with several caps: what a cap costs in time, and what it costs in devices that are offline at once. */
export interface CapsDocument {
  cluster: string;
  namespace: string;
  from: string;
  to: string;
  nodes: number;
  clients: number;
  offlineDevices: number;
  seed: number;
  caps: (CapRun | UnfitCap)[];
}
