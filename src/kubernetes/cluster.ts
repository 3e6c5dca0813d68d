import {
  type EmqxResource,
  type Generation,
  generationOf,
  INSTANCE_LABEL,
  type SetKind,
  TRAFFIC_LABEL,
} from '../resource';
import {
  type Clock,
  ClusterMissing,
  type ClusterPort,
  type ClusterView,
  isOpen,
  type Journal,
  type JournalVersion,
  type LeaseView,
  type OperatorView,
  PortError,
  type Refusal,
  type Rehearsal,
  type ResourcePatch,
  type Rest,
  type Surroundings,
  type TrafficLeft,
  type TrafficView,
} from '../upgrade';
import { keptDelayOf, operatorTraffic, ownTraffic, podView, setView } from './cluster-view';
import { Companions } from './companions';
import type { EndpointSlice, NodeSet, Pod, Secret, Service } from './core-objects';
import { CreationTroubles } from './creation-troubles';
import { SERVICE_NAME_LABEL } from './endpoint-slices';
import { FollowedApi, type ListOptions } from './followed-api';
import {
  isKubeError,
  type KubeApi,
  type KubeObject,
  type ListQuery,
  type ObjectRef,
  type OwnerReference,
} from './kube-api';
import { UpgradeLease } from './lease';
import { operatorsIn } from './operators';
import { operatorsUserIn, ownUserIn } from './operators-user';
import { ownServicesAmong } from './own-services';
import { isControlledBy, ownedBy } from './ownership';
import { ported } from './port-errors';
import { refusalsOf } from './rehearsal';
import { removeSet } from './remove-set';
import { setServingGate } from './serving-gate';
import { isRecord } from './shape';
import { surroundingsOf } from './surroundings';
import { TrafficServices } from './traffic-services';
import { missingRights } from './upgrade-access';

export interface ClusterOptions {
  api: KubeApi;
  clock: Clock;
  namespace: string;
  /** Kind and name of the custom resource. @default 'EmqxEnterprise' */
  kind?: EmqxResource['kind'];
  /** Version in which the resource is read and written. @default - that of operator 2.2 */
  apiVersion?: string;
  name: string;
  /**
   * Whether a holder of the lease is known to be dead, so that its lease need not be waited for.
   *
   * @default - no holder is known to be dead
   */
  isGone?: (holder: string) => boolean;
}

/** One EMQX cluster in Kubernetes: everything the engine reads and writes there. */
export class Cluster implements ClusterPort {
  private readonly api: FollowedApi;
  private readonly lease: UpgradeLease;
  private readonly generation: Generation<EmqxResource>;
  private readonly companions: Companions;
  private readonly creationTroubles: CreationTroubles;
  private readonly traffic: TrafficServices;
  /** Owner of the objects that are to be removed with the custom resource; none before it was read. */
  private owners: OwnerReference[] = [];
  /** While changes are followed: the custom resource that is meant. One that is created again under its name is another one. */
  private meant: { uid: string | undefined } | undefined;
  /** Of the sets that were seen, by name. */
  private readonly kinds = new Map<string, SetKind>();

  constructor(private readonly options: ClusterOptions) {
    this.api = new FollowedApi(options.api, options.clock);
    const { clock, kind = 'EmqxEnterprise', apiVersion, name, namespace, isGone } = options;
    this.generation = generationOf({ kind, ...(apiVersion !== undefined && { apiVersion }) });
    const { revisionLabel } = this.generation;
    this.traffic = new TrafficServices(this.api, { namespace, cluster: name, revisionLabel });
    const owners = () => this.owners;
    const companion = this.generation.companionOf(name);
    this.companions = new Companions(this.api, namespace, companion, { [TRAFFIC_LABEL]: name }, owners);
    this.creationTroubles = new CreationTroubles(options.api, clock);
    this.lease = new UpgradeLease(this.api, clock, namespace, companion, owners, isGone);
  }

  follow(signal: AbortSignal): void {
    const meant = { uid: this.owners[0]?.uid };
    this.meant = meant;
    const end = () => {
      if (this.meant === meant) this.meant = undefined;
    };
    signal.addEventListener('abort', end, { once: true });
    this.api.follow(signal);
  }

