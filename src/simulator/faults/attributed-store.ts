import type { ObjectStore } from '../kubernetes/object-store';

/** Who writes now: changes of the store happen within the call that makes them. */
export class Authorship {
  /** Undefined: the cluster's own controllers, or the operator. */
  current: string | undefined;

  /** The same store for one author. */
  storeOf(store: ObjectStore, author: string): ObjectStore {
    return new Proxy(store, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key, target);
        if (typeof member !== 'function') return member;
        return (...given: unknown[]) => this.as(author, () => member.apply(target, given) as unknown);
      },
    });
  }

  as<T>(author: string, act: () => T): T {
    const before = this.current;
    this.current = author;
    try {
      return act();
    } finally {
      this.current = before;
    }
  }
}
