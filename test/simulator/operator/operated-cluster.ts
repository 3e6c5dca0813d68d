import type { KubeObject } from '../../../src/kubernetes/kube-api';
import { API_VERSION, type EmqxEnterprise, HOLD_DELAY_SECONDS, KIND, withDefaults } from '../../../src/resource';
import { SimulatedClock } from '../../../src/simulator/clock';
import type { Endpoints, Pod, StatefulSet } from '../../../src/simulator/kubernetes/core-types';
import type { ApiCall } from '../../../src/simulator/kubernetes/in-memory-api';
import { kinds } from '../../../src/simulator/kubernetes/kinds';
import { SimulatedKubernetes } from '../../../src/simulator/kubernetes/simulated-kubernetes';
import type { OperatorVariant } from '../../../src/simulator/operator/pass';
import { SimulatedOperator } from '../../../src/simulator/operator/simulated-operator';
import { Random } from '../../../src/simulator/random';
import { FakeEmqx, type FakeEmqxOptions } from './fake-emqx';

export interface OperatedClusterOptions extends Partial<FakeEmqxOptions> {
  variant?: OperatorVariant;
  replicas?: number;
  /** Of the Kubernetes API. */
  latencyMs?: number;
  initialDelaySeconds?: number;
}

interface Event extends KubeObject {
  reason: string;
  message: string;
}

/** A simulated cluster with an operator at work on the resource `ee`. All times are seconds since `mark()`. */
export class OperatedCluster {
  readonly clock = new SimulatedClock();
  readonly emqx: FakeEmqx;
  readonly kubernetes: SimulatedKubernetes;
  readonly operator: SimulatedOperator;
  /** Every change of a stateful set's `spec.replicas`. */
  readonly scalings: { at: number; set: string; replicas: number }[] = [];
  readonly calls: (ApiCall & { at: number })[] = [];
  private readonly stop = new AbortController();
  private origin = this.clock.now();
  private readonly ref = { apiVersion: API_VERSION, kind: KIND, namespace: 'default', name: 'ee' };

  constructor(readonly options: OperatedClusterOptions = {}) {
    const { clock } = this;
    const random = new Random(7);
    this.emqx = new FakeEmqx(clock, {
      bootMs: 15_000,
      stopMs: 2_000,
      connections: 1000,
      sessions: 100,
      textMs: 0,
      ...options,
    });
    this.kubernetes = new SimulatedKubernetes(clock, random, this.emqx, {
      ...(options.latencyMs !== undefined && { latencyMs: options.latencyMs }),
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
      ...(options.variant && { variant: options.variant }),
    });
    this.kubernetes.store.subscribe(({ object, previous }) => {
      if (object.kind !== 'StatefulSet') return;
      const replicas = (object as StatefulSet).spec.replicas ?? 0;
      if ((previous as StatefulSet | undefined)?.spec.replicas === replicas) return;
      this.scalings.push({ at: this.seconds(), set: object.metadata.name, replicas });
    });
  }

  /** Runs `scenario` with the operator at work, and ends it. */
  async run(scenario: () => Promise<void>): Promise<void> {
    await this.clock.run(async () => {
      const working = this.operator.run(this.stop.signal);
      try {
        await scenario();
      } finally {
        this.stop.abort(new Error('end of the scenario'));
        await working;
      }
    });
  }

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

  async create(): Promise<void> {
    const resource = withDefaults({
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: { name: 'ee', namespace: 'default' },
      spec: {
        replicas: this.options.replicas ?? 3,
        blueGreenUpdate: {
          initialDelaySeconds: this.options.initialDelaySeconds ?? 5,
          evacuationStrategy: { waitTakeover: 5, connEvictRate: 100, sessEvictRate: 100 },
        },
        template: { spec: { emqxContainer: { image: { version: '4.4.14' } } } },
      },
    });
    this.kubernetes.store.create(resource);
    await this.sleep(0.05);
  }

  /** Creates the cluster and waits until it serves and is at rest. */
  async createAndSettle(): Promise<string> {
    await this.create();
    await this.until('the first cluster serves', () => this.endpoints().length === (this.options.replicas ?? 3));
    await this.sleep(21);
    const blue = this.sets()[0]!.metadata.name;
    this.mark();
    return blue;
  }

  change(change: (resource: EmqxEnterprise) => void): void {
    this.kubernetes.store.update<EmqxEnterprise>(this.ref, (draft) => {
      change(draft);
      return undefined;
    });
  }

  setVersion(version: string, delaySeconds?: number): void {
    this.change(({ spec }) => {
      spec.template!.spec!.emqxContainer!.image!.version = version;
      if (delaySeconds !== undefined) spec.blueGreenUpdate!.initialDelaySeconds = delaySeconds;
    });
  }

  setDelay(seconds: number): void {
    this.change(({ spec }) => {
      spec.blueGreenUpdate!.initialDelaySeconds = seconds;
    });
  }

  /** Starts an upgrade that the operator stands still in, and waits until it does. Returns the name of the new set. */
  async holdUpgrade(version = '4.4.15'): Promise<string> {
    this.setVersion(version, HOLD_DELAY_SECONDS);
    await this.until('the upgrade is held', () => this.status().blueGreenUpdateStatus?.startedAt !== undefined);
    return this.status().blueGreenUpdateStatus!.currentStatefulSet!;
  }

  /** One pass for the operator while it is held. */
  async heartbeat(): Promise<void> {
    this.change(({ spec }) => {
      spec.blueGreenUpdate!.initialDelaySeconds!--;
    });
    await this.sleep(1);
  }

  scale(set: string, replicas: number): void {
    this.kubernetes.store.update<StatefulSet>({ ...kinds.statefulSet, namespace: 'default', name: set }, (draft) => {
      draft.spec.replicas = replicas;
      return undefined;
    });
  }

  status(): NonNullable<EmqxEnterprise['status']> {
    return this.kubernetes.store.get<EmqxEnterprise>(this.ref).status ?? {};
  }

  /** What `kubectl get` prints: the type of the first condition that is true. */
  column(): string | undefined {
    return this.status().conditions?.find(({ status }) => status === 'True')?.type;
  }

  sets(): StatefulSet[] {
    return this.kubernetes.store.all<StatefulSet>(kinds.statefulSet);
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

  /** The pods behind the operator's own Service. */
  endpoints(): string[] {
    const ref = { ...kinds.endpoints, namespace: 'default', name: 'ee' };
    const subsets = this.kubernetes.store.find<Endpoints>(ref)?.subsets ?? [];
    return subsets.flatMap(({ addresses = [] }) => addresses.map((address) => address.targetRef!.name)).sort();
  }

  events(): string[] {
    return this.kubernetes.store
      .all<Event>({ apiVersion: 'v1', kind: 'Event' })
      .map(({ reason, message }) => `${reason}: ${message}`);
  }

  /** Seconds at which a pass began. */
  passes(): number[] {
    return this.calls.filter(({ verb, kind }) => verb === 'get' && kind === KIND).map(({ at }) => at);
  }
}
