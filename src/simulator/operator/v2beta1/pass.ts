import type { KubeApi, KubeObject, ObjectRef } from '../../../kubernetes/kube-api';
import { isKubeError } from '../../../kubernetes/kube-api';
import type { Emqx, EmqxStatus } from '../../../resource';
import type { Clock } from '../../../upgrade/ports';
import type { Pod } from '../../kubernetes/core-types';
import { copy } from '../../kubernetes/json';
import { mergeDifference } from '../../kubernetes/merge-patch';
import { timestamp } from '../../kubernetes/object-store';
import type { Random } from '../../random';
import type { CoreRequester } from './core-requester';
import type { EmqxDialect } from './dialect';
import type { NodesStatus } from './emqx';

/** How often a write is tried again that met a change of someone else. */
const retries = 5;

export interface EmqxPassOptions {
  api: KubeApi;
  clock: Clock;
  random: Random;
  /** Undefined while no core's containers are ready. */
  emqx: CoreRequester | undefined;
  dialect: EmqxDialect;
  signal: AbortSignal;
  record: (type: 'Normal' | 'Warning', reason: string, message: string) => void;
}

/**
 * One pass over one resource: the operator's view of it, which its steps change in memory and write back.
 *
 * What a step changed and did not write is lost when a later step reads the resource again.
 */
export class EmqxPass {
  /** The operator's view. Of this only `status` and annotations are ever changed. */
  instance: Emqx;
  private stored: Emqx;
  /** The pods that the status was made of last: a status that has no UIDs names them by these. */
  pods: readonly Pod[] = [];

  constructor(
    read: Emqx,
    readonly options: EmqxPassOptions,
  ) {
    this.stored = read;
    this.instance = this.viewOf(read);
  }

  get namespace(): string {
    return this.instance.metadata.namespace ?? 'default';
  }

  get status(): EmqxStatus {
    this.instance.status ??= {};
    return this.instance.status;
  }

  get now(): number {
    return this.options.clock.now();
  }

  ref(kind: { apiVersion: string; kind: string }, name: string): ObjectRef {
    return { namespace: this.namespace, name, ...kind };
  }

  /** Metadata of an object that the resource owns. */
  owned(name: string, labels: Record<string, string>, annotations?: Record<string, string>): KubeObject['metadata'] {
    const { metadata, apiVersion, kind } = this.instance;
    const { uid = '' } = metadata;
    return copy({
      name,
      namespace: this.namespace,
      labels,
      ...(annotations && { annotations }),
      ownerReferences: [{ apiVersion, kind, name: metadata.name, uid, controller: true, blockOwnerDeletion: true }],
    });
  }

  /** Writes the status as a whole; the view becomes what the server answers. @throws KubeApiError `Conflict` */
  async writeStatus(): Promise<void> {
    const stored = this.options.dialect.storedOf(onTheWire(this.status), this.pods);
    const status = mergeDifference(this.stored.status ?? {}, copy(stored));
    this.accept(await this.patch({ status }, 'status'));
  }

  /** Reads the resource again, changes its status and writes it, some times more when someone else was quicker. */
  async changeStatus(change: () => void): Promise<void> {
    const { api, signal } = this.options;
    for (let left = retries; ; left--) {
      this.accept(await api.get<Emqx>(this.ref(this.instance, this.instance.metadata.name), signal));
      change();
      try {
        await this.writeStatus();
        return;
      } catch (error) {
        if (left === 1 || !isKubeError(error, 'Conflict')) throw error;
      }
    }
  }

  /** Sets an annotation of the resource; what was not written of the status is lost. @throws KubeApiError `Conflict` */
  async annotate(name: string, value: string): Promise<void> {
    this.accept(await this.patch({ metadata: { annotations: { [name]: value } } }));
  }

  private patch(body: { metadata?: object; status?: object }, subresource?: 'status'): Promise<Emqx> {
    const { metadata } = this.stored;
    const guarded = { ...body, metadata: { ...body.metadata, resourceVersion: metadata.resourceVersion } };
    const { api, signal } = this.options;
    const options = subresource ? { subresource } : {};
    return api.patch<Emqx>(this.ref(this.stored, metadata.name), { type: 'merge', body: guarded }, options, signal);
  }

  private accept(read: Emqx): void {
    this.stored = read;
    this.instance = this.viewOf(read);
  }

  private viewOf(read: Emqx): Emqx {
    const view = copy(read);
    if (view.status) view.status = this.options.dialect.viewOf(view.status, this.pods);
    return view;
  }
}

/** The status as Go writes it: empty lists and zero counts are left out, times have whole seconds. */
function onTheWire(status: EmqxStatus): EmqxStatus {
  const { conditions, coreNodes, replicantNodes, nodeEvacuationsStatus } = status;
  const filled = <T>(list: T[] | undefined) => (list?.length ? list : undefined);
  return copy({
    conditions: filled(
      conditions?.map((condition) => ({
        ...condition,
        lastTransitionTime: timestamp(Date.parse(condition.lastTransitionTime)),
      })),
    ),
    coreNodes: filled(coreNodes),
    coreNodesStatus: counted(status.coreNodesStatus),
    replicantNodes: filled(replicantNodes),
    replicantNodesStatus: counted(status.replicantNodesStatus),
    nodeEvacuationsStatus: filled(nodeEvacuationsStatus),
  }) as EmqxStatus;
}

function counted({ collisionCount, ...counts }: NodesStatus = {}): NodesStatus {
  const entries = Object.entries(counts).filter(([, value]) => value);
  return { ...Object.fromEntries(entries), ...(collisionCount !== undefined && { collisionCount }) };
}
