import {
  type Emqx,
  type EmqxSpec,
  type EmqxStatus,
  HOLD_DELAY_SECONDS,
  ON_SERVING_GATE,
} from '../../../../src/resource';
import { SimulatedClock } from '../../../../src/simulator/clock';
import {
  conditionOf,
  type EndpointSlice,
  type Pod,
  type ReplicaSet,
  type StatefulSet,
} from '../../../../src/simulator/kubernetes/core-types';
import { kinds } from '../../../../src/simulator/kubernetes/kinds';
import { OperatedWorld } from '../operated-world';
import { FakeEmqx, type FakeEmqxOptions } from './fake-emqx';

export interface OperatedEmqxOptions extends Partial<FakeEmqxOptions> {
  cores?: number;
  /** @default 0, no template */
  replicants?: number;
  spec?: Partial<EmqxSpec>;
  /** Of the Kubernetes API. @default 3, with which a pass over six pods takes the 0.2 s that were measured */
  latencyMs?: number;
}

/** One state of the resource: its conditions, newest first, and per role old hash, new hash, running/wanted nodes. */
export interface Seen {
  conds: string;
  core: readonly [string | null, string | null, string];
  repl?: readonly [string | null, string | null, string];
  ev: readonly string[];
}

const EMQX = { apiVersion: 'apps.emqx.io/v2beta1', kind: 'EMQX' } as const;

/** A simulated cluster with an operator at work on the EMQX `e`. All times are seconds since `mark()`. */
export class OperatedEmqx extends OperatedWorld<FakeEmqx> {
  /** Each state of the resource that differs from the one before it. */
  readonly seen: (Seen & { at: number })[] = [];
  readonly ref = { ...EMQX, namespace: 'default', name: 'e' };

  constructor(readonly options: OperatedEmqxOptions = {}) {
    const clock = new SimulatedClock();
    super(clock, new FakeEmqx(clock, options), { latencyMs: options.latencyMs ?? 3 });
    this.kubernetes.store.subscribe(({ object }) => {
      if (object.kind !== EMQX.kind) return;
      const now = seenOf((object as Emqx).status ?? {});
      const { at: _, ...before } = this.seen.at(-1) ?? { at: 0 };
      if (JSON.stringify(before) !== JSON.stringify(now)) this.seen.push({ ...now, at: this.seconds() });
    });
  }

  create(): void {
    const { cores = 3, replicants = 0, spec } = this.options;
    const resource: Emqx = {
      ...EMQX,
      metadata: { name: 'e', namespace: 'default' },
      spec: {
        image: 'emqx/emqx-enterprise:5.8.8',
        config: { mode: 'Merge', data: '' },
        clusterDomain: 'cluster.local',
        revisionHistoryLimit: 3,
        updateStrategy: {
          initialDelaySeconds: 5,
          evacuationStrategy: { waitTakeover: 3, connEvictRate: 100, sessEvictRate: 100 },
        },
        coreTemplate: { spec: { replicas: cores } },
        ...(replicants > 0 && { replicantTemplate: { spec: { replicas: replicants } } }),
        ...spec,
      },
    };
    this.kubernetes.store.create(resource);
  }

  /** Creates the cluster, waits until it is Ready and at rest, and connects clients. */
  async createAndSettle(clients = 900): Promise<void> {
    this.create();
    await this.until('Ready', () => this.column() === 'Ready', 120);
    await this.sleep(2);
    this.emqx.connect(clients, this.options.replicants ? 'replicant' : 'core');
    this.mark();
  }

  change(change: (spec: EmqxSpec) => void): void {
    this.kubernetes.store.update<Emqx>(this.ref, ({ spec }) => {
      change(spec);
      return undefined;
    });
  }

  /** Another image, and a delay that never ends. */
  hold(image = 'emqx/emqx-enterprise:5.8.9'): void {
    this.change((spec) => {
      spec.image = image;
      spec.updateStrategy!.initialDelaySeconds = HOLD_DELAY_SECONDS;
    });
  }

