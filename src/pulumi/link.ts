import { AgentTransport, MqttProber, managementPorts } from '../emqx';
import {
  Cluster,
  connect,
  FIELD_MANAGER,
  holderName,
  isDeadHere,
  isKubeError,
  KubeApiError,
  type KubeClient,
  type KubeObject,
  SystemClock,
} from '../kubernetes';
import { oneLine } from '../kubernetes/one-line';
import { controllerOf, isControlledBy } from '../kubernetes/ownership';
import {
  type ClusterRef,
  clusterLabels,
  type EmqxResource,
  type Generation,
  generationOf,
  INSTANCE_LABEL,
} from '../resource';
import { type ClusterView, PortError, type Progress, type UpgradeContext } from '../upgrade';
import type { CommonInputs, ConnectionInputs } from './common-inputs';
import type { Claims } from './resource-type';
import { kindOf } from './resource-types';
import { isClaimOf } from './volumes';

/** Polling interval of waits, ms. */
export const POLL_MS = 1_000;

type Place = ConnectionInputs & Pick<CommonInputs, '__kind'> & { readonly name: string; readonly namespace?: string };

/** The connection to one cluster, and what the provider does there besides the engine. */
export class ClusterLink {
  readonly clock = new SystemClock();
  readonly cluster: Cluster;
  readonly holder = holderName();
  private readonly kind: EmqxResource['kind'];
  private readonly generation: Generation<EmqxResource>;
  /** Of the cluster as it was last read. */
  private managementPort: number | undefined;
  private readonly namespace: string;
  private readonly name: string;

  private constructor(
    readonly api: KubeClient,
    { name, namespace = 'default', ...place }: Place,
  ) {
    const kind = kindOf(place);
    this.kind = kind;
    this.generation = generationOf({ kind });
    this.name = name;
    this.namespace = namespace;
    this.cluster = new Cluster({ api, clock: this.clock, namespace, kind, name, isGone: isDeadHere });
  }

  /** @throws KubeconfigError when it cannot be reached */
  static async open(place: Place): Promise<ClusterLink> {
    const { kubeconfig, context } = place;
    const given =
      kubeconfig === undefined ? {} : isKubeconfigText(kubeconfig) ? { kubeconfigText: kubeconfig } : { kubeconfig };
    return new ClusterLink(await connect({ ...given, ...(context !== undefined && { context }) }), place);
  }

  get id(): string {
    return `${this.namespace}/${this.name}`;
  }

  get clusterRef(): ClusterRef {
    const { kind, namespace, name } = this;
    return { kind, namespace, name };
  }

  /** What the cluster is called in texts. */
  get title(): string {
    return `${this.kind} ${this.id}`;
  }

  /** Scheme, host and port of the API server; no path, which may hold a secret. */
  get server(): string {
    return new URL(this.api.server).origin;
  }

