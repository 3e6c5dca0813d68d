import type { Pod } from './core-types';

/** What a runtime reports to the kubelet about one pod. Calls after `stop` was answered or after `kill` have no effect. */
export interface PodCallbacks {
  /** All containers run. Without a readiness probe they are ready from then on. */
  running(): void;
  /** The readiness probe has another answer than before. */
  ready(ready: boolean): void;
  /** The main process ended by itself: the kubelet starts the pod again, in place. */
  exited(): void;
}

/**
 * What runs inside of pods. How long a start and a stop take is the runtime's business.
 *
 * The same pod (same uid) may be started again after it called `exited`. The pod's `status.podIP` is set.
 */
export interface PodRuntime {
  start(pod: Pod, callbacks: PodCallbacks): void;
  /** SIGTERM: ends the pod in good order, and calls `done` when its processes are gone. */
  stop(pod: Pod, done: () => void): void;
  /** SIGKILL: the processes are gone when this returns. Also called when a stop outlasts the grace period. */
  kill(pod: Pod): void;
}