  /** Holds an upgrade, and waits until only green pods serve. */
  async holdUpgrade(): Promise<void> {
    this.hold();
    await this.until('Available, two revisions', () => this.column() === 'Available' && this.isTwo());
    await this.until('green only', () => this.endpoints().every((pod) => this.isGreen(pod)));
  }

  isTwo(): boolean {
    const { coreNodesStatus: core = {} } = this.status();
    return core.currentRevision !== core.updateRevision;
  }

  /** Of the update set of its role. */
  isGreen(pod: string): boolean {
    const { coreNodesStatus = {}, replicantNodesStatus = {} } = this.status();
    return [coreNodesStatus.updateRevision, replicantNodesStatus.updateRevision].some((hash) =>
      pod.includes(`-${hash}-`),
    );
  }

  /** Pods of the current set of a role that is to be replaced. */
  blue(role: 'core' | 'replicant' = 'core'): string[] {
    return this.pods(this.nameOf(role, 'currentRevision'));
  }

  green(role: 'core' | 'replicant' = 'core'): string[] {
    return this.pods(this.nameOf(role, 'updateRevision'));
  }

  nameOf(role: 'core' | 'replicant', revision: 'currentRevision' | 'updateRevision'): string {
    const { coreNodesStatus = {}, replicantNodesStatus = {} } = this.status();
    return `e-${role}-${(role === 'core' ? coreNodesStatus : replicantNodesStatus)[revision]}`;
  }

  resource(): Emqx {
    return this.kubernetes.store.get<Emqx>(this.ref);
  }

  status(): EmqxStatus {
    return this.resource().status ?? {};
  }

  /** What `kubectl get` prints: the type of the first condition that is true. */
  column(): string | undefined {
    return this.status().conditions?.find(({ status }) => status === 'True')?.type;
  }

  /** Sets with the replicas asked for and those that are Ready, by name. */
  sizes(): Record<string, string> {
    const sets: (StatefulSet | ReplicaSet)[] = [...this.sets(), ...this.replicaSets()];
    return Object.fromEntries(
      sets.map(({ metadata, spec, status }) => [metadata.name, `${spec.replicas}/${status?.readyReplicas ?? 0}`]),
    );
  }

  /** The pods behind one of the operator's Services. */
  endpoints(service = 'e-listeners'): string[] {
    return this.kubernetes.store
      .all<EndpointSlice>(kinds.endpointSlice)
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
      .flatMap(({ endpoints }) => endpoints.flatMap((each) => (each.conditions.ready ? each.targetRef!.name : [])))
      .sort();
  }

  gates(pods: readonly string[]): (string | undefined)[] {
    return pods.map((name) =>
      conditionOf(this.kubernetes.store.get<Pod>({ ...kinds.pod, namespace: 'default', name }), ON_SERVING_GATE),
    );
  }

  /** Seconds at which a pass began. */
  passes(): number[] {
    return this.calls
      .filter(({ verb, kind, name }) => verb === 'create' && kind === 'Secret' && name === 'e-node-cookie')
      .map(({ at }) => at);
  }
}

function seenOf({ conditions = [], nodeEvacuationsStatus = [], ...status }: EmqxStatus): Seen {
  const counts = ({
    currentRevision,
    updateRevision,
    readyReplicas = 0,
    replicas = 0,
  }: NonNullable<EmqxStatus['coreNodesStatus']>) =>
    [currentRevision ?? null, updateRevision ?? null, `${readyReplicas}/${replicas}`] as const;
  const { coreNodesStatus = {}, replicantNodesStatus } = status;
  return {
    conds: conditions.map(({ type }) => type).join('>'),
    core: counts(coreNodesStatus),
    ...(replicantNodesStatus?.updateRevision && { repl: counts(replicantNodesStatus) }),
    ev: nodeEvacuationsStatus.map(({ state = '' }) => state),
  };
}