  change(signal: AbortSignal): Promise<void> {
    return this.api.change(signal);
  }

  operators(signal?: AbortSignal): Promise<OperatorView[] | undefined> {
    return ported(() => operatorsIn(this.options.api, signal));
  }

  missingRights(signal?: AbortSignal): Promise<string[]> {
    return ported(async () => {
      const { api, namespace, name } = this.options;
      // A missing right to read is among the answers.
      const resource = await this.resource({}, signal).catch(() => undefined);
      const ownOf = async (of: KubeObject) => this.ownServices(of, await this.sets({}, signal), {}, signal);
      const own = resource ? await ownOf(resource).catch(() => []) : [];
      const services = {
        own: own.map(({ metadata }) => metadata.name),
        operators: resource ? this.generation.operatorServiceOf(resource) : name,
      };
      return missingRights(api, this.generation, namespace, name, services, signal);
    });
  }

  surroundings(pods: readonly string[], signal?: AbortSignal): Promise<Surroundings> {
    return ported(() => surroundingsOf(this.options, pods, signal));
  }

  rehearse(writes: Rehearsal, signal?: AbortSignal): Promise<Refusal[]> {
    return ported(() => refusalsOf(this.options, this.generation, (set) => this.kindOf(set), writes, signal));
  }

  observe(signal?: AbortSignal): Promise<ClusterView> {
    return ported(() => this.look({}, signal));
  }

  observeFresh(signal?: AbortSignal): Promise<ClusterView> {
    return ported(() => this.look({ fresh: true }, signal));
  }

  patchResource(patch: ResourcePatch, signal?: AbortSignal): Promise<void> {
    return ported(async () => {
      const body = { metadata: { resourceVersion: patch.ifVersion }, spec: patch.spec };
      this.lease.stillHeld();
      await this.api.patch(this.resourceRef(), { type: 'merge', body }, {}, signal);
    });
  }

  selectTraffic(service: string, revision: string | undefined, signal?: AbortSignal): Promise<void> {
    return ported(() => this.traffic.select(service, revision, signal));
  }

  routeToUnready(service: string, wanted: boolean, signal?: AbortSignal): Promise<void> {
    return ported(() => this.traffic.routeToUnready(service, wanted, signal));
  }

  leadTraffic(service: string, revision: string, signal?: AbortSignal): Promise<void> {
    return ported(async () => {
      const pods = await this.pods({ fresh: true }, signal);
      await this.traffic.lead(service, pods, revision, this.lease.stillHeld, signal);
    });
  }

  freeTraffic(left: TrafficLeft, signal?: AbortSignal): Promise<void> {
    return ported(() => this.traffic.free(left, signal));
  }

  scaleSet(set: string, replicas: number, signal?: AbortSignal): Promise<void> {
    return ported(() => this.api.scale(this.ref('apps/v1', this.kindOf(set), set), replicas, signal));
  }

  removeSet(set: string, signal?: AbortSignal): Promise<void> {
    const ref = this.ref('apps/v1', this.kindOf(set), set);
    const { api, name } = this.options;
    return ported(() => removeSet(api, ref, name, this.generation.revisionLabel, this.lease.stillHeld, signal));
  }

  markServing(pod: string, serving: boolean, signal?: AbortSignal): Promise<void> {
    const { clock } = this.options;
    const ref = this.ref('v1', 'Pod', pod);
    return ported(() => setServingGate(this.api, ref, serving, clock.now(), this.lease.stillHeld, signal));
  }

  holdLease(holder: string, signal?: AbortSignal): Promise<void> {
    return ported(() => this.lease.hold(holder, signal));
  }

  readLease(signal?: AbortSignal): Promise<LeaseView | undefined> {
    return ported(() => this.lease.view({ fresh: true }, signal));
  }

  releaseLease(holder: string, signal?: AbortSignal): Promise<void> {
    return ported(() => this.lease.release(holder, signal));
  }

  writeJournal(journal: Journal, over?: JournalVersion, signal?: AbortSignal): Promise<string> {
    return ported(() => this.companions.writeJournal(journal, over, signal));
  }

