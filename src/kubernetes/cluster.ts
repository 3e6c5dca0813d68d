import {
  API_VERSION,
  type EmqxEnterprise,
  INITIAL_DELAY_ANNOTATION,
  INSTANCE_LABEL,
  KIND,
  ON_SERVING_GATE,
  REVISION_LABEL,
  TRAFFIC_LABEL,
} from '../resource';
import {
  type Clock,
  type ClusterPort,
  type ClusterView,
  type Journal,
  PortError,
  type ResourcePatch,
  type TrafficView,
} from '../upgrade';
import type { ConfigMap, EndpointSlice, Pod, Secret, Service, StatefulSet } from './core-objects';
import { readyPods, SERVICE_NAME_LABEL } from './endpoint-slices';
import { isKubeError, type KubeApi, KubeApiError, type KubeObject, type ObjectRef } from './kube-api';
import { UpgradeLease } from './lease';

export interface ClusterOptions {
  api: KubeApi;
  clock: Clock;
  namespace: string;
  /** Name of the custom resource. */
  name: string;
}

const JOURNAL_KEY = 'journal.json';

/** One EMQX cluster in Kubernetes: what the engine reads and writes there, and nothing else. */
export class Cluster implements ClusterPort {
  private readonly lease: UpgradeLease;
  /** Of the custom resource, for the objects that shall go with it. */
  private owner: { uid: string } | undefined;

  constructor(private readonly options: ClusterOptions) {
    this.lease = new UpgradeLease(options.api, options.clock, options.namespace, `${options.name}-upgrade`);
  }

  observe(signal?: AbortSignal): Promise<ClusterView> {
    return ported(async () => {
      const { api, namespace, name } = this.options;
      const labels = { [INSTANCE_LABEL]: name };
      const [resource, sets, pods, traffic, lease, journal] = await Promise.all([
        api.get<EmqxEnterprise & KubeObject>(this.resourceRef(), signal),
        api.list<StatefulSet>({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, labels }, signal),
        api.list<Pod>({ apiVersion: 'v1', kind: 'Pod', namespace, labels }, signal),
        this.traffic(signal),
        this.lease.view(signal),
        this.journal(signal),
      ]);
      this.owner = { uid: resource.metadata.uid ?? '' };
      return {
        resource,
        resourceVersion: resource.metadata.resourceVersion ?? '',
        sets: sets.items.map(setView),
        pods: pods.items.flatMap(podView),
        traffic: traffic.views,
        keptInitialDelaySeconds: traffic.keptInitialDelaySeconds,
        lease,
        journal,
      };
    });
  }

  patchResource(patch: ResourcePatch, signal?: AbortSignal): Promise<void> {
    return ported(async () => {
      const body = { metadata: { resourceVersion: patch.ifVersion }, spec: patch.spec };
      await this.options.api.patch(this.resourceRef(), { type: 'merge', body }, {}, signal);
    });
  }

  selectTraffic(service: string, revision: string | undefined, signal?: AbortSignal): Promise<void> {
    return ported(async () => {
      const body = { spec: { selector: { [REVISION_LABEL]: revision ?? null } } };
      await this.options.api.patch(this.ref('v1', 'Service', service), { type: 'merge', body }, {}, signal);
    });
  }

  scaleSet(set: string, replicas: number, signal?: AbortSignal): Promise<void> {
    return ported(() => this.options.api.scale(this.ref('apps/v1', 'StatefulSet', set), replicas, signal));
  }

  markServing(pod: string, signal?: AbortSignal): Promise<void> {
    return ported(async () => {
      const ref = this.ref('v1', 'Pod', pod);
      const { metadata, status } = await this.options.api.get<Pod>(ref, signal);
      const others = (status?.conditions ?? []).filter((condition) => condition.type !== ON_SERVING_GATE);
      const gate = {
        type: ON_SERVING_GATE,
        status: 'True',
        lastTransitionTime: new Date(this.options.clock.now()).toISOString(),
      };
      // A merge patch replaces the list whole, so it must not meet a newer one.
      const body = {
        metadata: { resourceVersion: metadata.resourceVersion },
        status: { conditions: [...others, gate] },
      };
      await this.options.api.patch(ref, { type: 'merge', body }, { subresource: 'status' }, signal);
    });
  }

  holdLease(holder: string, signal?: AbortSignal): Promise<void> {
    return ported(() => this.lease.hold(holder, signal));
  }

  releaseLease(holder: string, signal?: AbortSignal): Promise<void> {
    return ported(() => this.lease.release(holder, signal));
  }

  writeJournal(journal: Journal, signal?: AbortSignal): Promise<void> {
    return ported(async () => {
      const ref = this.ref('v1', 'ConfigMap', `${this.options.name}-upgrade`);
      const data = { [JOURNAL_KEY]: JSON.stringify(journal) };
      try {
        await this.options.api.patch(ref, { type: 'merge', body: { data } }, {}, signal);
      } catch (error) {
        if (!isKubeError(error, 'NotFound')) throw error;
        await this.options.api.create({ ...this.companion(ref), data }, signal);
      }
    });
  }

