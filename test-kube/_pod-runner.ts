import { type KubeApi, KubeApiError } from '../src/kubernetes';
import type { Pod } from '../src/simulator/kubernetes/core-types';
import type { PodRuntime } from '../src/simulator/kubernetes/pod-runtime';
import type { Clock } from '../src/upgrade';

/** The control plane's switch for the readiness of a pod's containers. In a template it makes pods wait for what runs in them. */
export const CONTAINERS_READY = 'k8slab/containers-ready';

/** Keeps the object of a deleted pod until its processes are gone, as kubelets do. */
const FINALIZER = 'emqx-blue-green/simulated-node';

/** Refusals of a change of a pod that is gone, has made place for another of its name, or is on its way out. */
const GONE: readonly string[] = ['NotFound', 'Conflict', 'Invalid'];

export interface PodRunnerOptions {
  api: KubeApi;
  clock: Clock;
  runtime: PodRuntime;
  /** The pod's processes run from now on. Its containers become ready when this resolves. */
  opened: (pod: Pod) => Promise<void>;
  /** They do no longer. */
  closed: (pod: Pod) => void;
}

/**
 * The part of the kubelet that KWOK does not play: something runs in the pods.
 *
 * - KWOK gives a pod its address and says that it runs; then its processes are started.
 * - A deleted pod is stopped in good order; its object goes when its processes are gone. There is no grace period.
 */
export class PodRunner {
  private readonly runs = new Map<string, { pod: Pod; stopping: boolean }>();

  constructor(private readonly options: PodRunnerOptions) {}

  /** These are all the pods there are now. */
  sync(pods: readonly Pod[]): void {
    const present = new Set(pods.map(uidOf));
    for (const [uid, { pod }] of this.runs) if (!present.has(uid)) this.vanish(pod);
    for (const pod of pods) {
      const run = this.runs.get(uidOf(pod));
      const deleted = pod.metadata.deletionTimestamp !== undefined;
      if (!run && !deleted && pod.status?.podIP) this.start(pod);
      else if (run && !run.stopping && deleted) this.stop(pod);
    }
  }

  private start(pod: Pod): void {
    this.runs.set(uidOf(pod), { pod, stopping: false });
    void this.write(pod, { finalizers: [FINALIZER] });
    const ready = (isReady: boolean) => this.write(pod, { annotations: { [CONTAINERS_READY]: String(isReady) } });
    this.options.runtime.start(pod, {
      running: () => void this.options.opened(pod).then(() => ready(true)),
      ready: (isReady) => void ready(isReady),
      exited: () => void ready(false),
    });
  }

  private stop(pod: Pod): void {
    this.runs.set(uidOf(pod), { pod, stopping: true });
    this.options.closed(pod);
    this.options.runtime.stop(pod, () => void this.write(pod, { finalizers: null }));
  }

  /** The object is gone, whatever ran there. */
  private vanish(pod: Pod): void {
    this.runs.delete(uidOf(pod));
    this.options.closed(pod);
    this.options.runtime.kill(pod);
  }

  /** Changes metadata of this very pod, however long the API server is away; of a pod that is gone there is none to change. */
  private async write(pod: Pod, metadata: object): Promise<void> {
    const { namespace = '', name, uid } = pod.metadata;
    const ref = { apiVersion: 'v1', kind: 'Pod', namespace, name };
    const { api, clock } = this.options;
    for (;;) {
      try {
        await api.patch(ref, { type: 'merge', body: { metadata: { ...metadata, uid } } });
        return;
      } catch (error) {
        if (error instanceof KubeApiError && GONE.includes(error.code)) return;
        await clock.sleep(100);
      }
    }
  }
}

function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? '';
}
