import { valid } from 'semver';
import { INSTANCE_LABEL } from '../resource';
import type { SimulatedClock } from './clock';
import { EmqxCluster } from './emqx/cluster';
import type { DataDir } from './emqx/evacuation';
import type { EmqxNode, NodeTimings } from './emqx/node';
import type { ClusterObserver } from './emqx/observer';
import type { Pod } from './kubernetes/core-types';
import type { PodCallbacks, PodRuntime } from './kubernetes/pod-runtime';
import type { Random } from './random';

export interface EmqxPodsOptions {
  clock: SimulatedClock;
  random: Random;
  /** Text of the operator's bootstrap file (`id:secret` per line) for a cluster, as its pods mount it. */
  bootstrapUsers: (namespace: string, cluster: string) => string;
  /** @default - those of the node model */
  timings?: Partial<NodeTimings>;
  /** @default - no limit */
  licensedConnections?: number;
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

/** What runs in the pods of EMQX clusters: a simulated node in each, joined with the others of its cluster. */
export class EmqxPods implements PodRuntime {
  private readonly clusters = new Map<string, EmqxCluster>();
  private readonly tenants = new Map<string, RunningNode>();
  /** Volumes by what they outlive: the pod (emptyDir), or the claim. */
  private readonly volumes = new Map<string, DataDir>();

  constructor(private readonly options: EmqxPodsOptions) {}

  /** The node in a pod; undefined when nothing runs there. */
  nodeIn(namespace: string, pod: string): EmqxNode | undefined {
    return this.tenants.get(`${namespace}/${pod}`)?.node;
  }

  /** All nodes that run now, with their pods. */
  get running(): readonly RunningNode[] {
    return [...this.tenants.values()];
  }

  /** Ends the process of a pod's node: the kubelet starts it again in place, with what is on its volume. */
  crash(namespace: string, pod: string): void {
    this.tenants.get(`${namespace}/${pod}`)?.crash();
  }

  /** Of other images nothing is known: their pods stay pending. */
  start(pod: Pod, callbacks: PodCallbacks): void {
    if (!valid(versionIn(pod))) return;
    const cluster = this.clusterOf(pod);
    const node = this.make(cluster, pod);
    const crash = () => {
      this.kill(pod);
      callbacks.exited();
    };
    this.tenants.set(keyOf(pod), { pod, cluster, node, crash });
    node.boot(() => {
      callbacks.running();
      this.options.changed?.(pod, node);
    });
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
  }

  private make(cluster: EmqxCluster, pod: Pod): EmqxNode {
    const { namespace = 'default', name } = pod.metadata;
    const { environment } = containerOf(pod);
    const instance = pod.metadata.labels?.[INSTANCE_LABEL] ?? '';
    return cluster.addNode({
      name: `${environment.get('EMQX_NAME') ?? instance}@${name}.${environment.get('EMQX_CLUSTER__DNS__NAME') ?? ''}`,
      version: versionIn(pod),
      credentials: (id, secret) =>
        `${id}:${secret}` === 'admin:public' ||
        this.options.bootstrapUsers(namespace, instance).split('\n').includes(`${id}:${secret}`),
      dataDir: this.volumeOf(pod),
      ...(this.options.timings ? { timings: this.options.timings } : {}),
    });
  }

  private clusterOf(pod: Pod): EmqxCluster {
    const { clock, random, licensedConnections, observer } = this.options;
    const name = `${pod.metadata.namespace}/${pod.metadata.labels?.[INSTANCE_LABEL]}`;
    let cluster = this.clusters.get(name);
    if (!cluster) {
      cluster = new EmqxCluster({
        clock,
        random: random.fork(name),
        ...(licensedConnections === undefined ? {} : { licensedConnections }),
        ...(observer ? { observer } : {}),
      });
      this.clusters.set(name, cluster);
    }
    return cluster;
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

/** What the node says it is: of the image's tag the version, and nothing of what a registry writes around it. */
function versionIn(pod: Pod): string {
  const { image } = containerOf(pod);
  const tag = image.replace(/@.*$/, '').split(':').at(-1) ?? '';
  return /\d+\.\d+\.\d+(-(alpha|beta|rc)\.\d+)?/.exec(tag)?.[0] ?? '';
}

/** For how long the hook before the end lets the node run on. Of hooks only a plain `sleep` is known. */
function preStopMs(pod: Pod): number {
  const { lifecycle } = (pod.spec.containers.find(({ name }) => name === 'emqx') ?? {}) as Hooked;
  const [command, seconds] = lifecycle?.preStop?.exec?.command ?? [];
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