  /** The credentials the operator made for itself; they open the management API of every node. */
  credentials(signal?: AbortSignal): Promise<{ id: string; secret: string }> {
    return ported(async () => {
      const name = `${this.options.name}-bootstrap-user`;
      const { data } = await this.options.api.get<Secret>(this.ref('v1', 'Secret', name), signal);
      const lines = Buffer.from(data?.['bootstrap_user'] ?? '', 'base64')
        .toString()
        .trim()
        .split('\n');
      const line = lines.findLast((candidate) => candidate.startsWith('emqx_operator_controller:'));
      const colon = line?.indexOf(':') ?? -1;
      if (!line || colon < 0) throw new PortError('refused', `the Secret ${name} has no line of the operator's user`);
      return { id: line.slice(0, colon), secret: line.slice(colon + 1) };
    });
  }

  private async journal(signal?: AbortSignal): Promise<Journal | undefined> {
    const ref = this.ref('v1', 'ConfigMap', `${this.options.name}-upgrade`);
    const map = await absent(this.options.api.get<ConfigMap>(ref, signal));
    const text = map?.data?.[JOURNAL_KEY];
    if (text === undefined) return undefined;
    let journal: Journal | undefined;
    try {
      journal = JSON.parse(text) as Journal;
    } catch {
      // Told below: not JSON is as unknown as a newer form.
    }
    if (journal?.schema === 1) return journal;
    throw new PortError('refused', `the journal in ConfigMap ${ref.name} is of a form this version does not know`);
  }

  private async traffic(signal?: AbortSignal) {
    const { api, namespace, name } = this.options;
    const labels = { [TRAFFIC_LABEL]: name };
    const { items } = await api.list<Service>({ apiVersion: 'v1', kind: 'Service', namespace, labels }, signal);
    const views = await Promise.all(
      items.map(async (service): Promise<TrafficView> => {
        const slices = await api.list<EndpointSlice>(
          {
            apiVersion: 'discovery.k8s.io/v1',
            kind: 'EndpointSlice',
            namespace,
            labels: { [SERVICE_NAME_LABEL]: service.metadata.name },
          },
          signal,
        );
        return {
          service: service.metadata.name,
          revision: service.spec.selector?.[REVISION_LABEL],
          pods: [...new Set(readyPods(slices.items))],
        };
      }),
    );
    const kept = items.map((service) => service.metadata.annotations?.[INITIAL_DELAY_ANNOTATION]).find(Boolean);
    return { views, keptInitialDelaySeconds: kept === undefined ? undefined : Number(kept) };
  }

  private companion(ref: ObjectRef): KubeObject {
    const { name, namespace } = this.options;
    const owners = this.owner ? [{ apiVersion: API_VERSION, kind: KIND, name, uid: this.owner.uid }] : [];
    return {
      apiVersion: ref.apiVersion,
      kind: ref.kind,
      metadata: { name: ref.name, namespace, labels: { [TRAFFIC_LABEL]: name }, ownerReferences: owners },
    };
  }

  private resourceRef(): ObjectRef {
    return this.ref(API_VERSION, KIND, this.options.name);
  }

  private ref(apiVersion: string, kind: string, name: string): ObjectRef {
    return { apiVersion, kind, namespace: this.options.namespace, name };
  }
}

function setView(set: StatefulSet) {
  const revision = set.status?.observedGeneration ? set.status.updateRevision : undefined;
  return {
    name: set.metadata.name,
    replicas: set.spec.replicas ?? 1,
    readyReplicas: set.status?.readyReplicas ?? 0,
    ...(revision ? { revision } : {}),
    createdAt: Date.parse(set.metadata.creationTimestamp ?? '') || 0,
  };
}

function podView(pod: Pod) {
  const set = pod.metadata.ownerReferences?.find((owner) => owner.kind === 'StatefulSet')?.name;
  if (!set) return [];
  const is = (type: string) => pod.status?.conditions?.some((c) => c.type === type && c.status === 'True') ?? false;
  return [
    {
      name: pod.metadata.name,
      set,
      containersReady: is('ContainersReady'),
      onServing: is(ON_SERVING_GATE),
      ready: is('Ready'),
      terminating: pod.metadata.deletionTimestamp !== undefined,
    },
  ];
}

async function absent<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isKubeError(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** Errors of the API server in the engine's words. */
async function ported<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KubeApiError) throw new PortError(portCode(error), error.message, { cause: error });
    throw error;
  }
}

function portCode({ code }: KubeApiError): PortError['code'] {
  switch (code) {
    case 'NotFound':
      return 'missing';
    case 'Conflict':
    case 'AlreadyExists':
    case 'Expired':
      return 'conflict';
    case 'Invalid':
    case 'Forbidden':
    case 'Unauthorized':
      return 'refused';
    case 'TooManyRequests':
    case 'InternalError':
    case 'Unreachable':
      return 'unavailable';
  }
}
