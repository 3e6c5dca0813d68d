import type { KubeApi, KubeObject, ObjectRef } from '../../../kubernetes/kube-api';
import type { EmqxEnterprise, EmqxEnterpriseStatus } from '../../../resource';
import type { Clock } from '../../../upgrade/ports';
import { copy } from '../../kubernetes/json';
import { mergeDifference } from '../../kubernetes/merge-patch';
import { timestamp } from '../../kubernetes/object-store';
import type { Random } from '../../random';
import type { EmqxRequester } from './emqx-requester';

/**
 * - `stock`: as released, for which "no evacuation is known" means "may be scaled down".
 * - `as-designed`: without that clause, as the operator's own tutorial describes it.
 */
export type OperatorVariant = 'stock' | 'as-designed';

export interface PassOptions {
  api: KubeApi;
  clock: Clock;
  emqx: EmqxRequester;
  random: Random;
  variant: OperatorVariant;
  signal: AbortSignal;
  record: (type: 'Normal' | 'Warning', reason: string, message: string) => void;
}

/**
 * One pass over one custom resource: the operator's view of it, which its steps change in memory and write back.
 *
 * A step that fails before the status was written leaves the view as it was read. That is how a pass comes to act on a
 * status that is older than the world.
 */
export class Pass {
  /** The operator's view. Only `status` is ever changed. */
  instance: EmqxEnterprise;
  private stored: EmqxEnterprise;

  constructor(
    read: EmqxEnterprise,
    readonly options: PassOptions,
  ) {
    this.stored = read;
    this.instance = copy(read);
  }

  get namespace(): string {
    return this.instance.metadata.namespace ?? 'default';
  }

  get labels(): Record<string, string> {
    return this.instance.metadata.labels ?? {};
  }

  get status(): EmqxEnterpriseStatus {
    this.instance.status ??= {};
    return this.instance.status;
  }

  ref(kind: { apiVersion: string; kind: string }, name: string): ObjectRef {
    return { namespace: this.namespace, name, ...kind };
  }

  /** Metadata of an object that the custom resource owns. */
  owned(name: string): KubeObject['metadata'] {
    const { metadata, apiVersion, kind } = this.instance;
    const { uid = '', labels, annotations } = metadata;
    return copy({
      name,
      namespace: this.namespace,
      labels,
      annotations,
      ownerReferences: [{ apiVersion, kind, name: metadata.name, uid, controller: true, blockOwnerDeletion: true }],
    });
  }

  /**
   * Writes the status. The view becomes what the server answers, in which empty lists are absent.
   *
   * @throws KubeApiError `Conflict` when the resource was changed since it was read
   */
  async writeStatus(): Promise<void> {
    const status = mergeDifference(this.stored.status ?? {}, onTheWire(this.status));
    const body = { metadata: { resourceVersion: this.stored.metadata.resourceVersion }, status };
    const ref = this.ref(this.instance, this.instance.metadata.name);
    const patch = { type: 'merge', body } as const;
    const { api, signal } = this.options;
    this.stored = await api.patch<EmqxEnterprise>(ref, patch, { subresource: 'status' }, signal);
    this.instance = copy(this.stored);
  }
}

/** The status as Go writes it: empty lists and zero counts are left out, times have whole seconds. */
function onTheWire(status: EmqxEnterpriseStatus): EmqxEnterpriseStatus {
  const { conditions, emqxNodes, replicas, readyReplicas, currentStatefulSetVersion, blueGreenUpdateStatus } = status;
  const time = (value: string | undefined) => value && timestamp(Date.parse(value));
  return copy({
    conditions: conditions?.map((condition) => ({
      ...condition,
      lastUpdateTime: time(condition.lastUpdateTime),
      lastTransitionTime: time(condition.lastTransitionTime),
    })),
    emqxNodes: emqxNodes?.length ? emqxNodes : undefined,
    replicas: replicas || undefined,
    readyReplicas: readyReplicas || undefined,
    currentStatefulSetVersion: currentStatefulSetVersion || undefined,
    blueGreenUpdateStatus: blueGreenUpdateStatus && {
      ...blueGreenUpdateStatus,
      startedAt: time(blueGreenUpdateStatus.startedAt),
      evacuationsStatus: blueGreenUpdateStatus.evacuationsStatus?.length
        ? blueGreenUpdateStatus.evacuationsStatus
        : undefined,
    },
  });
}
