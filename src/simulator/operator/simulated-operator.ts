import type { EmqxTransport } from '../../emqx/transport';
import type { KubeApi } from '../../kubernetes/kube-api';
import { API_VERSION, type EmqxEnterprise, KIND } from '../../resource';
import type { Clock } from '../../upgrade/ports';
import type { Random } from '../random';
import { EventRecorder } from './event-recorder';
import { OperatorPanic } from './failure';
import type { OperatorVariant } from './pass';
import { enterpriseRef, Reconciler } from './reconciler';
import { WorkQueue } from './work-queue';

/** Milliseconds until a crashed operator works again; twice as long after each further crash within ten minutes. */
const restart = { firstMs: 10_000, longestMs: 300_000, forgottenMs: 600_000 };

/** Milliseconds until a broken watch is opened again. */
const rewatchMs = 1_000;

export interface SimulatedOperatorOptions {
  api: KubeApi;
  transport: EmqxTransport;
  clock: Clock;
  random: Random;
  /** The one namespace that it watches. */
  namespace: string;
  /** @default 'stock' */
  variant?: OperatorVariant;
}

/**
 * The EmqxEnterprise controller of the stock EMQX Operator 2.2.29, as measured.
 *
 * - A pass begins when a resource appears, goes, or changes its generation; and 20 s after each full pass. It watches neither
 *   stateful sets nor pods.
 * - One pass at a time, over all resources; requests to EMQX have no time-out.
 * - What kills the process (a panic) loses the queue; after the restart every resource gets a pass.
 *
 * It needs nothing but the ports, so it works against a real API server as well.
 *
 * @see EMQX Operator 2.2.29, `controllers/apps/v1beta4`
 */
export class SimulatedOperator {
  private crashes: OperatorPanic[] = [];
  private failure: Error | undefined;

  constructor(private readonly options: SimulatedOperatorOptions) {}

  /** What killed the process so far, oldest first. */
  get panics(): readonly OperatorPanic[] {
    return this.crashes;
  }

  /** The error that ended its last pass; undefined when the pass was completed. */
  get lastFailure(): Error | undefined {
    return this.failure;
  }

  /** Works until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    let inARow = 0;
    while (!signal.aborted) {
      const since = clock.now();
      try {
        await this.process(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof OperatorPanic)) throw error;
        this.crashes.push(error);
        inARow = clock.now() - since > restart.forgottenMs ? 1 : inARow + 1;
        const pause = Math.min(restart.firstMs * 2 ** (inARow - 1), restart.longestMs);
        await clock.sleep(pause, signal).catch(() => undefined);
      }
    }
  }

  /** One life of the process. */
  private async process(outer: AbortSignal): Promise<void> {
    const life = new AbortController();
    const signal = AbortSignal.any([outer, life.signal]);
    const queue = new WorkQueue(this.options.clock, signal);
    const watching = this.watch(queue, signal);
    try {
      await this.work(queue, signal);
    } finally {
      life.abort();
      await watching;
    }
  }

  private async work(queue: WorkQueue, signal: AbortSignal): Promise<void> {
    const { api, transport, clock, random, namespace, variant = 'stock' } = this.options;
    const events = new EventRecorder(api, clock, signal);
    const reconciler = new Reconciler({ api, transport, clock, random, variant, events });
    for (let name = await queue.next(); name !== undefined; name = await queue.next()) {
      try {
        const dueMs = await reconciler.reconcile(enterpriseRef(namespace, name), signal);
        this.failure = undefined;
        queue.forget(name);
        if (dueMs !== undefined) queue.addAfter(name, dueMs);
      } catch (error) {
        if (signal.aborted) return;
        this.failure = error as Error;
        if (error instanceof OperatorPanic) throw error;
        queue.addRateLimited(name);
      }
      queue.done(name);
    }
  }

  /** Adds a resource when it is new, gone, or has another generation. */
  private async watch(queue: WorkQueue, signal: AbortSignal): Promise<void> {
    const { api, clock, namespace } = this.options;
    const query = { apiVersion: API_VERSION, kind: KIND, namespace };
    const generations = new Map<string, number | undefined>();
    const see = ({ metadata }: EmqxEnterprise) => {
      const known = generations.has(metadata.name) && generations.get(metadata.name) === metadata.generation;
      generations.set(metadata.name, metadata.generation);
      if (!known) queue.add(metadata.name);
    };
    while (!signal.aborted) {
      try {
        const { items, resourceVersion } = await api.list<EmqxEnterprise>(query, signal);
        for (const item of items) see(item);
        for await (const { type, object } of api.watch<EmqxEnterprise>(query, { resourceVersion }, signal)) {
          if (type === 'DELETED') {
            generations.delete(object.metadata.name);
            queue.add(object.metadata.name);
          } else see(object);
        }
      } catch {
        // Whatever broke the watch: list again and continue from there.
      }
      await clock.sleep(rewatchMs, signal).catch(() => undefined);
    }
  }
}
