import { setMaxListeners } from 'node:events';
import type { Clock } from '../upgrade';
import type { KubeApi, KubeObject, ListQuery, ObjectRef, Patch, PatchOptions } from './kube-api';
import { Reflector } from './reflector';

/** How a list may be answered. */
export interface ListOptions {
  /** Read from the server, whatever the watches say: they may be broken unnoticed. @default false */
  fresh?: boolean;
}

/**
 * A Kubernetes API whose lists cost no requests once they are followed: the first list of a query starts a watch, and the
 * watches answer from then on. Writes through it are seen at once.
 */
export class FollowedApi {
  private readonly reflectors = new Map<string, Reflector>();
  private following: AbortSignal | undefined;
  private readonly waiting = new Set<() => void>();
  private isStale = false;

  constructor(
    private readonly api: KubeApi,
    private readonly clock: Clock,
  ) {}

  /** Lists are followed from now on, until the signal aborts. */
  follow(signal: AbortSignal): void {
    this.following = signal;
    setMaxListeners(0, signal); // every watch is a listener
    const end = () => {
      this.following = undefined;
      this.reflectors.clear();
      this.changed();
    };
    signal.addEventListener('abort', end, { once: true });
  }

  /** What time it is at the API server. */
  time(): number | undefined {
    return this.api.time();
  }

  /** An observation begins: it may miss what changes from now on. */
  look(): void {
    this.isStale = false;
  }

  /**
   * Resolves when another process has changed something since the latest observation began, or when the signal aborts. Without a
   * watch no change is noticed.
   */
  change(signal: AbortSignal): Promise<void> {
    if (this.isStale) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  async list<T extends KubeObject>(query: ListQuery, options: ListOptions, signal?: AbortSignal): Promise<T[]> {
    const { following } = this;
    if (!following) return (await this.api.list<T>(query, signal)).items;
    const key = JSON.stringify([query.apiVersion, query.kind, query.namespace, query.name, query.labels]);
    const known = this.reflectors.get(key) as Reflector<T> | undefined;
    if (known) return (options.fresh ? undefined : known.items) ?? (await known.list(signal));
    const reflector = new Reflector<T>(this.api, this.clock, query, () => this.changed());
    const items = await reflector.list(signal);
    // Meanwhile another observation may have started the same watch, or following has ended.
    if (this.following === following && !this.reflectors.has(key)) {
      this.reflectors.set(key, reflector as unknown as Reflector);
      void reflector.run(following);
    }
    return items;
  }

  get<T extends KubeObject>(ref: ObjectRef, signal?: AbortSignal): Promise<T> {
    return this.api.get<T>(ref, signal);
  }

  async create<T extends KubeObject>(object: T, signal?: AbortSignal): Promise<T> {
    return this.seen(await this.api.create(object, signal));
  }

  async patch<T extends KubeObject>(
    ref: ObjectRef,
    patch: Patch,
    options: PatchOptions = {},
    signal?: AbortSignal,
  ): Promise<T> {
    return this.seen(await this.api.patch<T>(ref, patch, options, signal));
  }

  scale(ref: ObjectRef, replicas: number, signal?: AbortSignal): Promise<void> {
    return this.api.scale(ref, replicas, signal);
  }

  private seen<T extends KubeObject>(object: T): T {
    for (const reflector of this.reflectors.values()) reflector.put(object);
    return object;
  }

  private changed(): void {
    this.isStale = true;
    for (const wake of [...this.waiting]) wake();
  }
}
