import type { QoS, SubscribeOptions } from './types';

/** One subscription of one subscriber. */
export interface Subscription<S> {
  readonly filter: string;
  /** Those of one group get each message once between them; undefined for one that is not shared. */
  readonly group?: string | undefined;
  qos: QoS;
  options?: SubscribeOptions | undefined;
  readonly subscriber: S;
}

/** A filter as it is subscribed to, and whom it is shared with: `$share/<group>/<filter>`, or `$queue/<filter>`. */
export function parseFilter(text: string): { filter: string; group?: string } {
  const [, group, filter] = /^(\$queue|\$share\/[^/]*)\/(.*)$/s.exec(text) ?? [];
  return group === undefined ? { filter: text } : { filter: filter!, group };
}

/** Whether a topic is one of those that a filter stands for. */
export function matches(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  if (!isWildcard(filter)) return false;
  const [wanted, words] = [filter.split('/'), topic.split('/')];
  if (words[0]!.startsWith('$') && /^[+#]/.test(filter)) return false;
  for (const [index, word] of wanted.entries()) {
    if (word === '#') return true;
    if (index >= words.length || (word !== '+' && word !== words[index])) return false;
  }
  return wanted.length === words.length;
}

/** Most filters have one subscriber, which needs no set. */
type Subscribers<S> = Subscription<S> | Set<Subscription<S>>;

interface Level<S> {
  readonly children: Map<string, Level<S>>;
  subscribers: Set<Subscription<S>> | undefined;
}

/**
 * Who gets a message: exact filters by a map, those with `+` and `#` by a tree of their levels.
 *
 * The cluster has one, as EMQX nodes share their routes.
 */
export class TopicRouter<S> {
  private readonly exact = new Map<string, Subscribers<S>>();
  private readonly root: Level<S> = { children: new Map(), subscribers: undefined };
  private wildcardFilters = 0;
  private highest = 0;

  /** Different filters with at least one subscription. */
  get filterCount(): number {
    return this.exact.size + this.wildcardFilters;
  }

  /** The highest `filterCount` there was. */
  get highestFilterCount(): number {
    return this.highest;
  }

  add(subscription: Subscription<S>): void {
    const { filter } = subscription;
    if (isWildcard(filter)) this.addWildcard(subscription);
    else {
      const known = this.exact.get(filter);
      if (!known) this.exact.set(filter, subscription);
      else if (known instanceof Set) known.add(subscription);
      else this.exact.set(filter, new Set([known, subscription]));
    }
    this.highest = Math.max(this.highest, this.filterCount);
  }

  delete(subscription: Subscription<S>): void {
    const { filter } = subscription;
    if (isWildcard(filter)) {
      this.deleteBelow(this.root, filter.split('/'), 0, subscription);
      return;
    }
    const known = this.exact.get(filter);
    if (known === subscription) this.exact.delete(filter);
    else if (known instanceof Set && known.delete(subscription) && known.size === 0) this.exact.delete(filter);
  }

  /** Calls `deliver` for each subscription whose filter matches the topic. */
  match(topic: string, deliver: (subscription: Subscription<S>) => void): void {
    const known = this.exact.get(topic);
    if (known instanceof Set) for (const subscription of [...known]) deliver(subscription);
    else if (known) deliver(known);
    if (this.wildcardFilters === 0) return;
    const found: Subscription<S>[] = [];
    collect(this.root, topic.split('/'), 0, found);
    for (const subscription of found) deliver(subscription);
  }

  private addWildcard(subscription: Subscription<S>): void {
    let level = this.root;
    for (const word of subscription.filter.split('/')) {
      const child: Level<S> = level.children.get(word) ?? { children: new Map(), subscribers: undefined };
      level.children.set(word, child);
      level = child;
    }
    if (!level.subscribers?.size) this.wildcardFilters++;
    level.subscribers ??= new Set();
    level.subscribers.add(subscription);
  }

  /** Returns whether the level is empty afterwards. */
  private deleteBelow(level: Level<S>, words: string[], depth: number, subscription: Subscription<S>): boolean {
    const word = words[depth];
    if (word === undefined) {
      if (level.subscribers?.delete(subscription) && level.subscribers.size === 0) this.wildcardFilters--;
    } else {
      const child = level.children.get(word);
      if (child && this.deleteBelow(child, words, depth + 1, subscription)) level.children.delete(word);
    }
    return level.children.size === 0 && !level.subscribers?.size;
  }
}

function isWildcard(filter: string): boolean {
  return filter.includes('+') || filter.includes('#');
}

function collect<S>(level: Level<S>, words: string[], depth: number, found: Subscription<S>[]): void {
  // A filter that begins with a wildcard does not match topics of the broker itself ($SYS/…).
  const wildcards = depth > 0 || !words[0]!.startsWith('$');
  const rest = wildcards ? level.children.get('#')?.subscribers : undefined;
  if (rest) found.push(...rest);
  const word = words[depth];
  if (word === undefined) {
    if (level.subscribers) found.push(...level.subscribers);
    return;
  }
  const named = level.children.get(word);
  if (named) collect(named, words, depth + 1, found);
  const any = wildcards ? level.children.get('+') : undefined;
  if (any) collect(any, words, depth + 1, found);
}
