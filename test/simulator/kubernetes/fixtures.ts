import type { KubeObject } from '../../../src/kubernetes/kube-api';
import { SimulatedClock } from '../../../src/simulator/clock';
import type { Pod, ReplicaSet, Service, StatefulSet } from '../../../src/simulator/kubernetes/core-types';
import { InMemoryKubeApi, type InMemoryKubeApiOptions } from '../../../src/simulator/kubernetes/in-memory-api';
import { kinds } from '../../../src/simulator/kubernetes/kinds';
import { ObjectStore } from '../../../src/simulator/kubernetes/object-store';
import type { PodCallbacks, PodRuntime } from '../../../src/simulator/kubernetes/pod-runtime';
import { SimulatedKubernetes } from '../../../src/simulator/kubernetes/simulated-kubernetes';
import { Random } from '../../../src/simulator/random';

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

export function configMap(name: string, data: Record<string, string>, labels?: Record<string, string>): ConfigMap {
  return { ...kinds.configMap, metadata: { name, namespace: 'default', ...(labels && { labels }) }, data };
}

export const ref = (kind: { apiVersion: string; kind: string }, name: string) => ({
  ...kind,
  namespace: 'default',
  name,
});

export function pod(name: string, extra: Partial<Pod['metadata']> = {}): Pod {
  return {
    ...kinds.pod,
    metadata: { name, namespace: 'default', ...extra },
    spec: { containers: [{ name: 'emqx', image: 'emqx:1' }] },
  };
}

export function statefulSet(name: string, replicas: number, image = 'emqx:1'): StatefulSet {
  return {
    ...kinds.statefulSet,
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      serviceName: 'headless',
      selector: { matchLabels: { app: 'ee' } },
      podManagementPolicy: 'Parallel',
      template: { metadata: { labels: { app: 'ee' } }, spec: { containers: [{ name: 'emqx', image }] } },
    },
  };
}

export function replicaSet(name: string, replicas: number): ReplicaSet {
  const { serviceName: _, podManagementPolicy: __, ...spec } = statefulSet(name, replicas).spec;
  return { ...kinds.replicaSet, metadata: { name, namespace: 'default' }, spec };
}

export function service(name: string, spec: Service['spec']): Service {
  return { ...kinds.service, metadata: { name, namespace: 'default' }, spec };
}

/** An API server alone, with a clock. */
export function apiServer(options: InMemoryKubeApiOptions = {}) {
  const clock = new SimulatedClock();
  const store = new ObjectStore(clock, new Random(1));
  return { clock, store, api: new InMemoryKubeApi(clock, store, options) };
}

/** Pods that start after 1 s and stop after 2 s, and a record of what was asked. */
export class TrivialRuntime implements PodRuntime {
  readonly log: string[] = [];
  readonly callbacks = new Map<string, PodCallbacks>();
  stopMs = 2000;

  constructor(private readonly clock: SimulatedClock) {}

  start(target: Pod, callbacks: PodCallbacks): void {
    this.log.push(`start ${target.metadata.name} ${target.status?.podIP}`);
    this.callbacks.set(target.metadata.name, callbacks);
    this.clock.schedule(1000, () => callbacks.running());
  }

  stop(target: Pod, done: () => void): void {
    this.log.push(`stop ${target.metadata.name}`);
    this.clock.schedule(this.stopMs, done);
  }

  kill(target: Pod): void {
    this.log.push(`kill ${target.metadata.name}`);
  }
}

/** A whole simulated cluster with trivial pods. */
export function cluster() {
  const clock = new SimulatedClock();
  const runtime = new TrivialRuntime(clock);
  const { store, api } = new SimulatedKubernetes(clock, new Random(1), runtime);
  return { clock, runtime, store, api };
}