  writeRequest(request: string, signal?: AbortSignal): Promise<void> {
    return ported(() => this.companions.writeRequest(request, signal));
  }

  /**
   * Marks the cluster as managed by `owner`, whoever it was before. To be called after the cluster was observed.
   *
   * @param creating who is creating it, and has not recorded it yet; undefined for nobody
   */
  writeOwner(owner: string, creating: string | undefined, signal?: AbortSignal): Promise<void> {
    return ported(() => this.companions.writeOwner(owner, creating, signal));
  }

  keepSpec(run: string, spec: object, signal?: AbortSignal): Promise<void> {
    return ported(() => this.companions.keepSpec(run, spec, signal));
  }

  keptSpec(run: string, signal?: AbortSignal): Promise<Record<string, unknown> | undefined> {
    return ported(() => this.companions.keptSpec(run, signal));
  }

  keepRest(rest: Rest, signal?: AbortSignal): Promise<void> {
    return ported(() => this.companions.keepRest(rest, signal));
  }

  keptRest(signal?: AbortSignal): Promise<Rest | undefined> {
    return ported(() => this.companions.keptRest(signal));
  }

  /** The credentials the operator created for itself; they are valid for the management API of every node. */
  credentials(signal?: AbortSignal): Promise<{ id: string; secret: string }> {
    return ported(async () => {
      const { credentials } = this.generation;
      const name = `${this.options.name}${credentials.suffix}`;
      return operatorsUserIn(await this.api.get<Secret>(this.ref('v1', 'Secret', name), signal), credentials);
    });
  }

  /** Credentials of the user's own, for nodes that refuse those of the operator; undefined where there are none, or none may be read. */
  ownCredentials(signal?: AbortSignal): Promise<{ id: string; secret: string } | undefined> {
    return ported(async () => {
      const { ownSuffix } = this.generation.credentials;
      if (ownSuffix === undefined) return undefined;
      try {
        const ref = this.ref('v1', 'Secret', `${this.options.name}${ownSuffix}`);
        return ownUserIn(await this.api.get<Secret>(ref, signal));
      } catch (error) {
        if (isKubeError(error, 'NotFound') || isKubeError(error, 'Forbidden')) return undefined;
        throw error;
      }
    });
  }

  private async look(how: ListOptions, signal?: AbortSignal): Promise<ClusterView> {
    this.api.look();
    // First, because its uid decides what belongs to the cluster.
    const resource = await this.resource(how, signal);
    const { name, uid = '' } = resource.metadata;
    const { apiVersion, kind, revisionLabel: label } = this.generation;
    if (this.meant) this.meant.uid ??= uid;
    if (this.meant && this.meant.uid !== uid)
      throw new ClusterMissing(`the ${kind} ${name} was deleted, and is another one now`);
    this.owners = [{ apiVersion, kind, name, uid }];
    const [labelledSets, labelledPods, lease, written] = await Promise.all([
      this.sets(how, signal),
      this.pods(how, signal),
      this.lease.view(how, signal),
      this.companions.read(how, signal),
    ]);
    const { sets, pods, foreign } = ownedBy(resource, labelledSets, labelledPods);
    const ofRun = isOpen(written.journal) ? written.journal.services : undefined;
    const own = await this.ownServices(resource, labelledSets, how, signal, ofRun);
    const traffic =
      own.length > 0 ? this.ownTraffic(own, how, signal) : this.operatorTraffic(resource, pods, how, signal);
    return {
      time: this.api.time(),
      resource,
      resourceVersion: resource.metadata.resourceVersion ?? '',
      uid: resource.metadata.uid,
      sets: await Promise.all(
        sets.map(async (set) => {
          const there = pods.filter((pod) => isControlledBy(pod, set)).length;
          const { role = 'core' } = this.kinds.get(set.metadata.name) ?? {};
          const view = setView(set, role, label, await this.creationTroubles.of(set, there, signal));
          return this.generation.idle?.isMadeOfThem(set.spec.template) ? { ...view, isIdle: true } : view;
        }),
      ),
      pods: pods.map((pod) => podView(pod, label)),
      foreign,
      traffic: await traffic,
      keptInitialDelaySeconds: keptDelayOf(own, this.generation.serviceTemplateOf(resource)),
      lease,
      ...written,
    };
  }

