import { matchesLabels } from '../../kubernetes/core-objects';
import type { SimulatedClock } from '../clock';
import { conditionOf, type Pod, type PodTemplate, type StatefulSet, type StatefulSetStatus } from './core-types';
import { kinds } from './kinds';
import { type ObjectStore, refOf } from './object-store';
import { templateHash } from './revision-hash';
import { SetWork } from './set-work';
import { claimsOf, ordinalOf, podOf, revisionLabel } from './stateful-set-pods';

interface History {
  /** Templates by revision name, for the pods that a rolling update has not reached. */
  readonly templates: Map<string, PodTemplate>;
  /** Revision names by generation: a template is hashed once. */
  readonly revisions: Map<number, string>;
}

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
  /** What is known of each set, by its uid, until it is deleted. */
  private readonly histories = new Map<string, History>();
  private readonly work: SetWork<StatefulSet>;

  constructor(
    clock: SimulatedClock,
    private readonly store: ObjectStore,
  ) {
    this.work = new SetWork(clock, store, kinds.statefulSet, {
      pods: (set) => this.reconcile(set),
      status: (set) => this.statusOf(set),
    });
    store.subscribe(({ type, object }) => {
      if (type === 'DELETED' && object.kind === kinds.statefulSet.kind) this.histories.delete(object.metadata.uid!);
    });
  }

  private reconcile(set: StatefulSet): void {
    const updateRevision = this.revisionOf(set);
    this.historyOf(set).templates.set(updateRevision, set.spec.template);
    this.scale(set, set.status?.currentRevision ?? updateRevision, updateRevision);
    this.roll(set, updateRevision);
  }

  private revisionOf(set: StatefulSet): string {
    const { metadata, spec } = set;
    const { revisions } = this.historyOf(set);
    const generation = metadata.generation!;
    const revision = revisions.get(generation) ?? `${metadata.name}-${templateHash(spec.template)}`;
    revisions.set(generation, revision);
    return revision;
  }

  private historyOf({ metadata }: StatefulSet): History {
    const uid = metadata.uid!;
    const history = this.histories.get(uid) ?? { templates: new Map(), revisions: new Map() };
    this.histories.set(uid, history);
    return history;
  }

  private statusOf(set: StatefulSet): StatefulSetStatus {
    const updateRevision = this.revisionOf(set);
    const pods = this.podsOf(set);
    const living = pods.filter((pod) => !pod.metadata.deletionTimestamp);
    const ofRevision = (revision: string) => living.filter((pod) => pod.metadata.labels?.[revisionLabel] === revision);
    const updated = ofRevision(updateRevision);
    const ready = pods.filter((pod) => conditionOf(pod, 'Ready') === 'True').length;
    const rolled = updated.length === set.spec.replicas && updated.every((pod) => conditionOf(pod, 'Ready') === 'True');
    const currentRevision = rolled ? updateRevision : (set.status?.currentRevision ?? updateRevision);
    return {
      observedGeneration: set.metadata.generation as number,
      replicas: pods.length,
      readyReplicas: ready,
      availableReplicas: ready,
      currentReplicas: ofRevision(currentRevision).length,
      updatedReplicas: updated.length,
      currentRevision,
      updateRevision,
    };
  }

  private scale(set: StatefulSet, currentRevision: string, updateRevision: string): void {
    const replicas = set.spec.replicas ?? 1;
    const pods = this.podsOf(set);
    for (const pod of pods.toReversed()) {
      if (ordinalOf(pod) >= replicas && !pod.metadata.deletionTimestamp) this.work.remove(set, pod);
    }
    for (let ordinal = 0; ordinal < replicas; ordinal++) {
      const name = `${set.metadata.name}-${ordinal}`;
      if (this.store.find({ namespace: refOf(set).namespace, name, ...kinds.pod })) continue;
      // While an update rolls, the ordinals it has not reached come back as they were.
      const old = currentRevision !== updateRevision && ordinal < (set.status?.currentReplicas ?? 0);
      const revision = old ? currentRevision : updateRevision;
      for (const claim of claimsOf(set, ordinal)) if (!this.store.find(refOf(claim))) this.claim(claim);
      this.work.create(
        set,
        podOf(set, ordinal, revision, this.historyOf(set).templates.get(revision) ?? set.spec.template),
      );
    }
  }

  private roll(set: StatefulSet, updateRevision: string): void {
    for (const pod of this.podsOf(set).toReversed()) {
      const terminating = pod.metadata.deletionTimestamp !== undefined;
      if (!terminating && pod.metadata.labels?.[revisionLabel] !== updateRevision) {
        this.work.remove(set, pod);
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
    return this.work
      .podsOf(set)
      .filter((pod) => matchesLabels(pod.metadata.labels, set.spec.selector.matchLabels))
      .sort((a, b) => ordinalOf(a) - ordinalOf(b));
  }
}
