import { setMaxListeners } from 'node:events';
import { managementPorts, type Prober } from '../../emqx';
import type { EmqxRequest, EmqxResponse, EmqxTransport, PodRef } from '../../emqx/transport';
import { Cluster, type KubeApi, type KubeApiError } from '../../kubernetes';
import type { KubeObject, ListQuery, WatchEvent, WatchOptions } from '../../kubernetes/kube-api';
import type { EmqxResource } from '../../resource';
import type { Clock, ProgressEvent, UpgradeContext } from '../../upgrade';
import type { SimulatedClock } from '../clock';
import { type ApiCall, InMemoryKubeApi } from '../kubernetes/in-memory-api';
import type { World } from '../world';
import type { Authorship } from './attributed-store';
import { type EngineCall, emqxCall, kubernetesCall, type Meet } from './engine-call';
import { CLUSTER, NAMESPACE } from './stage-objects';

/** The error that a process's code gets once it was killed: it has no effect. */
export class ProcessKilled extends Error {
  override readonly name = 'ProcessKilled';
}

export interface ProcessOptions {
  world: World;
  authorship: Authorship;
  /** Name under which it would hold the lease. */
  holder: string;
  /** Of the custom resource. */
  kind: EmqxResource['kind'];
  meet: Meet;
  /** The number of the next write of all processes. */
  nextWrite: () => number;
  /** Replaces the answer of a node, before the request is sent. */
  answer: (call: EngineCall, request: EmqxRequest) => EmqxResponse | undefined;
  /** How late the events of a watch are now, in ms. */
  watchLagMs: () => number;
  progress: (event: ProgressEvent) => void;
  /** Called when a request was answered, or has failed. */
  answered: (call: EngineCall, hasFailed: boolean) => void;
  /** Called before and after the process ceases to work. */
  changes: () => void;
}

/**
 * One process that runs the engine, with ports of its own: it can be killed, so that its calls no longer have any effect, and
 * paused, so that it stops while the world continues.
 */
export class EngineProcess {
  readonly context: UpgradeContext;
  /** What a program in it needs that makes contexts of its own. */
  readonly link: { api: KubeApi; clock: Clock; transport: () => EmqxTransport; prober: Prober };
  readonly api: InMemoryKubeApi;
  private readonly death = new AbortController();
  /** The watches that are open. */
  private readonly streams = new Set<Stream>();
  private frozenUntil = 0;

  constructor(private readonly options: ProcessOptions) {
    const { world, authorship, holder, kind, progress } = options;
    setMaxListeners(0, this.death.signal);
    const { clock } = world;
    this.api = new InMemoryKubeApi(clock, authorship.storeOf(world.kubernetes.store, holder), {
      intercept: (call, perform) => this.intercept(call, perform),
    });
    const own: Clock = { now: () => clock.now(), sleep: (ms, signal) => this.sleep(ms, signal) };
    const [port, transport, prober] = [this.portOf(this.api), this.transport(), this.prober()];
    this.link = { api: port, clock: own, transport: () => transport, prober };
    const { apiVersion } = world.emqxOperator.dialect.kind;
    const version = kind === 'EMQX' && { apiVersion };
    const cluster = new Cluster({ api: port, clock: own, kind, namespace: NAMESPACE, name: CLUSTER, ...version });
    const ports = managementPorts(kind, cluster, { transport, prober, namespace: NAMESPACE });
    const report = (event: ProgressEvent) => {
      if (!this.isDead) progress(event);
    };
    this.context = { clock: own, cluster, ...ports, progress: { report }, holder };
  }

  get holder(): string {
    return this.options.holder;
  }

  get isDead(): boolean {
    return this.death.signal.aborted;
  }

  get isFrozen(): boolean {
    return this.options.world.clock.now() < this.frozenUntil;
  }

  /** Aborts when it is killed: what its code does after that has no effect. */
  get signal(): AbortSignal {
    return this.death.signal;
  }

  kill(): void {
    if (this.isDead) return;
    this.options.changes();
    this.death.abort(new ProcessKilled(`${this.holder} was killed`));
    this.options.world.clock.touch();
    this.options.changes();
  }

  freeze(ms: number): void {
    this.options.changes();
    this.frozenUntil = this.options.world.clock.now() + ms;
  }

  /** Its watches stop reporting; after this long they are found to be broken. */
  silenceWatches(ms: number): void {
    const { clock } = this.options.world;
    for (const stream of this.streams) {
      stream.isSilent = true;
      clock.scheduleWaking(ms, () => stream.fail(new Silence()));
    }
  }

  /** Ends its watches, as a server does that restarts. */
  endWatches(error: KubeApiError): void {
    this.api.endWatches(error);
  }

