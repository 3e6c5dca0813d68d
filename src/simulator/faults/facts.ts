import type { KubeObject } from '../../kubernetes';
import { type EmqxResource, generationOf, isHeld, ROLE_LABEL } from '../../resource';
import type { Journal } from '../../upgrade';
import type { EmqxNode } from '../emqx/node';
import { conditionOf, type Pod } from '../kubernetes/core-types';
import type { World } from '../world';
import { CLUSTER, NAMESPACE, resourceOf, type StageSize, serviceOf } from './stage-objects';

type WithSpec = KubeObject & { spec: Record<string, unknown> };
export type SetObject = KubeObject & { spec: { replicas?: number; template?: unknown } };

/** The actual state of the simulated world, whatever was reported of it. */
export class Facts {
  /** Of pods whose node is named by their IP. */
  private readonly podsByIp = new Map<string, string>();
  private readonly identity: Pick<EmqxResource, 'apiVersion' | 'kind'>;
  /** Name of the objects that a run keeps beside the cluster. */
  private readonly companion: string;

  constructor(
    readonly world: World,
    readonly size: StageSize,
  ) {
    const resource = resourceOf(size, 'old');
    this.identity = resource;
    this.companion = generationOf(resource).companionOf(CLUSTER);
    const { store } = world.kubernetes;
    for (const pod of store.all<Pod>({ apiVersion: 'v1', kind: 'Pod' })) this.note(pod);
    store.subscribe(({ object }) => {
      if (object.kind === 'Pod') this.note(object as Pod);
    });
  }

  get now(): number {
    return this.world.clock.now();
  }

  get resource(): EmqxResource & KubeObject {
    const { apiVersion, kind } = this.identity;
    return this.find(apiVersion, kind, CLUSTER) as EmqxResource & KubeObject;
  }

  get isHeld(): boolean {
    return isHeld(this.resource);
  }

  get journal(): Journal | undefined {
    return journalIn(this.find('v1', 'ConfigMap', this.companion));
  }

  get service(): WithSpec {
    return this.find('v1', 'Service', serviceOf(this.size)) as WithSpec;
  }

  /** The process that holds the lease now, and has renewed it in time. */
  get leaseHolder(): string | undefined {
    return liveHolderOf(this.find('coordination.k8s.io/v1', 'Lease', this.companion), this.now);
  }

  /** Those that the resource controls. */
  get sets(): SetObject[] {
    const { resource } = this;
    return generationOf(this.identity)
      .setKinds.flatMap(({ kind }) => this.world.kubernetes.store.all<SetObject>({ apiVersion: 'apps/v1', kind }))
      .filter((set) => isControlledBy(set, resource));
  }

  /** Whether an object is a set of nodes of another cluster. */
  isSetOfAnother(object: KubeObject): boolean {
    const { resource } = this;
    if (!resource || (object.kind !== 'StatefulSet' && object.kind !== 'ReplicaSet')) return false;
    return !isControlledBy(object, resource);
  }

  /** Whether a set is made of nodes that run nowhere. */
  isIdle({ spec }: SetObject): boolean {
    return generationOf(this.identity).idle?.isMadeOfThem(spec.template) ?? false;
  }

  podsOf(set: string): Pod[] {
    return this.world.kubernetes.store
      .all<Pod>({ apiVersion: 'v1', kind: 'Pod' })
      .filter(({ metadata }) => metadata.ownerReferences?.some(({ name }) => name === set));
  }

  /** How many nodes a set is to have. */
  replicasOf({ metadata }: KubeObject): number {
    return metadata.labels?.[ROLE_LABEL] === 'replicant' ? this.size.replicants : this.size.replicas;
  }

  /** The pod in a node's name. */
  podOf(node: string): string {
    const host = node.split('@')[1] ?? '';
    return this.podsByIp.get(host) ?? host.split('.')[0] ?? '';
  }

  /** Whether a pod is there, and is to stay. */
  isThere(name: string): boolean {
    const pod = this.find('v1', 'Pod', name);
    return pod !== undefined && pod.metadata.deletionTimestamp === undefined;
  }

