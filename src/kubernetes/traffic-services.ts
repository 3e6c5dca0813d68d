import { TRAFFIC_LABEL } from '../resource';
import type { TrafficLeft } from '../upgrade';
import { servesAs } from './cluster-view';
import type { Endpoints, Pod, Service } from './core-objects';
import type { FollowedApi } from './followed-api';
import { isKubeError, type ObjectRef } from './kube-api';
import type { StillHeld } from './lease';

/** Where the traffic Services are, and the label by which they tell one set of nodes from another. */
interface Place {
  namespace: string;
  cluster: string;
  revisionLabel: string;
}

/** Changes which pods of a cluster the Services route devices to. */
export class TrafficServices {
  constructor(
    private readonly api: FollowedApi,
    private readonly place: Place,
  ) {}

  async select(service: string, revision: string | undefined, signal?: AbortSignal): Promise<void> {
    const body = { spec: { selector: { [this.place.revisionLabel]: revision ?? null } } };
    await this.api.patch(this.ref('Service', service), { type: 'merge', body }, {}, signal);
  }

  async routeToUnready(service: string, wanted: boolean, signal?: AbortSignal): Promise<void> {
    const body = { spec: { publishNotReadyAddresses: wanted || null } };
    await this.api.patch(this.ref('Service', service), { type: 'merge', body }, {}, signal);
  }

  /** @param pods of the cluster */
  async lead(
    service: string,
    pods: readonly Pod[],
    revision: string,
    stillHeld: StillHeld,
    signal?: AbortSignal,
  ): Promise<void> {
    const ref = this.ref('Endpoints', service);
    const { metadata, subsets } = await this.api.get<Endpoints>(ref, signal);
    const addresses = pods
      .filter((pod) => servesAs(pod, revision, this.place.revisionLabel))
      .map(({ metadata: { name, namespace, uid }, spec, status }) => ({
        ip: status?.podIP ?? '',
        ...(spec?.nodeName !== undefined && { nodeName: spec.nodeName }),
        targetRef: { kind: 'Pod', namespace, name, uid },
      }));
    // A list is replaced whole, so it must not meet a newer one. The ports stay those the operator found.
    const { resourceVersion } = metadata;
    const body = { metadata: { resourceVersion }, subsets: [{ addresses, ports: subsets?.[0]?.ports ?? [] }] };
    stillHeld();
    await this.api.patch(ref, { type: 'merge', body }, {}, signal);
  }

  async free({ revisions, covered }: TrafficLeft, signal?: AbortSignal): Promise<void> {
    const { namespace, cluster, revisionLabel } = this.place;
    const marked = { apiVersion: 'v1', kind: 'Service', namespace, labels: { [TRAFFIC_LABEL]: cluster } };
    for (const { metadata, spec } of await this.api.list<Service>(marked, { fresh: true }, signal)) {
      const { name, resourceVersion } = metadata;
      if (!revisions.includes(spec.selector?.[revisionLabel] ?? '')) continue;
      const body = {
        metadata: { resourceVersion },
        spec: {
          selector: { [revisionLabel]: null },
          ...(covered.includes(name) && { publishNotReadyAddresses: null }),
        },
      };
      try {
        await this.api.patch(this.ref('Service', name), { type: 'merge', body }, {}, signal);
      } catch (error) {
        // Whoever has changed or removed it since has decided.
        if (!isKubeError(error, 'Conflict') && !isKubeError(error, 'NotFound')) throw error;
      }
    }
  }

  private ref(kind: 'Service' | 'Endpoints', name: string): ObjectRef {
    return { apiVersion: 'v1', kind, namespace: this.place.namespace, name };
  }
}
