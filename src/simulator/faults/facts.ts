import type { KubeObject } from '../../kubernetes';
import { type EmqxEnterprise, isHeld } from '../../resource';
import type { Journal } from '../../upgrade';
import type { EmqxNode } from '../emqx/node';
import { conditionOf, type Pod } from '../kubernetes/core-types';
import type { World } from '../world';
import { CLUSTER, NAMESPACE, SERVICE } from './stage';

type WithSpec = KubeObject & { spec: Record<string, unknown> };
export type SetObject = KubeObject & { spec: { replicas?: number } };

/** The actual state of the simulated world, whatever was reported of it. */
export class Facts {
  constructor(
    readonly world: World,
    readonly replicas: number,
  ) {}

  get now(): number {
    return this.world.clock.now();
  }

  get resource(): EmqxEnterprise & KubeObject {
    return this.find('apps.emqx.io/v1beta4', 'EmqxEnterprise', CLUSTER) as EmqxEnterprise & KubeObject;
  }

  get isHeld(): boolean {
    return isHeld(this.resource);
  }

  get journal(): Journal | undefined {
    return journalIn(this.find('v1', 'ConfigMap', `${CLUSTER}-upgrade`));
  }

  get service(): WithSpec {
    return this.find('v1', 'Service', SERVICE) as WithSpec;
  }

  /** The process that holds the lease now, and has renewed it in time. */
  get leaseHolder(): string | undefined {
    return liveHolderOf(this.find('coordination.k8s.io/v1', 'Lease', `${CLUSTER}-upgrade`), this.now);
  }

  /** Those that the resource controls. */
  get sets(): SetObject[] {
    const { uid } = this.resource.metadata;
    return this.world.kubernetes.store
      .all<SetObject>({ apiVersion: 'apps/v1', kind: 'StatefulSet' })
      .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === uid));
  }

  podsOf(set: string): Pod[] {
    return this.world.kubernetes.store
      .all<Pod>({ apiVersion: 'v1', kind: 'Pod' })
      .filter(({ metadata }) => metadata.ownerReferences?.some(({ name }) => name === set));
  }

  nodeIn(pod: string): EmqxNode | undefined {
    return this.world.pods.nodeIn(NAMESPACE, pod);
  }

  /**
   * Whether every pod of the set is Ready, joined and accepts clients, and new connections go there alone. A pod that has just become
   * ready again gets its part a moment later, which does no harm.
   */
  takes(set: string): boolean {
    const pods = this.podsOf(set).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (pods.length < this.replicas) return false;
    const names = new Set(pods.map(({ metadata }) => metadata.name));
    const ready = pods.every((pod) => {
      const node = this.nodeIn(pod.metadata.name);
      if (conditionOf(pod, 'Ready') !== 'True' || !node?.isListening || node.refusesClients) return false;
      return node.cluster.members.includes(node);
    });
    const { endpoints } = this.world.front(NAMESPACE, SERVICE);
    return ready && endpoints.length > 0 && endpoints.every((pod) => names.has(pod));
  }

  find(apiVersion: string, kind: string, name: string): KubeObject | undefined {
    return this.world.kubernetes.store.find({ apiVersion, kind, namespace: NAMESPACE, name });
  }
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

/** The pod in a node's name. */
export function podOf(node: string): string {
  return node.split('@')[1]?.split('.')[0] ?? '';
}

/** The stateful set in a pod's name. */
export function setOfPod(pod: string): string {
  return pod.slice(0, pod.lastIndexOf('-'));
}