  nodeIn(pod: string): EmqxNode | undefined {
    return this.world.pods.nodeIn(NAMESPACE, pod);
  }

  /**
   * Whether every pod of the set is Ready, joined and accepts clients, and new connections go there alone, if they go to nodes of its
   * role. A pod that has just become ready again gets its part a moment later, which does no harm.
   */
  takes(name: string): boolean {
    const set = this.sets.find(({ metadata }) => metadata.name === name);
    const pods = this.podsOf(name).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (!set || pods.length < this.replicasOf(set)) return false;
    const names = new Set(pods.map(({ metadata }) => metadata.name));
    const ready = pods.every((pod) => {
      const node = this.nodeIn(pod.metadata.name);
      if (conditionOf(pod, 'Ready') !== 'True' || !node?.isListening || node.refusesClients) return false;
      return node.cluster.members.includes(node);
    });
    if (this.size.replicants > 0 && set.metadata.labels?.[ROLE_LABEL] === 'core') return ready;
    const { endpoints } = this.world.front(NAMESPACE, serviceOf(this.size));
    return ready && endpoints.length > 0 && endpoints.every((pod) => names.has(pod));
  }

  /** Whether devices connect through the Service that the operator creates. */
  get isServiceOperators(): boolean {
    return this.size.exposure === 'operator';
  }

  /** Whether new connections go to any pod. */
  get isServed(): boolean {
    return this.world.front(NAMESPACE, serviceOf(this.size)).endpoints.length > 0;
  }

  /** Whether a pod that devices may be routed to accepts them. */
  get canAnyServe(): boolean {
    const role = this.size.replicants > 0 ? 'replicant' : 'core';
    return this.sets
      .filter(({ metadata }) => this.size.generation === 4 || metadata.labels?.[ROLE_LABEL] === role)
      .flatMap(({ metadata }) => this.podsOf(metadata.name))
      .some((pod) => {
        const node = this.nodeIn(pod.metadata.name);
        const isThere = pod.metadata.deletionTimestamp === undefined && conditionOf(pod, 'ContainersReady') === 'True';
        return isThere && node?.isListening && !node.refusesClients && node.cluster.members.includes(node);
      });
  }

  private note({ metadata, status }: Pod): void {
    if (status?.podIP) this.podsByIp.set(status.podIP, metadata.name);
  }

  find(apiVersion: string, kind: string, name: string): KubeObject | undefined {
    return this.world.kubernetes.store.find({ apiVersion, kind, namespace: NAMESPACE, name });
  }
}

/** Whether an object is what the operator makes nodes of. */
export function isSet({ kind }: KubeObject): boolean {
  return kind === 'StatefulSet' || kind === 'ReplicaSet';
}

/** The holder of a lease, if it was renewed in time. */
export function liveHolderOf(lease: KubeObject | undefined, now: number): string | undefined {
  const { spec } = (lease ?? {}) as { spec?: { holderIdentity?: string; renewTime?: string } };
  if (!spec?.holderIdentity || !spec.renewTime) return undefined;
  return now - Date.parse(spec.renewTime) < 30_000 ? spec.holderIdentity : undefined;
}

/** What is stored is never changed in place. */
const parsed = new WeakMap<KubeObject, Journal>();

/** The journal in its ConfigMap. */
export function journalIn(configMap: KubeObject | undefined): Journal | undefined {
  if (!configMap) return undefined;
  const known = parsed.get(configMap);
  if (known) return known;
  const text = (configMap as { data?: Record<string, string> }).data?.['journal.json'];
  if (text === undefined) return undefined;
  const journal = JSON.parse(text) as Journal;
  parsed.set(configMap, journal);
  return journal;
}

/** The set in a pod's name. */
export function setOfPod(pod: string): string {
  return pod.slice(0, pod.lastIndexOf('-'));
}

/** Apart from the product, which has one of its own: what that takes for the cluster's is what is judged. */
function isControlledBy({ metadata }: KubeObject, { metadata: { uid } }: KubeObject): boolean {
  return metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === uid) ?? false;
}
