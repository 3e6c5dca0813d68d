import { type EmqxRequest, type EmqxResponse, TransportError } from '../../emqx/transport';
import type { KubeApi, KubeObject } from '../../kubernetes';
import { KubeApiError } from '../../kubernetes';
import { type EmqxResource, generationOf } from '../../resource';
import type { Phase, ProgressEvent, UpgradeRequest } from '../../upgrade';
import { mergePatch } from '../../upgrade/changes';
import type { SimulatedClock } from '../clock';
import { InMemoryKubeApi } from '../kubernetes/in-memory-api';
import { World } from '../world';
import { Authorship } from './attributed-store';
import type { EngineCall, Meet, Moment } from './engine-call';
import { EngineProcess } from './engine-process';
import { Judge } from './judge';
import { Observers, type Stage, setStage } from './stage';
import { CLUSTER, lineOf, NAMESPACE, resourceOf, type StageSize, type Wanted } from './stage-objects';
import { Trace } from './trace';

/** Receives the events of the engine's processes and, as actions, the faults they meet. */
export type Watch = (event: ProgressEvent) => void;

/** Takes the place of a node's answer. */
export type Answer = (call: EngineCall, request: EmqxRequest) => EmqxResponse | undefined;

/** One run of the production engine in a simulated world, with everything that faults may do to it. */
export class Scene {
  readonly judge: Judge;
  readonly trace: Trace;
  readonly desired: EmqxResource;
  /** The API as a kubectl user has it. */
  readonly user: KubeApi;
  readonly processes: EngineProcess[] = [];
  readonly meets = new Set<Meet>();
  readonly answers = new Set<Answer>();
  /** Until when pods may be missing because of a quota, ms since the epoch; and how many policies there were. */
  quotaUntil = Number.NEGATIVE_INFINITY;
  policies = 0;
  /** How late watches report events, ms. */
  watchLagMs = 0;
  private readonly authorship = new Authorship();
  /** Faults that are planned or under way, and those of them that still wait for their phase. */
  troubles = 0;
  waitingTroubles = 0;
  private over = false;
  private readonly endings: (() => void)[] = [];
  private writes = 0;
  private others = 0;

  private constructor(
    readonly stage: Stage,
    observers: Observers,
    watch: Watch,
  ) {
    const { world, size } = stage;
    this.trace = new Trace(world.clock, watch);
    this.desired = resourceOf(size, 'new');
    this.user = new InMemoryKubeApi(world.clock, this.authorship.storeOf(world.kubernetes.store, 'user'));
    this.judge = new Judge({
      stage,
      observers,
      authorship: this.authorship,
      trace: this.trace,
      works: (holder) => this.processes.some((each) => each.holder === holder && !each.isDead && !each.isFrozen),
      watchLagMs: () => this.watchLagMs,
      isProcess: (author) => this.processes.some(({ holder }) => holder === author),
    });
  }

  /** A world with a cluster at rest. Call inside of `clock.run`; see {@link withScene}. */
  static async set(world: World, size: StageSize, observers: Observers, watch: Watch): Promise<Scene> {
    return new Scene(await setStage(world, size, observers), observers, watch);
  }

  get world(): World {
    return this.stage.world;
  }

  get clock(): SimulatedClock {
    return this.stage.world.clock;
  }

  get request(): UpgradeRequest {
    const { pacing } = this.stage.size;
    return { desired: this.desired, pacing, limits: { readyMs: this.stage.size.readySeconds * 1_000 } };
  }

  /** How many requests with an effect all processes have made so far. */
  get writesSoFar(): number {
    return this.writes;
  }

  /** The process that holds the lease, if it is alive. */
  get driver(): EngineProcess | undefined {
    const holder = this.judge.facts.leaseHolder;
    return this.processes.find((each) => each.holder === holder && !each.isDead);
  }

  process(name?: string): EngineProcess {
    const holder = name ?? `other-${++this.others}`;
    const process = new EngineProcess({
      world: this.world,
      authorship: this.authorship,
      holder,
      kind: this.desired.kind,
      meet: (call, moment) => this.meet(call, moment),
      nextWrite: () => this.writes++,
      answer: (call, request) => {
        for (const answer of this.answers) {
          const given = answer(call, request);
          if (given) return given;
        }
        return undefined;
      },
      watchLagMs: () => this.watchLagMs,
      changes: () => void this.judge.health.tick(),
      progress: (event) => this.judge.reported(holder, event),
      answered: (call, hasFailed) => this.judge.answered(call, hasFailed),
    });
    this.processes.push(process);
    return process;
  }

  /** Whether the run is over: no more faults begin. */
  get isOver(): boolean {
    return this.over;
  }

  /** Calls back when the run is over. */
  atEnd(callback: () => void): void {
    this.endings.push(callback);
  }

  /** No more faults: what remains of them is removed, and every process ends. */
  end(): void {
    this.over = true;
    this.meets.clear();
    this.answers.clear();
    this.watchLagMs = 0;
    for (const callback of this.endings) callback();
    for (const process of this.processes) process.kill();
  }

