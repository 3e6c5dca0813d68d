import {
  type KubeApi,
  KubeApiError,
  type KubeObject,
  type ListQuery,
  type ObjectList,
  type ObjectRef,
  type Patch,
  type PatchOptions,
  type Subresource,
  type WatchEvent,
  type WatchOptions,
} from '../../kubernetes/kube-api';
import type { SimulatedClock } from '../clock';
import { mergePatch } from './merge-patch';
import { type ObjectStore, refOf } from './object-store';
import { WatchStream } from './watch-stream';

/** One request to the simulated API server. */
export interface ApiCall {
  verb: 'get' | 'list' | 'create' | 'patch' | 'scale' | 'delete' | 'watch';
  kind: string;
  namespace: string;
  /** Absent for a `list` and a `watch` that select no name. */
  name?: string;
  subresource?: Subresource;
  /** Whether nothing is stored, whatever comes of it. */
  dryRun?: boolean;
}

/**
 * Stands between the caller and the server, for faults: call `perform` to let the request through; throw before it and
 * nothing happened, throw after it and the answer was lost. A `watch` is intercepted when it opens.
 */
export type Intercept = <T>(call: ApiCall, perform: () => Promise<T>) => Promise<T>;

export interface InMemoryKubeApiOptions {
  /** Milliseconds of one round trip; half of it passes before the server acts. @default 4 */
  latencyMs?: number;
  /** @default every request goes through */
  intercept?: Intercept;
}

/**
 * The Kubernetes API on a simulated clock: {@link KubeApi} over an {@link ObjectStore}.
 *
 * What is returned is what is stored, and cannot be changed. Aborting a request that already reached the server does not undo it.
 */
export class InMemoryKubeApi implements KubeApi {
  private readonly streams = new Set<WatchStream<KubeObject>>();
  private readonly latencyMs: number;
  private readonly intercept: Intercept;

  constructor(
    private readonly clock: SimulatedClock,
    readonly store: ObjectStore,
    options: InMemoryKubeApiOptions = {},
  ) {
    this.latencyMs = options.latencyMs ?? 4;
    this.intercept = options.intercept ?? ((_, perform) => perform());
    store.subscribe((change) => {
      for (const stream of this.streams) stream.add(change);
    });
  }

  time(): number {
    return this.store.now;
  }

  get<T extends KubeObject>(ref: ObjectRef, signal?: AbortSignal): Promise<T> {
    return this.call({ verb: 'get', ...target(ref) }, signal, () => this.store.get<T>(ref));
  }

  list<T extends KubeObject>(query: ListQuery, signal?: AbortSignal): Promise<ObjectList<T>> {
    return this.call({ verb: 'list', ...selected(query) }, signal, () => ({
      items: this.store.list<T>(query),
      resourceVersion: this.store.resourceVersion,
    }));
  }

  create<T extends KubeObject>(object: T, signal?: AbortSignal): Promise<T> {
    // Nobody is refused anything here; the question is not stored.
    if (object.kind === 'SelfSubjectAccessReview') {
      return this.call({ verb: 'create', ...target(refOf(object)) }, signal, () => ({
        ...object,
        status: { allowed: true },
      }));
    }
    return this.call({ verb: 'create', ...target(refOf(object)) }, signal, () => this.store.create(object));
  }

  patch<T extends KubeObject>(
    ref: ObjectRef,
    patch: Patch,
    { subresource, dryRun = false }: PatchOptions = {},
    signal?: AbortSignal,
  ): Promise<T> {
    const part = subresource && { subresource };
    return this.call({ verb: 'patch', ...target(ref), ...part, ...(dryRun && { dryRun }) }, signal, () => {
      // What the subresource `scale` of a stateful set writes stands in its own spec.
      const options = { dryRun, ...(subresource === 'status' && { subresource }) };
      if (patch.type === 'apply') {
        const { body, fieldManager, force = false } = patch;
        const metadata = { ...body.metadata, name: ref.name, namespace: ref.namespace };
        return this.store.apply({ ...body, metadata }, fieldManager, force, options) as T;
      }
      const resourceVersion = (patch.body as Partial<KubeObject>).metadata?.resourceVersion;
      return this.store.update<T>(ref, (draft) => mergePatch(draft, patch.body), {
        ...options,
        ...(resourceVersion !== undefined && { resourceVersion }),
      });
    });
  }

  async scale(ref: ObjectRef, replicas: number, signal?: AbortSignal): Promise<void> {
    await this.call({ verb: 'scale', ...target(ref) }, signal, () =>
      this.store.update<KubeObject & { spec: { replicas: number } }>(ref, (draft) => {
        draft.spec.replicas = replicas;
        return undefined;
      }),
    );
  }

  async delete(ref: ObjectRef, options: { gracePeriodSeconds?: number } = {}, signal?: AbortSignal): Promise<void> {
    await this.call({ verb: 'delete', ...target(ref) }, signal, () => {
      this.store.delete(ref, options.gracePeriodSeconds);
    });
  }

  async *watch<T extends KubeObject>(
    query: ListQuery,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>, void> {
    const stream = new WatchStream<T>(query, () => this.clock.touch());
    const onAbort = () => stream.end();
    try {
      await this.call({ verb: 'watch', ...selected(query) }, signal, () => {
        for (const change of this.changesFor<T>(query, options)) stream.add(change);
        this.streams.add(stream);
      });
      if (signal.aborted) return;
      signal.addEventListener('abort', onAbort, { once: true });
      for await (const event of stream.events()) {
        if (signal.aborted) return;
        yield event;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.streams.delete(stream);
    }
  }

  /** Ends every open watch with an error, as a server does that restarts. */
  endWatches(error: KubeApiError = new KubeApiError(0, 'Unreachable', 'the watch was closed')): void {
    for (const stream of this.streams) stream.end(error);
  }

  private changesFor<T extends KubeObject>(query: ListQuery, { resourceVersion }: WatchOptions) {
    if (resourceVersion !== undefined) return this.store.changesSince(resourceVersion);
    return this.store.list<T>(query).map((object) => ({ type: 'ADDED' as const, object, revision: 0, at: 0 }));
  }

  private call<T>(call: ApiCall, signal: AbortSignal | undefined, act: () => T): Promise<T> {
    return this.intercept(call, async () => {
      await this.clock.sleep(this.latencyMs / 2, signal);
      const answer = act();
      await this.clock.sleep(this.latencyMs / 2, signal);
      return answer;
    });
  }
}

function selected({ kind, namespace, name }: ListQuery) {
  return { kind, namespace, ...(name !== undefined && { name }) };
}

function target({ kind, namespace, name }: ObjectRef) {
  return { kind, namespace, name };
}
