import type { EmqxResource } from './generations';

/** Names a cluster. */
export interface ClusterRef {
  kind: EmqxResource['kind'];
  namespace: string;
  name: string;
  /** Version of the resource. @default - the one that this project upgrades */
  apiVersion?: string;
}
