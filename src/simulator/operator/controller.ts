import type { KindRef, KubeApi, KubeObject, ObjectRef } from '../../kubernetes/kube-api';
import { AnySignal } from '../../upgrade/any-signal';
import type { Clock } from '../../upgrade/ports';
import { OperatorPanic } from './failure';
import { WorkQueue } from './work-queue';

/** Milliseconds until a broken watch is opened again. */
const rewatchMs = 1_000;

/**
 * When the next pass over a resource is due: after so many milliseconds; `'again'`: after a back-off, as after a failure;
 * undefined: when the resource changes.
 */
export type NextPass = number | 'again' | undefined;

export interface ControllerOptions {
  api: KubeApi;
  clock: Clock;
  /** The one namespace that it watches. */
  namespace: string;
  /** The kind of its resources. */
  kind: KindRef;
  /**
   * One pass over one resource.
   *
   * @throws OperatorPanic when the operator's process would die
   * @throws Error for a failure that calls for a back-off
   */
  reconcile(ref: ObjectRef, signal: AbortSignal): Promise<NextPass>;
  /** Is given the error that ended a pass, or undefined when a pass was completed. */
  report(failure: Error | undefined): void;
}

/**
 * What controller-runtime makes of a reconciler: one pass at a time, over all resources of a kind. A pass begins when a resource
 * appears, goes, or changes its generation, and when the pass before it said so. Sets and pods are not watched.
 */
export class Controller {
  constructor(private readonly options: ControllerOptions) {}

  /** Works until the signal aborts. @throws OperatorPanic */
  async run(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const either = new AnySignal(signal, over.signal);
    const { signal: life } = either;
    const queue = new WorkQueue(this.options.clock, life);
    const watching = this.watch(queue, life);
    try {
      await this.work(queue, life);
    } finally {
      over.abort();
      await watching;
      either.release();
    }
  }

  private async work(queue: WorkQueue, signal: AbortSignal): Promise<void> {
    const { kind, namespace, reconcile, report } = this.options;
    for (let name = await queue.next(); name !== undefined; name = await queue.next()) {
      try {
        const next = await reconcile({ ...kind, namespace, name }, signal);
        report(undefined);
        if (next === 'again') queue.addRateLimited(name);
        else {
          queue.forget(name);
          if (next !== undefined) queue.addAfter(name, next);
        }
      } catch (error) {
        if (signal.aborted) return;
        report(error as Error);
        if (error instanceof OperatorPanic) throw error;
        queue.addRateLimited(name);
      }
      queue.done(name);
    }
  }

  /** Adds a resource when it is new, gone, or has another generation. */
  private async watch(queue: WorkQueue, signal: AbortSignal): Promise<void> {
    const { api, clock, namespace, kind } = this.options;
    const query = { ...kind, namespace };
    const generations = new Map<string, number | undefined>();
    const see = ({ metadata }: KubeObject) => {
      const known = generations.has(metadata.name) && generations.get(metadata.name) === metadata.generation;
      generations.set(metadata.name, metadata.generation);
      if (!known) queue.add(metadata.name);
    };
    while (!signal.aborted) {
      try {
        const { items, resourceVersion } = await api.list(query, signal);
        for (const item of items) see(item);
        for await (const { type, object } of api.watch(query, { resourceVersion }, signal)) {
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
