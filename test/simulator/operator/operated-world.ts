import type { EmqxTransport } from '../../../src/emqx/transport';
import type { KubeObject } from '../../../src/kubernetes/kube-api';
import type { SimulatedClock } from '../../../src/simulator/clock';
import type { Pod, ReplicaSet, StatefulSet } from '../../../src/simulator/kubernetes/core-types';
import type { ApiCall } from '../../../src/simulator/kubernetes/in-memory-api';
import { kinds } from '../../../src/simulator/kubernetes/kinds';
import type { PodRuntime } from '../../../src/simulator/kubernetes/pod-runtime';
import { SimulatedKubernetes } from '../../../src/simulator/kubernetes/simulated-kubernetes';
import { SimulatedOperator, type SimulatedOperatorOptions } from '../../../src/simulator/operator/simulated-operator';
import { Random } from '../../../src/simulator/random';

interface Event extends KubeObject {
  reason: string;
  message: string;
}

/** A simulated cluster with an operator at work. All times are seconds since `mark()`. */
export class OperatedWorld<Emqx extends PodRuntime & EmqxTransport> {
  readonly emqx: Emqx;
  readonly kubernetes: SimulatedKubernetes;
  readonly operator: SimulatedOperator;
  /** Every change of a set's `spec.replicas`. */
  readonly scalings: { at: number; set: string; replicas: number }[] = [];
  readonly calls: (ApiCall & { at: number })[] = [];
  private stop = new AbortController();
  private origin: number;

  constructor(
    readonly clock: SimulatedClock,
    emqx: Emqx,
    { latencyMs, ...options }: Pick<SimulatedOperatorOptions, 'variant'> & { latencyMs?: number } = {},
  ) {
    const random = new Random(7);
    this.origin = clock.now();
    this.emqx = emqx;
    this.kubernetes = new SimulatedKubernetes(clock, random, this.emqx, {
      ...(latencyMs !== undefined && { latencyMs }),
      intercept: (call, perform) => {
        this.calls.push({ ...call, at: this.seconds() });
        return perform();
      },
    });
    this.operator = new SimulatedOperator({
      api: this.kubernetes.api,
      transport: this.emqx,
      clock,
      random: random.fork('operator'),
      namespace: 'default',
      ...options,
    });
    this.kubernetes.store.subscribe(({ object, previous }) => {
      if (object.kind !== 'StatefulSet' && object.kind !== 'ReplicaSet') return;
      const replicas = (object as StatefulSet).spec.replicas ?? 0;
      if ((previous as StatefulSet | undefined)?.spec.replicas === replicas) return;
      this.scalings.push({ at: this.seconds(), set: object.metadata.name, replicas });
    });
  }

  /** Runs `scenario` with the operator at work, and ends it. */
  async run(scenario: () => Promise<void>): Promise<void> {
    await this.clock.run(async () => {
      let working = this.operator.run(this.stop.signal);
      this.restart = async () => {
        this.stop.abort(new Error('killed'));
        await working;
        this.stop = new AbortController();
        working = this.operator.run(this.stop.signal);
      };
      try {
        await scenario();
      } finally {
        this.stop.abort(new Error('end of the scenario'));
        await working;
      }
    });
  }

  /** Kills the operator's process, and starts it again at once. */
  restart: () => Promise<void> = () => Promise.reject(new Error('no scenario is running'));

  seconds(): number {
    return Math.round((this.clock.now() - this.origin) / 100) / 10;
  }

  /** Times count from now on. */
  mark(): void {
    this.origin = this.clock.now();
    this.scalings.length = 0;
    this.calls.length = 0;
  }

  sleep(seconds: number): Promise<void> {
    return this.clock.sleep(seconds * 1000);
  }

  /** Waits until a condition holds, and returns when that was. */
  async until(what: string, condition: () => boolean, withinSeconds = 900): Promise<number> {
    const deadline = this.clock.now() + withinSeconds * 1000;
    while (!condition()) {
      if (this.clock.now() > deadline) throw new Error(`not within ${withinSeconds} s: ${what}`);
      await this.clock.sleep(100);
    }
    return this.seconds();
  }

  scale(set: string, replicas: number): void {
    const kind = this.sets().some(({ metadata }) => metadata.name === set) ? kinds.statefulSet : kinds.replicaSet;
    this.kubernetes.store.update<StatefulSet>({ ...kind, namespace: 'default', name: set }, (draft) => {
      draft.spec.replicas = replicas;
      return undefined;
    });
  }

  sets(): StatefulSet[] {
    return this.kubernetes.store.all<StatefulSet>(kinds.statefulSet);
  }

  replicaSets(): ReplicaSet[] {
    return this.kubernetes.store.all<ReplicaSet>(kinds.replicaSet);
  }

  set(name: string): StatefulSet {
    return this.sets().find((set) => set.metadata.name === name)!;
  }

  pods(set: string): string[] {
    return this.kubernetes.store
      .all<Pod>(kinds.pod)
      .filter((pod) => pod.metadata.ownerReferences?.[0]?.name === set)
      .map((pod) => pod.metadata.name);
  }

  /** Events about resources of a kind, not those of sets. */
  events(kind = 'EmqxEnterprise'): string[] {
    return this.kubernetes.store
      .all<Event & { involvedObject: { kind: string } }>({ apiVersion: 'v1', kind: 'Event' })
      .filter(({ involvedObject }) => involvedObject.kind === kind)
      .map(({ reason, message }) => `${reason}: ${message}`);
  }
}
