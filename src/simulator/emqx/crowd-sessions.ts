import type { NodeSessions } from './node-sessions';
import type { ClusterObserver } from './observer';
import type { Block, SessionRows } from './session-rows';
import type { CloseCause, Crowd } from './types';

/**
 * The sessions of crowds' clients: each begins with its connection, has nothing but it, and ends with it. What happens to one is what
 * happens to a clean session that is an object, in the same order.
 */
export class CrowdSessions {
  /** The nodes' sessions that crowds are connected to, by their slots; slots are used again. */
  private readonly homes: (NodeSessions | undefined)[] = [undefined];

  constructor(
    private readonly rows: SessionRows,
    private readonly observer: ClusterObserver,
  ) {}

  /** Accepted CONNECTs of clients that have no sessions. */
  open(home: NodeSessions, crowd: Crowd, clients: readonly number[]): void {
    const first = this.rows.firstOf(crowd);
    const slot = home.slot || this.slotFor(home);
    home.metrics['session.created'] += clients.length;
    home.metrics['client.connected'] += clients.length;
    for (let index = 0; index < clients.length; index++) this.rows.connect(first + clients[index]!, slot);
    home.enterRows(clients, first);
    if (!this.observer.connected) return;
    for (const client of clients) this.observer.connected(crowd.clientId(client), home.nodeName, false);
  }

  /** Where the client in this row is connected; undefined where it is not, or where its session is an object. */
  homeOf(row: number): NodeSessions | undefined {
    return this.homes[this.rows.slotOf(row)];
  }

  /** Evicts clients of one crowd. */
  evict(home: NodeSessions, { crowd, first }: Block, clients: readonly number[], cause: CloseCause): void {
    if (this.observer.evicted) {
      for (const client of clients) this.observer.evicted(crowd.clientId(client), home.nodeName);
    }
    home.leaveRows(clients, first, 'use_another_server');
    home.metrics['session.terminated'] += clients.length;
    this.close(clients, { crowd, first }, cause);
  }

  /** The rows of those that are connected to a node. */
  on(home: NodeSessions): Int32Array {
    const { slot } = home;
    if (slot === 0) return new Int32Array(0);
    return home.live.rows().filter((row) => this.rows.slotOf(row) === slot);
  }

  /** The node of this one has ended. */
  drop(row: number): void {
    const block = this.rows.blockOf(row)!;
    this.close([row - block.first], block, { kind: 'shutdown' });
  }

  /** Nobody connects to these any more. */
  forget(home: NodeSessions): void {
    this.homes[home.slot] = undefined;
    home.slot = 0;
  }

  private close(clients: readonly number[], { crowd, first }: Block, cause: CloseCause): void {
    for (let index = 0; index < clients.length; index++) this.rows.disconnect(first + clients[index]!);
    crowd.closed(clients, cause);
  }

  private slotFor(home: NodeSessions): number {
    const unused = this.homes.findIndex((known, slot) => slot > 0 && !known);
    home.slot = unused > 0 ? unused : this.homes.length;
    this.homes[home.slot] = home;
    return home.slot;
  }
}
