import type { SimulatedClock } from '../clock';
import { type ObjectStore, refOf } from './object-store';

/** How long an API server keeps an Event that is not written again, ms. @see kube-apiserver, `--event-ttl` */
const EVENT_TTL_MS = 3_600_000;

/** Removes Events an hour after they were last written. */
export class EventExpiry {
  constructor(clock: SimulatedClock, store: ObjectStore) {
    store.subscribe(({ type, object }) => {
      if (object.kind !== 'Event' || type === 'DELETED') return;
      const ref = refOf(object);
      const { resourceVersion } = object.metadata;
      clock.schedule(EVENT_TTL_MS, () => {
        if (store.find(ref)?.metadata.resourceVersion === resourceVersion) store.delete(ref);
      });
    });
  }
}