  /** The engine is separated from the cluster for this long: meanwhile its reaction time is not measured. */
  disturb(ms: number): void {
    this.judge.health.disturb(ms);
  }

  /** Resolves once the run is in this phase, or past it; false when it ends before. */
  async reached(phase: Phase): Promise<boolean> {
    const isReached = () => this.judge.facts.journal?.began[phase] !== undefined;
    if (isReached() || this.over) return isReached();
    this.waitingTroubles++;
    await new Promise<void>((resolve) => {
      const ignore = this.world.kubernetes.store.subscribe(() => {
        if (!isReached()) return;
        ignore();
        resolve();
      });
      this.atEnd(resolve);
    });
    this.waitingTroubles--;
    return !this.over;
  }

  /** The current value of the custom resource, changed by the user. */
  async edit(spec: Record<string, unknown>): Promise<void> {
    const { resource } = this.judge.facts;
    await this.user.patch(refTo(resource), { type: 'merge', body: { spec } });
  }

  /** Gives the custom resource other pod templates, and keeps the rest. */
  async setTemplate(wanted: Wanted): Promise<void> {
    const [before, after] = [this.judge.facts.resource, resourceOf(this.stage.size, wanted)].map(templatesOf);
    await this.edit(mergePatch(before!, after!));
  }

  /** @throws what a process meets whose request took effect and was never answered */
  loseReply({ to, target }: EngineCall): never {
    this.disturb(6_000);
    if (to === 'emqx') throw new TransportError('reset', `connection reset by ${target}`);
    throw new KubeApiError(0, 'Unreachable', 'socket hang up');
  }

  /** Sends a request to the run as kubectl would. */
  async ask(request: string): Promise<boolean> {
    const ref = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: NAMESPACE,
      name: generationOf(this.desired).companionOf(CLUSTER),
    };
    try {
      await this.user.patch(ref, { type: 'merge', body: { data: { request } } });
      return true;
    } catch (error) {
      if (error instanceof KubeApiError && error.code === 'NotFound') return false;
      throw error;
    }
  }

  /** Ends a node's process: in place, or with its pod and what was on its volume. */
  crash(pod: string, data: 'kept' | 'lost'): void {
    const { causes } = this.judge;
    this.trace.describe(`${pod} crashes, data ${data}`);
    causes.crashing = pod;
    causes.crashed.add(pod);
    this.world.pods.crash(NAMESPACE, pod);
    causes.crashing = undefined;
    if (this.stage.size.durable) void this.noteUnstored(pod);
    if (data === 'kept') return;
    causes.volumesLost = true;
    const { store } = this.world.kubernetes;
    const ref = { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name: pod };
    if (store.find(ref)) this.authorship.as('user', () => store.delete(ref, 0));
  }

  /**
   * EMQX acknowledges what it cannot store while a core is down that most replicas of a shard are on, and that is lost whatever
   * anybody does: measured with 5.8.9.
   */
  private async noteUnstored(pod: string): Promise<void> {
    const { facts, causes } = this.judge;
    const { messages } = this.stage.ledger;
    const canStore = () => {
      const durable = this.world.pods.running.find(({ node }) => node.isListening)?.node.durable;
      return durable?.storages.every((name) => durable.shards(name)?.every(({ isAvailable }) => isAvailable)) ?? true;
    };
    if (canStore()) return;
    const first = messages.acknowledgedCount;
    while (!canStore() && facts.isThere(pod) && !this.over) await this.clock.sleep(100);
    causes.unstored.push({ first, next: messages.acknowledgedCount });
  }

  private async meet(call: EngineCall, moment: Moment): Promise<void> {
    for (const meet of [...this.meets]) await meet(call, moment);
    if (call.writes && moment === 'before') this.judge.ordered(call);
  }
}

/** Sets the stage on a new world and plays on it until `play` has ended. */
export async function withScene<T>(
  seed: number,
  size: StageSize,
  play: (scene: Scene) => Promise<T>,
  watch: Watch = () => undefined,
): Promise<T> {
  const observers = new Observers();
  const durable = size.durable && { durableSessions: () => ({}) };
  const { operatorLatencyMs: emqxControllerLatencyMs, shutdownMs, maxConnRate } = size;
  const slowness = {
    emqxControllerLatencyMs,
    timings: { shutdownMs },
    ...(maxConnRate !== undefined && { maxConnRate }),
  };
  const world = new World({
    ...{ seed, observer: observers.first, emqxOperator: lineOf(size) },
    ...slowness,
    ...durable,
  });
  try {
    return await world.clock.run(async () => play(await Scene.set(world, size, observers, watch)));
  } finally {
    world.stop();
  }
}

/** The part of the spec that the operator makes nodes of. */
function templatesOf({ kind, spec }: EmqxResource): Record<string, unknown> {
  const fields = kind === 'EMQX' ? ['image', 'coreTemplate', 'replicantTemplate'] : ['template'];
  return Object.fromEntries(Object.entries(spec).filter(([field]) => fields.includes(field)));
}

export function refTo({ apiVersion, kind, metadata: { namespace, name } }: KubeObject) {
  return { apiVersion, kind, namespace: namespace ?? NAMESPACE, name };
}
