import { isKubeError, type KindRef, type KubeObject } from '../../kubernetes/kube-api';
import type { SimulatedClock } from '../clock';
import { Coalesced } from './coalesced';
import type { Pod } from './core-types';
import { recordEvent } from './events';
import { kinds } from './kinds';
import { type ObjectStore, refOf } from './object-store';

/** Milliseconds between a change and the controller's answer. */
const reactionMs = 20;

/** Milliseconds that making or deleting one pod takes; the status is written after the last. */
const writeMs = 50;

/** Milliseconds after which a pod that was refused is tried again. */
const retryMs = 5_000;

/** What a controller does for each of its sets. */
interface SetSteps<T extends KubeObject> {
  /** Brings the set's pods in line, by `create` and `remove`. */
  pods(set: T): void;
  /** The status as it is now. */
  status(set: T): object;
}

/**
 * How the controllers of sets of pods (StatefulSet, ReplicaSet) work: first the pods of all sets, and when that is done the
 * status of each; what happens meanwhile has its turn after that. So a set just created counts no replicas yet.
 */
export class SetWork<T extends KubeObject> {
  private readonly work: Coalesced;
  private writes = 0;
  private busy = false;
  private again = false;

  constructor(
    private readonly clock: SimulatedClock,
    private readonly store: ObjectStore,
    private readonly kind: KindRef,
    private readonly steps: SetSteps<T>,
  ) {
    this.work = new Coalesced(clock, reactionMs, () => this.sync());
    store.subscribe(({ object }) => {
      if (object.kind !== kind.kind && object.kind !== 'Pod') return;
      if (this.busy) this.again = true;
      else this.work.request();
    });
  }

  /** The pods that a set controls. */
  podsOf(set: T): Pod[] {
    return this.store
      .list<Pod>({ namespace: refOf(set).namespace, ...kinds.pod })
      .filter((pod) =>
        pod.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === set.metadata.uid),
      );
  }

  /** What is refused is recorded in an event, and tried again. */
  create(set: T, pod: Pod): void {
    this.writes++;
    try {
      this.store.create(pod);
    } catch (error) {
      if (!isKubeError(error, 'Forbidden')) throw error;
      const { name } = set.metadata;
      const message = `create Pod ${pod.metadata.name} in ${this.kind.kind} ${name} failed error: ${error.message}`;
      recordEvent(this.store, set, { type: 'Warning', reason: 'FailedCreate', message });
      this.clock.schedule(retryMs, () => this.work.request());
    }
  }

  /** Deletes a pod, and records that. */
  remove(set: T, pod: Pod): void {
    this.writes++;
    this.store.delete(refOf(pod));
    const message = `delete Pod ${pod.metadata.name} in ${this.kind.kind} ${set.metadata.name} successful`;
    recordEvent(this.store, set, { type: 'Normal', reason: 'SuccessfulDelete', message });
  }

  private sync(): void {
    this.busy = true;
    this.writes = 0;
    for (const set of this.sets()) this.steps.pods(set);
    this.clock.schedule(this.writes * writeMs, () => {
      for (const set of this.sets()) this.writeStatus(set);
      this.busy = false;
      if (this.again) this.work.request();
      this.again = false;
    });
  }

  private writeStatus(set: T): void {
    const status = this.steps.status(set);
    this.store.update<T>(refOf(set), (draft) => ({ ...draft, status }), { subresource: 'status' });
  }

  private sets(): T[] {
    return this.store.all<T>(this.kind).filter((set) => !set.metadata.deletionTimestamp);
  }
}
