import { matchesLabels } from '../../kubernetes/core-objects';
import { isKubeError } from '../../kubernetes/kube-api';
import type { SimulatedClock } from '../clock';
import { Coalesced } from './coalesced';
import { conditionOf, type Pod, type PodTemplate, type StatefulSet, type StatefulSetStatus } from './core-types';
import { recordEvent } from './events';
import { kinds } from './kinds';
import { type ObjectStore, refOf } from './object-store';
import { templateHash } from './revision-hash';
import { claimsOf, ordinalOf, podOf, revisionLabel } from './stateful-set-pods';

/** Milliseconds between a change and the controller's answer. */
const reactionMs = 20;

/** Milliseconds that making or deleting one pod takes; the status is written after the last. */
const writeMs = 50;

/** Milliseconds after which a pod that was refused is tried again. */
const retryMs = 5_000;

/**
 * The StatefulSet controller, for sets with `podManagementPolicy: Parallel`.
 *
 * - Pods are made and removed all at once; of those too many, the ones with the highest ordinals.
 * - When the template changes, pods are replaced one at a time, highest ordinal first, each only when all others are Ready.
 * - A revision is called `<set>-<hash of the template>`: the same again for the same set and template, even after the set was
 *   deleted. Two sets with one template share the hash, not the name.
 * - Pods are dealt with at once; the status follows a moment later, so a set just created counts no replicas yet.
 * - `currentReplicas` and `updatedReplicas` do not count pods that are being deleted; `replicas` and `readyReplicas` do.
 */
export class StatefulSetController {
  /** Templates by revision name, for the pods that a rolling update has not reached. */
  private readonly templates = new Map<string, PodTemplate>();
  private readonly work: Coalesced;
  /** Revision names by uid and generation of the set: a template is hashed once. */
  private readonly revisions = new Map<string, string>();
  private writes = 0;
  private busy = false;
  private again = false;

  constructor(
    private readonly clock: SimulatedClock,
    private readonly store: ObjectStore,
  ) {
    this.work = new Coalesced(clock, reactionMs, () => this.sync());
    store.subscribe(({ object }) => {
      if (object.kind !== 'StatefulSet' && object.kind !== 'Pod') return;
      if (this.busy) this.again = true;
      else this.work.request();
    });
  }

  /** Deals with the pods, and when that is done writes the status; what happens meanwhile has its turn after that. */
  private sync(): void {
    this.busy = true;
    this.writes = 0;
    for (const set of this.sets()) this.reconcile(set);
    this.clock.schedule(this.writes * writeMs, () => {
      for (const set of this.sets()) this.writeStatus(set);
      this.busy = false;
      if (this.again) this.work.request();
      this.again = false;
    });
  }

  private sets(): StatefulSet[] {
    return this.store.all<StatefulSet>(kinds.statefulSet).filter((set) => !set.metadata.deletionTimestamp);
  }

  private reconcile(set: StatefulSet): void {
    const updateRevision = this.revisionOf(set);
    this.templates.set(updateRevision, set.spec.template);
    this.scale(set, set.status?.currentRevision ?? updateRevision, updateRevision);
    this.roll(this.podsOf(set), updateRevision);
  }

  private revisionOf({ metadata, spec }: StatefulSet): string {
    const key = `${metadata.uid}/${metadata.generation}`;
    const revision = this.revisions.get(key) ?? `${metadata.name}-${templateHash(spec.template)}`;
    this.revisions.set(key, revision);
    return revision;
  }

  private remove(pod: Pod): void {
    this.writes++;
    this.store.delete(refOf(pod));
  }

  private writeStatus(set: StatefulSet): void {
    const updateRevision = this.revisionOf(set);
    const pods = this.podsOf(set);
    const living = pods.filter((pod) => !pod.metadata.deletionTimestamp);
    const ofRevision = (revision: string) => living.filter((pod) => pod.metadata.labels?.[revisionLabel] === revision);
    const updated = ofRevision(updateRevision);
    const ready = pods.filter((pod) => conditionOf(pod, 'Ready') === 'True').length;
    const rolled = updated.length === set.spec.replicas && updated.every((pod) => conditionOf(pod, 'Ready') === 'True');
    const currentRevision = rolled ? updateRevision : (set.status?.currentRevision ?? updateRevision);
    const status: StatefulSetStatus = {
      observedGeneration: set.metadata.generation as number,
      replicas: pods.length,
      readyReplicas: ready,
      availableReplicas: ready,
      currentReplicas: ofRevision(currentRevision).length,
      updatedReplicas: updated.length,
      currentRevision,
      updateRevision,
    };
    this.store.update<StatefulSet>(refOf(set), (draft) => ({ ...draft, status }), { subresource: 'status' });
  }

  private scale(set: StatefulSet, currentRevision: string, updateRevision: string): void {
    const replicas = set.spec.replicas ?? 1;
    const pods = this.podsOf(set);
    for (const pod of pods.toReversed()) {
      if (ordinalOf(pod) >= replicas && !pod.metadata.deletionTimestamp) this.remove(pod);
    }
    for (let ordinal = 0; ordinal < replicas; ordinal++) {
      const name = `${set.metadata.name}-${ordinal}`;
      if (this.store.find({ ...kinds.pod, namespace: refOf(set).namespace, name })) continue;
      // While an update rolls, the ordinals it has not reached come back as they were.
      const old = currentRevision !== updateRevision && ordinal < (set.status?.currentReplicas ?? 0);
      const revision = old ? currentRevision : updateRevision;
      for (const claim of claimsOf(set, ordinal)) if (!this.store.find(refOf(claim))) this.claim(claim);
      this.writes++;
      this.make(set, podOf(set, ordinal, revision, this.templates.get(revision) ?? set.spec.template));
    }
  }

  /** What is refused is recorded in an event, and tried again. */
  private make(set: StatefulSet, pod: Pod): void {
    try {
      this.store.create(pod);
    } catch (error) {
      if (!isKubeError(error, 'Forbidden')) throw error;
      const { name } = set.metadata;
      const message = `create Pod ${pod.metadata.name} in StatefulSet ${name} failed error: ${error.message}`;
      recordEvent(this.store, set, { type: 'Warning', reason: 'FailedCreate', message });
      this.clock.schedule(retryMs, () => this.work.request());
    }
  }

  private roll(pods: Pod[], updateRevision: string): void {
    for (const pod of pods.toReversed()) {
      const terminating = pod.metadata.deletionTimestamp !== undefined;
      if (!terminating && pod.metadata.labels?.[revisionLabel] !== updateRevision) {
        this.remove(pod);
        return;
      }
      if (terminating || conditionOf(pod, 'Ready') !== 'True') return;
    }
  }

  private claim(claim: ReturnType<typeof claimsOf>[number]): void {
    this.store.create(claim);
    this.store.update(refOf(claim), (draft) => ({ ...draft, status: { phase: 'Bound' } }), { subresource: 'status' });
  }

  /** By ordinal. */
  private podsOf(set: StatefulSet): Pod[] {
    return this.store
      .list<Pod>({ ...kinds.pod, namespace: refOf(set).namespace })
      .filter((pod) =>
        pod.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === set.metadata.uid),
      )
      .filter((pod) => matchesLabels(pod.metadata.labels, set.spec.selector.matchLabels))
      .sort((a, b) => ordinalOf(a) - ordinalOf(b));
  }
}
