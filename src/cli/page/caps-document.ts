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
  /** Present where the rate follows the devices: the cap is the highest one then. */
  pacing?: 'adaptive';
  caps: (CapRun | UnfitCap)[];
}
