import type { SimulatedClock } from '../clock';
import { Coalesced } from './coalesced';
import { kinds } from './kinds';
import { type ObjectStore, refOf } from './object-store';
import type { ResourceQuota } from './quota';

/** Milliseconds until a quota counts what has changed. */
const reactionMs = 100;

/** Writes into the status of each quota how much of it is used. */
export class QuotaController {
  constructor(
    clock: SimulatedClock,
    private readonly store: ObjectStore,
  ) {
    const work = new Coalesced(clock, reactionMs, () => this.count());
    store.subscribe(({ object }) => {
      if (object.kind !== 'Pod' && object.kind !== 'ResourceQuota') return;
      if (store.all(kinds.quota).length > 0) work.request();
    });
  }

  private count(): void {
    for (const quota of this.store.all<ResourceQuota>(kinds.quota)) {
      const { namespace } = refOf(quota);
      const used = { pods: String(this.store.list({ namespace, ...kinds.pod }).length) };
      const status = { hard: quota.spec.hard ?? {}, used };
      this.store.update<ResourceQuota>(refOf(quota), (draft) => ({ ...draft, status }), { subresource: 'status' });
    }
  }
}
