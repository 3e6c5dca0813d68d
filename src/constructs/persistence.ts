import type { Size } from 'cdk8s';
import type { EmqxEnterpriseSpec } from '../resource/v1beta4/emqx-enterprise';
import type { Findings } from './_findings';
import { memory, quantityOf } from './_memory';

/**
 * A volume for each node, with its data directory (`/opt/emqx/data`) on it. It cannot be changed while the
 * cluster exists; that of an EmqxEnterpriseCluster cannot be added or removed either.
 *
 * The data of a node survives its pod, not an upgrade: the new nodes get volumes of their own, and those of the old nodes
 * remain until they are deleted manually.
 *
 * @see EMQX Operator 2.2.29, `spec.persistent`, and `spec.coreTemplate.spec.volumeClaimTemplates`
 */
export interface Persistence {
  /** Size of the data volume of one node. */
  readonly size: Size;

  /**
   * Storage class of the volumes. The empty text selects volumes that were created manually, without a class: there must be one for
   * each node, and one for each new node of an upgrade.
   *
   * @default - the default storage class of the Kubernetes cluster
   * @see https://kubernetes.io/docs/concepts/storage/storage-classes/
   */
  readonly storageClass?: string;

  /**
   * How the volume can be mounted.
   *
   * @default ['ReadWriteOnce']
   * @see https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes
   */
  readonly accessModes?: readonly AccessMode[];
}

/** How many may mount a volume at a time: one Kubernetes node, one pod, or any number. */
export type AccessMode = 'ReadWriteOnce' | 'ReadWriteOncePod' | 'ReadWriteMany';

const ACCESS_MODES: readonly AccessMode[] = ['ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany'];

/** As the custom resource has it. */
export function claimOf(persistence: Persistence): EmqxEnterpriseSpec['persistent'] {
  return { spec: claimSpecOf(persistence) };
}

/** The spec of a claim. @see Kubernetes API, core/v1 PersistentVolumeClaimSpec */
export function claimSpecOf(persistence: Persistence): Record<string, unknown> {
  const { size, storageClass, accessModes = ['ReadWriteOnce'] } = persistence;
  return {
    accessModes,
    resources: { requests: { storage: quantityOf(size) } },
    ...(storageClass !== undefined && { storageClassName: storageClass }),
  };
}

export function checkPersistence(findings: Findings, path: string, persistence: Partial<Persistence>): void {
  findings.check(`${path}.size`, persistence.size, memory);
  const { storageClass, accessModes } = persistence;
  if (storageClass !== undefined && typeof storageClass !== 'string') {
    findings.report(`${path}.storageClass`, storageClass, {
      bound: 'the name of a storage class, or empty',
      reason: 'it creates the volumes; without a class (empty) they must exist',
      fix: 'choose one of `kubectl get storageclass`, or leave it out',
    });
  }
  if (accessModes === undefined || areModes(accessModes)) return;
  findings.report(`${path}.accessModes`, Array.isArray(accessModes) ? accessModes.join(', ') : accessModes, {
    bound: `a list of one or more of ${ACCESS_MODES.join(', ')}`,
    reason: 'a node must be able to write its data',
    fix: "leave it out, or write ['ReadWriteOnce']",
  });
}

function areModes(modes: unknown): boolean {
  const known: readonly unknown[] = ACCESS_MODES;
  return Array.isArray(modes) && modes.length > 0 && modes.every((mode) => known.includes(mode));
}
