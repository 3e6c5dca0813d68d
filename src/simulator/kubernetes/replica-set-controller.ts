import type { SimulatedClock } from '../clock';
import type { Random } from '../random';
import { conditionOf, type Pod, type ReplicaSet, type ReplicaSetStatus } from './core-types';
import { copy } from './json';
import { kinds } from './kinds';
import { type ObjectStore, refOf } from './object-store';
import { safeCharacters } from './revision-hash';
import { SetWork } from './set-work';

const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';

/**
 * The ReplicaSet controller.
 *
 * - Pods are made and removed all at once. A name ends with five random characters, so no pod comes back under its name.
 * - Of those too many go first: pods that do not run, then those not Ready, then those of the lowest deletion cost (an
 *   annotation; 0 without it), then the youngest.
 * - No pod that is being deleted is counted, not even in `replicas`: a set is at 0 before its pods are gone.
 *
 * @see ActivePodsWithRanks of Kubernetes' kubernetes/pkg/controller, for the order; all pods here are on one node
 */
export class ReplicaSetController {
  private readonly work: SetWork<ReplicaSet>;

  constructor(
    clock: SimulatedClock,
    store: ObjectStore,
    private readonly random: Random,
  ) {
    this.work = new SetWork(clock, store, kinds.replicaSet, {
      pods: (set) => this.scale(set),
      status: (set) => this.statusOf(set),
    });
  }

  private scale(set: ReplicaSet): void {
    const pods = this.activePodsOf(set);
    const missing = (set.spec.replicas ?? 1) - pods.length;
    for (const pod of pods.sort(byReadinessToGo).slice(0, Math.max(0, -missing))) this.work.remove(set, pod);
    for (let count = 0; count < missing; count++) this.work.create(set, this.podOf(set));
  }

  private statusOf(set: ReplicaSet): ReplicaSetStatus {
    const pods = this.activePodsOf(set);
    const ready = pods.filter((pod) => conditionOf(pod, 'Ready') === 'True').length;
    return {
      observedGeneration: set.metadata.generation as number,
      replicas: pods.length,
      fullyLabeledReplicas: pods.length,
      readyReplicas: ready,
      availableReplicas: ready,
    };
  }

  private activePodsOf(set: ReplicaSet): Pod[] {
    const ended = ['Succeeded', 'Failed'];
    return this.work
      .podsOf(set)
      .filter(({ metadata, status }) => !metadata.deletionTimestamp && !ended.includes(status?.phase ?? ''));
  }

  private podOf(set: ReplicaSet): Pod {
    const { metadata, spec } = copy(set.spec.template);
    const suffix = Array.from({ length: 5 }, () => safeCharacters[this.random.below(safeCharacters.length)]).join('');
    const { name, uid = '' } = set.metadata;
    return {
      ...kinds.pod,
      metadata: {
        ...metadata,
        name: `${name}-${suffix}`,
        namespace: refOf(set).namespace,
        ownerReferences: [{ ...kinds.replicaSet, name, uid, controller: true, blockOwnerDeletion: true }],
      },
      spec,
    };
  }
}

function byReadinessToGo(a: Pod, b: Pod): number {
  const rank = (pod: Pod) => [
    Number(pod.status?.phase === 'Running'),
    Number(conditionOf(pod, 'Ready') === 'True'),
    Number(pod.metadata.annotations?.[deletionCost] ?? 0),
    -Date.parse(pod.metadata.creationTimestamp ?? ''),
  ];
  const [left, right] = [rank(a), rank(b)];
  for (const [index, value] of left.entries()) {
    const difference = value - (right[index] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
