import type { KubeObject } from '../../kubernetes';
import { UpgradeError } from '../../upgrade';
import type { StoreChange } from '../kubernetes/object-store';

/** Who took the lease, in the order in which they did. */
export class LeaseHistory {
  private lastHolder: string | undefined;

  stored({ object, type }: StoreChange): void {
    if (object.kind !== 'Lease' || type === 'DELETED') return;
    this.lastHolder =
      (object as KubeObject & { spec?: { holderIdentity?: string } }).spec?.holderIdentity ?? this.lastHolder;
  }

  /** Whether an error says that a process lost its lease, although no other process has taken it since. */
  contradicts(error: unknown, holder: string): boolean {
    return error instanceof UpgradeError && error.code === 'LEASE_LOST' && this.lastHolder === holder;
  }
}