  private async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    try {
      await this.options.world.clock.sleep(ms, signal);
    } finally {
      await this.thaw();
    }
  }

  private async intercept<T>(call: ApiCall, perform: () => Promise<T>): Promise<T> {
    return this.through(kubernetesCall(this.holder, call), perform);
  }

  private async through<T>(call: Omit<EngineCall, 'write'>, perform: (call: EngineCall) => Promise<T>): Promise<T> {
    await this.thaw();
    const numbered: EngineCall = { write: call.writes ? this.options.nextWrite() : undefined, ...call };
    try {
      await this.options.meet(numbered, 'before');
      await this.thaw();
      const result = await perform(numbered);
      await this.options.meet(numbered, 'after');
      await this.thaw();
      this.options.answered(numbered, false);
      return result;
    } catch (error) {
      await this.thaw();
      this.options.answered(numbered, true);
      throw error;
    }
  }

  /** A process that is paused, or dead, does nothing, neither with an answer nor with an error. */
  private async thaw(): Promise<void> {
    const { clock } = this.options.world;
    while (this.isFrozen && !this.isDead) await clock.sleep(this.frozenUntil - clock.now());
    if (this.isDead) throw this.death.signal.reason as Error;
  }

  private transport(): EmqxTransport {
    const { world, holder, answer } = this.options;
    return {
      exchange: (pod: PodRef, request: EmqxRequest, signal?: AbortSignal): Promise<EmqxResponse> =>
        this.through(emqxCall(holder, pod.name, request), async (call) => {
          return answer(call, request) ?? (await world.transport.exchange(pod, request, signal));
        }),
    };
  }

  /** Probes, subject to the same faults as the management API. */
  private prober(): Prober {
    const { world, holder } = this.options;
    return {
      probe: (pod, listeners, signal) => {
        const call = { process: holder, to: 'emqx', verb: 'probe', target: pod.name, writes: false } as const;
        return this.through(call, () => world.prober.probe(pod, listeners, signal));
      },
    };
  }

  /** Watches whose events come late, or wait until the process continues. */
  private portOf(api: InMemoryKubeApi): KubeApi {
    const watch = <T extends KubeObject>(query: ListQuery, options: WatchOptions, signal: AbortSignal) =>
      this.resumed<T>(api, query, options, signal);
    return {
      time: () => api.time(),
      get: api.get.bind(api),
      list: api.list.bind(api),
      create: api.create.bind(api),
      patch: api.patch.bind(api),
      scale: api.scale.bind(api),
      delete: api.delete.bind(api),
      watch,
    };
  }

  /** A watch that is broken is followed by another one behind its last event, as {@link resumedWatch} does it. */
  private async *resumed<T extends KubeObject>(
    api: InMemoryKubeApi,
    query: ListQuery,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>, void> {
    for (let from = options; ; ) {
      try {
        for await (const event of this.late(api.watch<T>(query, from, signal), signal)) {
          from = { resourceVersion: event.object.metadata.resourceVersion ?? '' };
          yield event;
        }
        return;
      } catch (error) {
        if (!(error instanceof Silence)) throw error;
      }
    }
  }

  private async *late<T extends KubeObject>(
    events: AsyncIterable<WatchEvent<T>>,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>, void> {
    const { world, watchLagMs } = this.options;
    const stream: Stream = { isSilent: false, fail: () => undefined };
    this.streams.add(stream);
    try {
      for await (const { event, at } of stamped(events, stream, world.clock)) {
        const lagMs = at + watchLagMs() - world.clock.now();
        if (lagMs > 0) await world.clock.sleep(lagMs);
        await this.thaw();
        if (signal.aborted) return;
        yield event;
      }
    } finally {
      this.streams.delete(stream);
    }
  }
}

/** A watch has sent nothing for too long. */
class Silence extends Error {}

/** A watch that is open. */
interface Stream {
  /** No more events come. */
  isSilent: boolean;
  /** Ends it. */
  fail(error: Error): void;
}

/** Events with the time at which each came, regardless of when they are read. */
async function* stamped<E>(
  events: AsyncIterable<E>,
  stream: Stream,
  clock: SimulatedClock,
): AsyncGenerator<{ event: E; at: number }> {
  const queue: { event: E; at: number }[] = [];
  let ended: { error?: unknown } | undefined;
  let wake = () => {};
  stream.fail = (error) => {
    ended = { error };
    wake();
  };
  const pump = async () => {
    try {
      for await (const event of events) {
        if (stream.isSilent) continue;
        queue.push({ event, at: clock.now() });
        wake();
      }
      ended = {};
    } catch (error) {
      ended = { error };
    }
    wake();
  };
  void pump();
  for (;;) {
    const next = queue.shift();
    if (next) yield next;
    else if (ended) {
      if (ended.error !== undefined) throw ended.error;
      return;
    } else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}
