import { backOffMs, type Clock } from '../upgrade';
import { AnySignal } from '../upgrade/any-signal';
import {
  isKubeError,
  type KubeApi,
  type KubeObject,
  type ListQuery,
  type ObjectList,
  type WatchEvent,
} from './kube-api';

/**
 * The objects of one query, kept up to date: a list, then the changes after it, then a list again when the server no longer has
 * the version to continue from.
 */
export class Reflector<T extends KubeObject = KubeObject> {
  private objects = new Map<string, T>();
  private listed = false;
  private failure: unknown;
  /** The version from which the changes continue. */
  private version = '';
  /** Ends the wait for the next attempt. */
  private retry = new AbortController();

  /** @param changed called after each change that was not made through {@link put}. */
  constructor(
    private readonly api: KubeApi,
    private readonly clock: Clock,
    private readonly query: ListQuery,
    private readonly changed: () => void,
  ) {}

  /** The objects now; undefined while they are not known. @throws what the latest attempt to list or watch failed with */
  get items(): T[] | undefined {
    if (this.failure !== undefined) throw this.failure;
    return this.listed ? [...this.objects.values()] : undefined;
  }

  /** Lists now, whatever is known. @throws KubeApiError */
  async list(signal?: AbortSignal): Promise<T[]> {
    const list = await this.api.list<T>(this.query, signal);
    this.replace(list);
    this.retry.abort(); // the server answers: the watch is opened at once
    return list.items;
  }

  /** Keeps the objects up to date until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const who = JSON.stringify(this.query);
    for (let failures = 0; !signal.aborted; ) {
      try {
        if (!this.listed) {
          await this.list(signal);
          this.changed();
        }
        const behind = { resourceVersion: this.version };
        for await (const event of this.api.watch<T>(this.query, behind, signal)) {
          failures = 0;
          this.apply(event);
        }
      } catch (error) {
        if (signal.aborted) return;
        this.listed = false;
        if (isKubeError(error, 'Expired')) continue;
        const isFirst = this.failure === undefined;
        this.failure = error;
        if (isFirst) this.changed();
        this.retry = new AbortController();
        const either = new AnySignal(signal, this.retry.signal);
        try {
          await this.clock.sleep(backOffMs(++failures, who), either.signal).catch(() => undefined);
        } finally {
          either.release();
        }
      }
    }
  }

  /** Stores the result of a write: the watch reports it only later. */
  put(object: T): void {
    if (object.kind !== this.query.kind || object.apiVersion !== this.query.apiVersion) return;
    const known = this.objects.get(keyOf(object));
    // What the watch has reported may be later than a write whose answer comes only now: also that the object is gone.
    const isNew = this.query.name === object.metadata.name && versionOf(object) > Number(this.version);
    if (known ? isOlder(known, object) : isNew) this.keep(object);
  }

  private replace({ items, resourceVersion }: ObjectList<T>): void {
    this.failure = undefined;
    // The answer to a list may come after a change that happened after it.
    if (this.listed && Number(resourceVersion) < Number(this.version)) return;
    // So may the answer to a write.
    const later = [...this.objects].filter(([, object]) => versionOf(object) > Number(resourceVersion));
    this.objects = new Map([...items.map((object): [string, T] => [keyOf(object), object]), ...later]);
    this.version = resourceVersion;
    this.listed = true;
  }

  private apply({ type, object }: WatchEvent<T>): void {
    this.version = object.metadata.resourceVersion ?? this.version;
    const known = this.objects.get(keyOf(object));
    if (known && !isOlder(known, object)) return;
    if (type === 'DELETED') this.objects.delete(keyOf(object));
    else this.keep(object);
    this.changed();
  }

  private keep(object: T): void {
    this.objects.set(keyOf(object), object);
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/**
 * Whether the known version of an object is older than the reported one. Versions are increasing whole numbers.
 *
 * @see KEP-5504, comparable resource versions
 */
function isOlder(known: KubeObject, received: KubeObject): boolean {
  return versionOf(known) < versionOf(received);
}

function versionOf({ metadata }: KubeObject): number {
  return Number(metadata.resourceVersion);
}
