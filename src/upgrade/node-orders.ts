import type { Clock } from './ports';
import type { Action } from './step';
import { OVER } from './time-limit';

/** Longest wait for the answer to an order, ms. */
const PATIENCE_MS = 500;

/**
 * Orders to nodes, of which each node gets one at a time. An order that is not answered soon goes on by itself: a node may take
 * seconds, and meanwhile others may have to stop, or somebody may release the operator.
 */
export class NodeOrders {
  private readonly underWay = new Map<string, Promise<void>>();
  private broken: { error: unknown } | undefined;

  constructor(private readonly clock: Clock) {}

  /** Whether an earlier order to the node of this action has not been answered. */
  isWaiting(action: Action): boolean {
    if (this.broken) throw this.broken.error;
    const node = recipientOf(action);
    return node !== undefined && this.underWay.has(node);
  }

  /** Takes an action; of one that is an order the end is not waited for when it takes long. */
  async take(action: Action, act: () => Promise<void>): Promise<void> {
    const node = recipientOf(action);
    if (node === undefined) return act();
    const over = new AbortController();
    const order = act().finally(() => this.underWay.delete(node));
    this.underWay.set(node, order);
    let isLate = false;
    order.catch((error: unknown) => {
      if (isLate) this.broken = { error };
    });
    const late = this.clock.sleep(PATIENCE_MS, over.signal).then(
      () => {
        isLate = true;
      },
      () => undefined, // it was answered
    );
    await Promise.race([order, late]).finally(() => over.abort(OVER));
  }

  /** Resolves when every order has been answered, or has failed. */
  async settled(): Promise<void> {
    await Promise.all(this.underWay.values());
  }
}

/** What gets one order at a time: a node that starts and stops; undefined for what is no order to a node. */
function recipientOf(action: Action): string | undefined {
  if (action.do === 'start-evacuation' || action.do === 'stop-evacuation') return action.pod;
  return action.do === 'move-storage' || action.do === 'force-leave' ? `${action.do} ${action.pod}` : undefined;
}
