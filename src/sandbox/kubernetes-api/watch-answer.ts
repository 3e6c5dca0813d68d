import type { KubeObject } from '../../kubernetes/kube-api';
import { kindKey } from '../../simulator/kubernetes/kinds';
import type { ObjectStore, StoreChange } from '../../simulator/kubernetes/object-store';
import { Refused } from './refused';
import type { Representation } from './representation';
import type { ResourcePath } from './resource-path';
import type { Selector } from './selectors';
import { failure } from './status';

/** A line of a watch. */
export interface WatchLine {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: object;
}

/** How often a quiet watch reports its current version. */
const BOOKMARK_MS = 60_000;

/**
 * The changes of what a path leads to, as an API server reports them: from a version on, or after everything that exists.
 *
 * - An object that comes to match the selectors is ADDED, one that ceases to is DELETED.
 * - A version that was compacted is answered with an ERROR with the `Status` 410.
 * - With `allowWatchBookmarks` the version comes as a BOOKMARK now and then, and at the end of `timeoutSeconds`.
 */
export class WatchAnswer {
  private readonly from: string;
  private readonly bookmarks: boolean;
  private readonly timeoutMs: number | undefined;
  private isFirst = true;

  /** @throws Refused 422 for a list within the watch, which is to be made by a list request here */
  constructor(
    private readonly store: ObjectStore,
    private readonly path: ResourcePath,
    query: URLSearchParams,
    private readonly selector: Selector,
    private readonly form: Representation,
  ) {
    if (query.get('sendInitialEvents') === 'true') {
      const message = 'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch in the sandbox';
      throw new Refused(422, 'Invalid', message);
    }
    this.from = query.get('resourceVersion') ?? '';
    this.bookmarks = query.get('allowWatchBookmarks') === 'true';
    const seconds = Number(query.get('timeoutSeconds'));
    this.timeoutMs = seconds > 0 ? seconds * 1000 : undefined;
  }

  /**
   * Starts the watch; returns the function that stops it.
   *
   * @param end is called when there will be no more: after `timeoutSeconds`, or after an error.
   */
  start(emit: (line: WatchLine) => void, end: () => void): () => void {
    try {
      for (const change of this.past()) this.pass(change, emit);
    } catch (error) {
      emit({ type: 'ERROR', object: failure(error) });
      end();
      return () => undefined;
    }
    const unsubscribe = this.store.subscribe((change) => this.pass(change, emit));
    const bookmark = () => {
      if (this.bookmarks) emit({ type: 'BOOKMARK', object: this.form.bookmark(this.store.resourceVersion) });
    };
    const pulse = setInterval(bookmark, BOOKMARK_MS);
    const finish = () => {
      bookmark();
      end();
    };
    const timeout = this.timeoutMs === undefined ? undefined : setTimeout(finish, this.timeoutMs);
    return () => {
      unsubscribe();
      clearInterval(pulse);
      clearTimeout(timeout);
    };
  }

  private past(): Pick<StoreChange, 'type' | 'object' | 'previous'>[] {
    if (this.from !== '' && this.from !== '0') return this.store.changesSince(this.from);
    const { resource, namespace } = this.path;
    return this.store.list({ ...resource, namespace }).map((object) => ({ type: 'ADDED', object }));
  }

  private pass(
    { type, object, previous }: Pick<StoreChange, 'type' | 'object' | 'previous'>,
    emit: (line: WatchLine) => void,
  ): void {
    const before = previous !== undefined && this.matches(previous);
    const after = type !== 'DELETED' && this.matches(object);
    if (!before && !after) return;
    emit({
      type: before && after ? 'MODIFIED' : after ? 'ADDED' : 'DELETED',
      object: this.form.event(object, this.isFirst),
    });
    this.isFirst = false;
  }

  private matches(object: KubeObject): boolean {
    const { resource, namespace, name } = this.path;
    return (
      kindKey(object) === kindKey(resource) &&
      (namespace === '' || object.metadata.namespace === namespace) &&
      (name === undefined || object.metadata.name === name) &&
      this.selector(object)
    );
  }
}
