import { lt, valid } from 'semver';
import type { KubeObject } from '../kubernetes/kube-api';
import { INSTANCE_LABEL } from '../resource';
import { idleReplicants } from '../resource/v2beta1/idle-replicants';
import type { SimulatedClock } from './clock';
import { EmqxCluster } from './emqx/cluster';
import type { DurableOptions } from './emqx/durable/durable-storage';
import type { DataDir } from './emqx/evacuation';
import type { LicenseType } from './emqx/license';
import type { EmqxNode } from './emqx/node';
import type { NodeRole, NodeTimings } from './emqx/node-options';
import type { ClusterObserver } from './emqx/observer';
import { type Generation, generationOf } from './emqx/profiles';
import type { Pod } from './kubernetes/core-types';
import type { PodCallbacks, PodRuntime } from './kubernetes/pod-runtime';
import type { Random } from './random';

export interface EmqxPodsOptions {
  clock: SimulatedClock;
  random: Random;
  /**
   * Text of the operator's bootstrap file (`id:secret` per line) for a cluster, as its pods mount it: applications of 4.4, API keys
   * of EMQX 5 and 6.
   */
  bootstrapUsers: (namespace: string, cluster: string, generation: Generation) => string;
  /** @default - those of the node model */
  timings?: Partial<NodeTimings>;
  /** Connections that the listener of each node accepts per second. @default - no limit */
  maxConnRate?: number;
  /** @default - no limit */
  licensedConnections?: number;
  /** The license in the configuration of each node of EMQX 5 and 6. @default 'official' */
  license?: LicenseType;
  /**
   * How durable sessions of a cluster of EMQX 5 or 6 are stored, asked when its first node starts; undefined where its pods decide.
   * @default - enabled where the pods have `EMQX_DURABLE_SESSIONS__ENABLE=true`
   */
  durableSessions?: (namespace: string, cluster: string) => DurableOptions | undefined;
  observer?: ClusterObserver;
  /** A pod's node listens from now on, or does no longer. */
  changed?: (pod: Pod, node: EmqxNode) => void;
}

interface RunningNode {
  pod: Pod;
  cluster: EmqxCluster;
  node: EmqxNode;
  /** Its process ends by itself. */
  crash: () => void;
}

/**
 * What runs in the pods of EMQX clusters: a simulated node in each, joined with the others of its cluster.
 *
 * An `EmqxEnterprise` (4.4) and an `EMQX` (5 and 6) of one name in one namespace are two clusters.
 */
export class EmqxPods implements PodRuntime {
  private readonly clusters = new Map<string, EmqxCluster>();
  private readonly tenants = new Map<string, RunningNode>();
  /** Their nodes by namespace and name of the pod: what each connection asks for. */
  private readonly nodes = new Map<string, Map<string, EmqxNode>>();
  /** Volumes by what they outlive: the pod (emptyDir), or the claim. */
  private readonly volumes = new Map<string, DataDir>();

  constructor(private readonly options: EmqxPodsOptions) {}

  /** The node in a pod; undefined when nothing runs there. */
  nodeIn(namespace: string, pod: string): EmqxNode | undefined {
    return this.nodes.get(namespace)?.get(pod);
  }

  /** All nodes that run now, with their pods. */
  get running(): readonly RunningNode[] {
    return [...this.tenants.values()];
  }

  /** Ends the process of a pod's node: the kubelet starts it again in place, with what is on its volume. */
  crash(namespace: string, pod: string): void {
    this.tenants.get(`${namespace}/${pod}`)?.crash();
  }

