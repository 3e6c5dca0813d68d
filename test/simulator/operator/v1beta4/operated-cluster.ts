import { API_VERSION, type EmqxEnterprise, HOLD_DELAY_SECONDS, KIND, withDefaults } from '../../../../src/resource';
import { SimulatedClock } from '../../../../src/simulator/clock';
import type { Endpoints } from '../../../../src/simulator/kubernetes/core-types';
import { kinds } from '../../../../src/simulator/kubernetes/kinds';
import type { OperatorVariant } from '../../../../src/simulator/operator/v1beta4/pass';
import { OperatedWorld } from '../operated-world';
import { FakeEmqx, type FakeEmqxOptions } from './fake-emqx';

export interface OperatedClusterOptions extends Partial<FakeEmqxOptions> {
  variant?: OperatorVariant;
  replicas?: number;
  /** Of the Kubernetes API. */
  latencyMs?: number;
  initialDelaySeconds?: number;
}

/** A simulated cluster with an operator at work on the resource `ee`. All times are seconds since `mark()`. */
export class OperatedCluster extends OperatedWorld<FakeEmqx> {
  private readonly ref = { apiVersion: API_VERSION, kind: KIND, namespace: 'default', name: 'ee' };

  constructor(readonly options: OperatedClusterOptions = {}) {
    const clock = new SimulatedClock();
    const { variant, latencyMs } = options;
    const emqx = new FakeEmqx(clock, {
      bootMs: 15_000,
      stopMs: 2_000,
      connections: 1000,
      sessions: 100,
      textMs: 0,
      ...options,
    });
    super(clock, emqx, { ...(variant && { variant }), ...(latencyMs !== undefined && { latencyMs }) });
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

  status(): NonNullable<EmqxEnterprise['status']> {
    return this.kubernetes.store.get<EmqxEnterprise>(this.ref).status ?? {};
  }

  /** What `kubectl get` prints: the type of the first condition that is true. */
  column(): string | undefined {
    return this.status().conditions?.find(({ status }) => status === 'True')?.type;
  }

  /** The pods behind the operator's own Service. */
  endpoints(): string[] {
    const ref = { ...kinds.endpoints, namespace: 'default', name: 'ee' };
    const subsets = this.kubernetes.store.find<Endpoints>(ref)?.subsets ?? [];
    return subsets.flatMap(({ addresses = [] }) => addresses.map((address) => address.targetRef!.name)).sort();
  }

  /** Seconds at which a pass began. */
  passes(): number[] {
    return this.calls.filter(({ verb, kind }) => verb === 'get' && kind === KIND).map(({ at }) => at);
  }
}
