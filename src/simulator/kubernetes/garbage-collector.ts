import type { KubeObject } from '../../kubernetes/kube-api';
import type { SimulatedClock } from '../clock';
import { Coalesced } from './coalesced';
import { type ObjectStore, refOf } from './object-store';

/** Milliseconds between the end of an owner and the deletion of what it owned. */
const reactionMs = 200;

/** Deletes, in the background, the objects whose owners are all gone. */
export class GarbageCollector {
  private readonly work: Coalesced;

  constructor(
    clock: SimulatedClock,
    private readonly store: ObjectStore,
  ) {
    this.work = new Coalesced(clock, reactionMs, () => this.collect());
    store.subscribe(({ type, object }) => {
      if (type === 'DELETED' || (type === 'ADDED' && owned(object))) this.work.request();
    });
  }

  private collect(): void {
    const objects = this.store.all();
    const present = new Set(objects.map((object) => object.metadata.uid));
    for (const object of objects) {
      const orphaned = owned(object) && object.metadata.ownerReferences?.every((owner) => !present.has(owner.uid));
      if (orphaned && !object.metadata.deletionTimestamp) this.store.delete(refOf(object));
    }
  }
}

function owned(object: KubeObject): boolean {
  return (object.metadata.ownerReferences?.length ?? 0) > 0;
}