  /** Of other images nothing is known: their pods stay pending. So do those that no Kubernetes node is to take. */
  start(pod: Pod, callbacks: PodCallbacks): void {
    if (!valid(versionIn(pod)) || idleReplicants.isMadeOfThem(pod)) return;
    const cluster = this.clusterOf(pod);
    const node = this.make(cluster, pod);
    const crash = () => {
      this.kill(pod);
      callbacks.exited();
    };
    this.tenants.set(keyOf(pod), { pod, cluster, node, crash });
    this.nodesIn(pod).set(pod.metadata.name, node);
    node.boot(() => {
      callbacks.running();
      this.options.changed?.(pod, node);
    }, crash);
  }

  stop(pod: Pod, done: () => void): void {
    const tenant = this.tenants.get(keyOf(pod));
    if (!tenant) {
      done();
      return;
    }
    const { node } = tenant;
    const shutdown = () => {
      node.shutdown(() => {
        this.leave(tenant);
        if (hookOf(pod).join(' ').includes('emqx ctl cluster leave')) tenant.cluster.forceLeave(node.name);
        done();
      });
      this.options.changed?.(pod, node);
    };
    const waitMs = preStopMs(pod);
    if (waitMs === 0) shutdown();
    else this.options.clock.schedule(waitMs, shutdown);
  }

  kill(pod: Pod): void {
    const tenant = this.tenants.get(keyOf(pod));
    if (!tenant) return;
    tenant.node.kill();
    this.leave(tenant);
    this.options.changed?.(pod, tenant.node);
  }

  private leave({ pod, cluster, node }: RunningNode): void {
    cluster.removeNode(node.name);
    this.tenants.delete(keyOf(pod));
    this.nodesIn(pod).delete(pod.metadata.name);
  }

  private nodesIn({ metadata: { namespace = 'default' } }: Pod): Map<string, EmqxNode> {
    const nodes = this.nodes.get(namespace) ?? new Map<string, EmqxNode>();
    this.nodes.set(namespace, nodes);
    return nodes;
  }

  private make(cluster: EmqxCluster, pod: Pod): EmqxNode {
    const { namespace = 'default' } = pod.metadata;
    const instance = instanceOf(pod);
    const version = versionIn(pod);
    const generation = generationOf(version);
    const { license, maxConnRate, timings } = this.options;
    const keys = () => this.options.bootstrapUsers(namespace, instance, generation).split('\n');
    return cluster.addNode({
      name: generation === 4 ? nameOf(pod) : `emqx@${hostOf(pod)}`,
      version,
      role: roleOf(pod),
      openSource: isOpenSource(pod),
      credentials: (id, secret) =>
        (generation === 4 && `${id}:${secret}` === 'admin:public') || keys().includes(`${id}:${secret}`),
      ...(generation === 4 ? {} : { apiKeys: keys }),
      dataDir: this.volumeOf(pod),
      ...(license ? { license } : {}),
      ...(timings ? { timings } : {}),
      maxConnRate,
    });
  }

  private clusterOf(pod: Pod): EmqxCluster {
    const { clock, random, licensedConnections, observer } = this.options;
    const generation = generationOf(versionIn(pod));
    const name = `${pod.metadata.namespace}/${pod.metadata.labels?.[INSTANCE_LABEL]}${generation === 4 ? '' : ' v5'}`;
    let cluster = this.clusters.get(name);
    if (!cluster) {
      cluster = new EmqxCluster({
        clock,
        random: random.fork(name),
        ...(licensedConnections === undefined ? {} : { licensedConnections }),
        ...(observer ? { observer } : {}),
        ...(generation === 4 ? {} : this.durableSessionsOf(pod)),
      });
      this.clusters.set(name, cluster);
    }
    return cluster;
  }

  private durableSessionsOf(pod: Pod): { durableSessions?: DurableOptions } {
    const isEnabled = containerOf(pod).environment.get('EMQX_DURABLE_SESSIONS__ENABLE') === 'true';
    const given = this.options.durableSessions?.(pod.metadata.namespace ?? 'default', instanceOf(pod));
    const options = given ?? (isEnabled ? {} : undefined);
    return options ? { durableSessions: options } : {};
  }