  /** What distinguishes one Kubernetes cluster from another; undefined where it may not be read. */
  async clusterUid(signal?: AbortSignal): Promise<string | undefined> {
    try {
      const namespace = await this.api.get(
        { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: 'kube-system' },
        signal,
      );
      return namespace.metadata.uid;
    } catch (error) {
      if (isKubeError(error, 'Forbidden') || isKubeError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  close(): void {
    this.api.close();
  }

  /** What the engine needs. To be called after the cluster was read. */
  context(progress: Progress): UpgradeContext {
    const { cluster, clock, holder, namespace, kind } = this;
    const transport = new AgentTransport(this.api.pods, this.managementPort);
    const prober = new MqttProber((pod, port, timeoutMs) => this.api.dial(pod, port, timeoutMs));
    const ports = managementPorts(kind, cluster, {
      transport,
      prober,
      namespace,
    });
    return { clock, cluster, ...ports, progress, holder };
  }

  /** The cluster as it is; undefined when there is none. */
  async view(signal?: AbortSignal): Promise<ClusterView | undefined> {
    const view = await this.cluster.observe(signal).catch((error: unknown) => {
      if (error instanceof PortError && error.code === 'missing') return undefined;
      throw error;
    });
    if (view) this.managementPort = this.generation.managementPortOf(view.resource);
    return view;
  }

  /** Applies the wanted custom resource, as its owner. */
  async apply(resource: EmqxResource, signal?: AbortSignal): Promise<void> {
    // An engine of this project has set some of the fields by plain writes: this project owns them, too.
    const patch = { type: 'apply', body: resource as KubeObject, fieldManager: FIELD_MANAGER, force: true } as const;
    await this.api.patch(this.resourceRef(), patch, {}, signal);
  }

  /** Removes the custom resource, and with it everything that belongs to it. */
  async remove(signal?: AbortSignal): Promise<void> {
    await this.gone(this.api.delete(this.resourceRef(), {}, signal));
  }

  /** The number of remaining pods of the cluster; those of a cluster of another kind with the same name do not count. */
  async podsLeft(signal?: AbortSignal): Promise<number> {
    const { namespace, name, generation } = this;
    const query = { apiVersion: 'v1', kind: 'Pod', namespace, labels: { [INSTANCE_LABEL]: name } };
    const [pods, foreign] = await Promise.all([this.api.list(query, signal), this.foreignSets(signal)]);
    const isSetOfOurs = (kind: string) => generation.setKinds.some((set) => set.kind === kind);
    return pods.items.filter((pod) => {
      const controller = controllerOf(pod);
      if (controller && !isSetOfOurs(controller.kind)) return false;
      return !foreign.some((set) => isControlledBy(pod, set));
    }).length;
  }

  /**
   * Names of the volume claims of this cluster, also of one that was deleted: they outlive it. A claim has no owner, so its name and
   * its labels decide; claims of a living set that belongs to something else do not count.
   */
  async volumeClaims(claims: Claims, signal?: AbortSignal): Promise<string[]> {
    const query = { namespace: this.namespace, labels: clusterLabels(this.name) };
    const [all, foreign] = await Promise.all([
      this.api.list({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...query }, signal),
      this.foreignSets(signal),
    ]);
    const others = foreign.map(({ metadata }) => metadata.name);
    return all.items
      .map(({ metadata }) => metadata.name)
      .filter((claim) => isClaimOf(claim, claims, others))
      .sort();
  }

  /** Sets with the label of this cluster that belong to something else. */
  private async foreignSets(signal?: AbortSignal): Promise<KubeObject[]> {
    const { namespace, name, generation } = this;
    const query = { apiVersion: 'apps/v1', namespace, labels: { [INSTANCE_LABEL]: name } };
    const lists = await Promise.all(generation.setKinds.map(({ kind }) => this.api.list({ ...query, kind }, signal)));
    return lists.flatMap(({ items }) => items).filter((set) => controllerOf(set)?.kind !== this.kind);
  }

  async removeVolumeClaim(name: string, signal?: AbortSignal): Promise<void> {
    await this.gone(this.api.delete(this.ref('v1', 'PersistentVolumeClaim', name), {}, signal));
  }

  /** The latest warning of Kubernetes about an object; undefined where there is none, or it may not be read. */
  async lastWarning(uid: string, signal?: AbortSignal): Promise<string | undefined> {
    const query = { apiVersion: 'v1', kind: 'Event', namespace: this.namespace, fields: { 'involvedObject.uid': uid } };
    const events = await this.api.list<KubeEvent>(query, signal).catch((error: unknown) => {
      if (isKubeError(error, 'Forbidden')) return undefined;
      throw error;
    });
    const at = ({ lastTimestamp, eventTime }: KubeEvent) => lastTimestamp ?? eventTime ?? '';
    const last = events?.items
      .filter(({ type }) => type === 'Warning')
      .sort((a, b) => at(a).localeCompare(at(b)))
      .at(-1);
    return last && oneLine([last.reason, last.message].filter(Boolean).join(': '));
  }

  /** Removes the lease at once; Kubernetes would do so later. */
  async removeLease(signal?: AbortSignal): Promise<void> {
    await this.gone(
      this.api.delete(this.ref('coordination.k8s.io/v1', 'Lease', this.generation.companionOf(this.name)), {}, signal),
    );
  }

  private resourceRef() {
    const { apiVersion, kind } = this.generation;
    return this.ref(apiVersion, kind, this.name);
  }

  private ref(apiVersion: string, kind: string, name: string) {
    return { apiVersion, kind, namespace: this.namespace, name };
  }

  private async gone(deletion: Promise<void>): Promise<void> {
    await deletion.catch((error: unknown) => {
      if (!isKubeError(error, 'NotFound')) throw error;
    });
  }
}

interface KubeEvent extends KubeObject {
  type?: string;
  reason?: string;
  message?: string;
  lastTimestamp?: string;
  eventTime?: string;
}

/** The error for a cluster that Pulumi has in its state, and that was deleted from outside. */
export function goneText({ name, namespace = 'default', ...place }: Place): string {
  return `there is no ${kindOf(place)} ${namespace}/${name} any more; run \`pulumi refresh\`, and the next up creates it again`;
}

/** What went wrong, in one line. */
export function reasonOf(error: unknown): string {
  if (error instanceof KubeApiError) return `the API server: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

/** Whether this is the content of a kubeconfig, not the path of one. */
export function isKubeconfigText(kubeconfig: string): boolean {
  return kubeconfig.includes('\n') || kubeconfig.trimStart().startsWith('{');
}
