import type { EmqxResource } from './generations';

/** Names a cluster. */
export interface ClusterRef {
  kind: EmqxResource['kind'];
  namespace: string;
  name: string;
  /** Version of the resource. @default - the one that this project upgrades */
  apiVersion?: string;
}

/** A cluster as commands name it. */
export function named({ kind, namespace, name }: ClusterRef): string {
  return `${kind.toLowerCase()}/${name} -n ${namespace}`;
}