  /** A claim is gone, or a pod, and its volume with it: another claim of this name gets an empty one. */
  removeVolume({ kind, metadata }: KubeObject): void {
    this.volumes.delete(kind === 'Pod' ? (metadata.uid ?? '') : `${metadata.namespace}/${metadata.name}`);
  }

  private volumeOf(pod: Pod): DataDir {
    const claim = pod.spec.volumes?.find((volume) => volume.persistentVolumeClaim)?.persistentVolumeClaim?.claimName;
    const key = claim ? `${pod.metadata.namespace}/${claim}` : (pod.metadata.uid ?? '');
    const volume = this.volumes.get(key) ?? {};
    this.volumes.set(key, volume);
    return volume;
  }
}

function keyOf(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}

function instanceOf(pod: Pod): string {
  return pod.metadata.labels?.[INSTANCE_LABEL] ?? '';
}

/** The Erlang name of a node of 4.4. */
function nameOf(pod: Pod): string {
  const { environment } = containerOf(pod);
  const name = environment.get('EMQX_NAME') ?? instanceOf(pod);
  return `${name}@${pod.metadata.name}.${environment.get('EMQX_CLUSTER__DNS__NAME') ?? ''}`;
}

/** The host in the Erlang name of a node of EMQX 5 or 6: that of `EMQX_HOST`; of a replicant, which takes it from its status, the IP. */
function hostOf(pod: Pod): string {
  const { environment } = containerOf(pod);
  const { podIP } = pod.status ?? {};
  const fields = new Map([...environment, ['POD_NAME', pod.metadata.name], ['POD_IP', podIP ?? '']]);
  const host = (environment.get('EMQX_HOST') ?? '').replace(
    /\$\(([^)]+)\)/g,
    (_, name: string) => fields.get(name) ?? '',
  );
  return host || podIP || pod.metadata.name;
}

/** Until 5.8 the image `emqx/emqx` is the open source build; from 5.9 on there is one build. */
function isOpenSource(pod: Pod): boolean {
  const repository = containerOf(pod).image.replace(/[:@][^/]*$/, '');
  return generationOf(versionIn(pod)) === 5 && repository.endsWith('emqx/emqx') && lt(versionIn(pod), '5.9.0');
}

function roleOf(pod: Pod): NodeRole {
  const role = containerOf(pod).environment.get('EMQX_NODE__ROLE') ?? pod.metadata.labels?.['apps.emqx.io/db-role'];
  return role === 'replicant' ? 'replicant' : 'core';
}

/** What the node says it is: of the image's tag the version, and nothing of what a registry writes around it. */
function versionIn(pod: Pod): string {
  const { image } = containerOf(pod);
  const tag = image.replace(/@.*$/, '').split(':').at(-1) ?? '';
  return /\d+\.\d+\.\d+(-(alpha|beta|rc)\.\d+)?/.exec(tag)?.[0] ?? '';
}

/** The hook before the end. Only a plain `sleep` is known, and the command that makes a node leave its cluster. */
function hookOf(pod: Pod): readonly string[] {
  const { lifecycle } = (pod.spec.containers.find(({ name }) => name === 'emqx') ?? {}) as Hooked;
  return lifecycle?.preStop?.exec?.command ?? [];
}

/** For how long the hook lets the node run on. */
function preStopMs(pod: Pod): number {
  const [command, seconds] = hookOf(pod);
  return command === 'sleep' ? Number(seconds) * 1000 : 0;
}

interface Hooked {
  lifecycle?: { preStop?: { exec?: { command?: readonly string[] } } };
}

function containerOf(pod: Pod): { image: string; environment: Map<string, string> } {
  const container = pod.spec.containers.find(({ name }) => name === 'emqx') ?? pod.spec.containers[0];
  const environment = new Map((container?.env ?? []).map(({ name, value }) => [name, value ?? '']));
  return { image: container?.image ?? '', environment };
}
