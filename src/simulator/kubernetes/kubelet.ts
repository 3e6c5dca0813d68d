import { isKubeError } from '../../kubernetes/kube-api';
import type { SimulatedClock, Timer } from '../clock';
import type { Random } from '../random';
import { Coalesced } from './coalesced';
import { conditionOf, type Pod, type PodCondition, type PodStatus } from './core-types';
import { kinds } from './kinds';
import { type ObjectStore, refOf, timestamp } from './object-store';
import type { PodRuntime } from './pod-runtime';

/**
 * Milliseconds between a change of a pod and the kubelet's answer, by chance: in measured upgrades a deleted pod got its
 * SIGTERM sometimes before and sometimes after the operator's next request to it, some 100 ms later.
 *
 * @see EMQX Operator 2.2.29 on Kubernetes 1.33, measured
 */
const reactionMs = { least: 10, most: 100 };

/** Milliseconds between the end of a pod's processes and the end of the pod object. Measured: 300 to 700. */
const cleanUpMs = 500;

interface Run {
  pod: Pod;
  restarts: number;
  state: 'starting' | 'running' | 'stopping' | 'ended';
  deadline?: Timer;
}

/**
 * The one node of the simulated cluster with its kubelet and its scheduler: gives pods a node and an address, runs them by
 * the {@link PodRuntime}, and writes their status.
 *
 * - Pod conditions of others (readiness gates) are kept, also when containers restart; `Ready` honours them.
 * - A pod whose process exits is started again: after 1 s, then after 10 s, doubling up to 5 min.
 * - A deleted pod is stopped; after its grace period it is killed.
 */
export class Kubelet {
  private readonly runs = new Map<string, Run>();
  private readonly work: Coalesced;
  private addresses = 1;

  constructor(
    private readonly clock: SimulatedClock,
    private readonly store: ObjectStore,
    random: Random,
    private readonly runtime: PodRuntime,
    private readonly nodeName = 'node-1',
  ) {
    this.work = new Coalesced(
      clock,
      () => Math.round(random.between(reactionMs.least, reactionMs.most)),
      () => this.sync(),
    );
    store.subscribe(({ object, type }) => {
      if (object.kind !== 'Pod') return;
      if (type === 'DELETED') this.vanish(object as Pod);
      else this.work.request();
    });
  }

  private sync(): void {
    for (const pod of this.store.all<Pod>(kinds.pod)) {
      const run = this.runs.get(pod.metadata.uid!);
      if (!run) this.bind(pod);
      else if (pod.metadata.deletionTimestamp) this.terminate(run, pod);
      else this.write(run, () => undefined);
    }
  }

  private bind(pod: Pod): void {
    const address = this.addresses++;
    const podIP = `10.244.${address >> 8}.${address & 255}`;
    const bound = this.store.update<Pod>(refOf(pod), (draft) => {
      draft.spec.nodeName = this.nodeName;
      return undefined;
    });
    const run: Run = { pod: { ...bound, status: { ...bound.status, podIP } }, restarts: 0, state: 'starting' };
    this.runs.set(pod.metadata.uid!, run);
    this.write(run, (status) => {
      status.startTime = timestamp(this.clock.now());
      this.set(status, 'PodScheduled', true);
      this.set(status, 'Initialized', true);
      this.set(status, 'ContainersReady', false);
    });
    this.start(run);
  }

  private start(run: Run): void {
    let live = true;
    const whileLive = (action: () => void) => {
      if (live && (run.state === 'starting' || run.state === 'running')) action();
    };
    this.runtime.start(run.pod, {
      running: () =>
        whileLive(() => {
          run.state = 'running';
          this.write(run, (status) => {
            status.phase = 'Running';
            status.podIP = run.pod.status?.podIP as string;
            this.set(status, 'ContainersReady', true);
          });
        }),
      ready: (ready) => whileLive(() => this.write(run, (status) => this.set(status, 'ContainersReady', ready))),
      exited: () =>
        whileLive(() => {
          live = false;
          run.state = 'starting';
          const backoffMs = run.restarts === 0 ? 1000 : Math.min(10_000 * 2 ** (run.restarts - 1), 300_000);
          run.restarts++;
          this.write(run, (status) => this.set(status, 'ContainersReady', false));
          this.clock.schedule(backoffMs, () => {
            if (run.state === 'starting') this.start(run);
          });
        }),
    });
  }

  private terminate(run: Run, pod: Pod): void {
    if (run.state === 'ended') return;
    const deadline = Date.parse(pod.metadata.deletionTimestamp!);
    run.deadline?.cancel();
    run.deadline = this.clock.schedule(deadline - this.clock.now(), () => {
      if (run.state !== 'stopping') return;
      this.runtime.kill(run.pod);
      this.end(run, 'Failed');
    });
    if (run.state === 'stopping') return;
    run.state = 'stopping';
    this.runtime.stop(run.pod, () => {
      if (run.state === 'stopping') this.end(run, 'Succeeded');
    });
  }

  private end(run: Run, phase: 'Succeeded' | 'Failed'): void {
    run.state = 'ended';
    run.deadline?.cancel();
    this.write(run, (status) => {
      status.phase = phase;
      this.set(status, 'ContainersReady', false);
    });
    this.clock.schedule(cleanUpMs, () => {
      if (this.runs.has(run.pod.metadata.uid!)) this.store.delete(refOf(run.pod), 0);
    });
  }

  private vanish(pod: Pod): void {
    const run = this.runs.get(pod.metadata.uid!);
    if (!run) return;
    this.runs.delete(pod.metadata.uid!);
    run.deadline?.cancel();
    if (run.state !== 'ended') this.clock.schedule(0, () => this.runtime.kill(run.pod));
    run.state = 'ended';
  }

  /** Changes the pod's status, and brings `Ready` and the container statuses in line. */
  private write(run: Run, change: (status: PodStatus) => void): void {
    const write = (draft: Pod) => {
      const status: PodStatus = { ...draft.status };
      draft.status = status;
      change(status);
      const started = conditionOf(draft, 'ContainersReady') === 'True';
      const gates = draft.spec.readinessGates ?? [];
      this.set(status, 'Ready', started && gates.every((gate) => conditionOf(draft, gate.conditionType) === 'True'));
      status.containerStatuses = draft.spec.containers.map(({ name, image }, index) => {
        return { name, image, ready: started, restartCount: index === 0 ? run.restarts : 0 };
      });
      return undefined;
    };
    try {
      this.store.update<Pod>(refOf(run.pod), write, { subresource: 'status' });
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error;
    }
  }

  private set(status: PodStatus, type: string, value: boolean): void {
    const state: PodCondition['status'] = value ? 'True' : 'False';
    const conditions = status.conditions ?? [];
    const old = conditions.find((condition) => condition.type === type);
    if (old?.status === state) return;
    const condition: PodCondition = { type, status: state, lastTransitionTime: timestamp(this.clock.now()) };
    status.conditions = old ? conditions.map((each) => (each === old ? condition : each)) : [...conditions, condition];
  }
}
