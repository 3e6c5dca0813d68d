import { Failures, REFUSALS } from './failures';
import { type Clock, PortError } from './ports';
import type { Action } from './step';

/** Failed actions: each is retried after a while, and delays neither observations nor other actions. */
export class ActionFailures {
  private readonly failing = new Map<string, { action: Action; failures: Failures }>();

  /** @param report is called with each change of state */
  constructor(
    private readonly clock: Clock,
    private readonly who: string,
    private readonly report: (kind: 'action' | 'warning', text: string) => void,
  ) {}

  /** Whether it failed, and has not succeeded since. */
  has(action: Action): boolean {
    return this.failing.has(keyOf(action));
  }

  /** Whether it may be retried now. */
  isDue(action: Action): boolean {
    return this.waitMs(action) === 0;
  }

  add(action: Action, error: unknown): void {
    const key = keyOf(action);
    const known = this.failing.get(key);
    const report = (kind: 'action' | 'warning', text: string) => this.report(kind, `${key}: ${text}`);
    const failures = known?.failures ?? new Failures(this.clock, `${this.who} ${key}`, report);
    // The target of an order may disappear at the same moment; the next observation shows it.
    const isGone = error instanceof PortError && error.code === 'missing';
    failures.add(isGone ? new PortError('conflict', error.message, { cause: error }) : error);
    this.failing.set(key, { action, failures });
  }

  done(action: Action): void {
    const key = keyOf(action);
    this.failing.get(key)?.failures.clear('done');
    this.failing.delete(key);
  }

  /** The earlier actions are no longer wanted. */
  reset(): void {
    this.failing.clear();
  }

  /** How long to wait before the first of these actions may be retried, ms. */
  nextRetryMs(actions: readonly Action[]): number {
    const failing = actions.filter((action) => this.has(action));
    return Math.min(...failing.map((action) => this.waitMs(action)));
  }

  /** Whether one of these actions failed, and has not been retried often enough to give up. */
  mayBeRetried(actions: readonly Action[]): boolean {
    return actions.some((action) => this.failing.get(keyOf(action))?.failures.isHopeless === false);
  }

  /**
   * What the API server has refused so often that waiting does not help, in its words: changes of one object together, for what is to be
   * changed may become something else meanwhile. Nodes get more retries: some are busy.
   */
  get refusal(): string | undefined {
    const counts = new Map<string, number>();
    for (const { action, failures } of this.failing.values()) {
      if (isForNode(action)) continue;
      const object = objectOf(action);
      const count = (counts.get(object) ?? 0) + failures.refusals;
      if (count > REFUSALS) return failures.last?.message;
      counts.set(object, count);
    }
    return undefined;
  }

  /** What fails now, in the words of the API server or the node. */
  get messages(): string[] {
    return [...new Set([...this.failing.values()].flatMap(({ failures }) => failures.last?.message ?? []))];
  }

  private waitMs(action: Action): number {
    return this.failing.get(keyOf(action))?.failures.waitMs ?? 0;
  }
}

function isForNode(action: Action): boolean {
  return action.do === 'start-evacuation' || action.do === 'stop-evacuation';
}

function objectOf(action: Action): string {
  return 'service' in action ? `Service ${action.service}` : keyOf(action);
}

function keyOf(action: Action): string {
  switch (action.do) {
    case 'select-traffic':
    case 'route-to-unready':
    case 'lead-traffic':
      return `${action.do} ${action.service}`;
    case 'patch-resource':
      return `${action.do}: ${action.why}`;
    case 'revert-resource':
      return action.do;
    case 'mark-serving':
    case 'start-evacuation':
    case 'stop-evacuation':
      return `${action.do} ${action.pod}`;
    case 'move-storage':
      return `${action.do} ${action.storage}`;
    case 'force-leave':
      return `${action.do} ${action.node}`;
    case 'scale-set':
    case 'remove-set':
      return `${action.do} ${action.set}`;
  }
}
