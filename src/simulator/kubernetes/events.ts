import type { KubeObject } from '../../kubernetes/kube-api';
import { type ObjectStore, refOf, timestamp } from './object-store';
import { templateHash } from './revision-hash';

interface Event extends KubeObject {
  count: number;
  lastTimestamp: string;
}

/** Writes an event about an object; one that was written before is counted. */
export function recordEvent(
  store: ObjectStore,
  about: KubeObject,
  what: { type: 'Normal' | 'Warning'; reason: string; message: string },
): void {
  const { apiVersion, kind, metadata } = about;
  const { namespace, name } = refOf(about);
  const now = timestamp(store.now);
  const ref = { apiVersion: 'v1', kind: 'Event', namespace, name: `${name}.${templateHash(what)}` };
  if (store.find(ref)) {
    store.update<Event>(ref, (draft) => ({ ...draft, count: draft.count + 1, lastTimestamp: now }));
    return;
  }
  const event: Event & Record<string, unknown> = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace, name: ref.name },
    involvedObject: { apiVersion, kind, namespace, name, uid: metadata.uid },
    ...what,
    source: { component: `${kind.toLowerCase()}-controller` },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  };
  store.create(event);
}