  private async resource(how: ListOptions, signal?: AbortSignal): Promise<EmqxResource & KubeObject> {
    const { namespace, name } = this.options;
    const { apiVersion, kind } = this.generation;
    const query = { apiVersion, kind, namespace, name };
    const [resource] = await this.api.list<EmqxResource & KubeObject>(query, how, signal);
    if (!resource) throw new ClusterMissing(`there is no ${kind} ${name} in the namespace ${namespace}`);
    if (!isRecord(resource.spec)) throw new PortError('refused', `the ${kind} ${name} has no spec`);
    return resource;
  }

  /** Objects with the label of this cluster, whatever their owner. */
  private all<T extends KubeObject>(
    apiVersion: string,
    kind: string,
    how: ListOptions,
    signal?: AbortSignal,
  ): Promise<T[]> {
    const { namespace, name } = this.options;
    return this.api.list<T>({ apiVersion, kind, namespace, labels: { [INSTANCE_LABEL]: name } }, how, signal);
  }

  /** The sets of every kind that the operator makes. */
  private async sets(how: ListOptions, signal?: AbortSignal): Promise<NodeSet[]> {
    const lists = await Promise.all(
      this.generation.setKinds.map(async (each) => {
        const sets = await this.all<NodeSet>('apps/v1', each.kind, how, signal);
        for (const { metadata } of sets) this.kinds.set(metadata.name, each);
        return sets;
      }),
    );
    return lists.flat();
  }

  private kindOf(set: string): SetKind['kind'] {
    return this.kinds.get(set)?.kind ?? 'StatefulSet';
  }

  private pods(how: ListOptions, signal?: AbortSignal): Promise<Pod[]> {
    return this.all<Pod>('v1', 'Pod', how, signal);
  }

  private async ownServices(
    resource: KubeObject,
    sets: readonly NodeSet[],
    how: ListOptions,
    signal?: AbortSignal,
    ofRun?: readonly string[],
  ) {
    const labels = { [TRAFFIC_LABEL]: this.options.name };
    const marked = await this.services({ namespace: this.options.namespace, labels }, how, signal);
    return ownServicesAmong(marked, resource, this.generation, sets, ofRun);
  }

  private services(which: Pick<ListQuery, 'namespace' | 'labels' | 'name'>, how: ListOptions, signal?: AbortSignal) {
    return this.api.list<Service>({ apiVersion: 'v1', kind: 'Service', ...which }, how, signal);
  }

  private ownTraffic(services: readonly Service[], how: ListOptions, signal?: AbortSignal): Promise<TrafficView[]> {
    return Promise.all(
      services.map(async (service) =>
        ownTraffic(service, await this.slices(service.metadata.name, how, signal), this.generation.revisionLabel),
      ),
    );
  }

  /** Without a traffic Service devices connect through the one the operator creates, as in its tutorial. */
  private async operatorTraffic(
    resource: EmqxResource & KubeObject,
    pods: readonly Pod[],
    how: ListOptions,
    signal?: AbortSignal,
  ): Promise<TrafficView[]> {
    const { namespace } = this.options;
    const name = this.generation.operatorServiceOf(resource);
    const [service] = await this.services({ namespace, name }, how, signal);
    if (!service || !isControlledBy(service, resource)) return [];
    return [operatorTraffic(service, await this.slices(name, how, signal), pods, this.generation.revisionLabel)];
  }

  private slices(service: string, how: ListOptions, signal?: AbortSignal): Promise<EndpointSlice[]> {
    const { namespace } = this.options;
    const labels = { [SERVICE_NAME_LABEL]: service };
    return this.api.list({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', namespace, labels }, how, signal);
  }

  private resourceRef(): ObjectRef {
    const { apiVersion, kind } = this.generation;
    return this.ref(apiVersion, kind, this.options.name);
  }

  private ref(apiVersion: string, kind: string, name: string): ObjectRef {
    return { apiVersion, kind, namespace: this.options.namespace, name };
  }
}
