import type { SimulatedClock } from '../clock';
import type { Random } from '../random';
import { ManagementApi } from './http/management-api';
import { License } from './license';
import { EmqxNode, type NodeCluster, type NodeOptions } from './node';
import type { NodeSessions } from './node-sessions';
import type { ClusterObserver } from './observer';
import { type ProfileName, profileOf } from './profiles';
import { SessionRegistry } from './session-registry';

export interface EmqxClusterOptions {
  clock: SimulatedClock;
  random: Random;
  /** The build that all nodes are. @default 'enterprise' */
  profile?: ProfileName;
  /** The connection limit of the license. @default - no limit */
  licensedConnections?: number;
  observer?: ClusterObserver;
}

/**
 * A simulated EMQX 4.4 cluster: who is in it, the sessions of all its nodes, and the routes between them. It is
 * synchronous and runs on the simulated clock.
 *
 * Public API of this folder:
 * - `EmqxCluster`: `addNode(options)`, `removeNode(name)`, `node(name)`, `members`, `liveConnections`,
 *   `registry.find(clientId)` (where a session is).
 * - `EmqxNode`: `boot(listening?)`, `shutdown(ended?)`, `kill()`, `phase`, `isListening`,
 *   `connect(request, connection)` (`types.ts`: ConnectRequest, Connection, ConnectAnswer, Channel),
 *   `handle({ method, path, headers, body })` for the management API, `publish(message)`, and to inspect:
 *   `sessions` (counts, metrics), `evacuation` (state, stats), `refusesClients`.
 * - `SimulatedEmqxTransport`: the port `EmqxTransport` on these nodes.
 * - `ClusterObserver`: evictions, moves, losses and changes of state as they happen.
 * - `DataDir`: what survives on the volume of a node; give the same object to the node that gets the volume.
 *
 * Simplified: a group that shares a subscription takes turns, where EMQX draws lots; kept messages live as long as any node does.
 *
 * Not modelled: rebalance (there is never something to balance), QoS 2 handshakes (granted QoS is at most 1), retries of unacknowledged messages on a live connection, keep-alive, connection rate limits
 * of listeners, partitions.
 */
export class EmqxCluster implements NodeCluster {
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly observer: ClusterObserver;
  readonly registry: SessionRegistry;
  readonly license: License | undefined;
  private readonly profile: ProfileName;
  private readonly nodes = new Map<string, EmqxNode>();
  /** Names that were those of a node once: an Erlang node never forgets an atom. */
  private readonly names = new Set(['', 'emqx', 'undefined']);
  /** In the order in which they joined. */
  private readonly joined = new Set<EmqxNode>();

  constructor(options: EmqxClusterOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.observer = options.observer ?? {};
    this.profile = options.profile ?? 'enterprise';
    this.registry = new SessionRegistry(options.clock, this.observer);
    const limit = options.licensedConnections;
    if (limit !== undefined) this.license = new License(limit, this.clock, () => this.liveConnections);
  }

  /** Makes a node, which is not booted yet. */
  addNode(options: NodeOptions): EmqxNode {
    if (this.nodes.has(options.name)) throw new Error(`there is a node ${options.name} already`);
    const profile = profileOf(this.profile, options.version);
    const node = new EmqxNode(this, profile, options, (made) => new ManagementApi(made, options.credentials));
    this.nodes.set(options.name, node);
    this.names.add(options.name);
    return node;
  }

  /** Forgets a node that has ended, so that another one may have its name; its data directory is the caller's. */
  removeNode(name: string): void {
    const node = this.nodes.get(name);
    if (!node) return;
    if (node.phase !== 'stopped') throw new Error(`node ${name} is ${node.phase}`);
    this.nodes.delete(name);
  }

  node(name: string): EmqxNode | undefined {
    return this.nodes.get(name);
  }

  /** Whether this is, or was, the name of a node. */
  isKnownName(name: string): boolean {
    return this.names.has(name);
  }

  /** Nodes that are in the cluster now, in the order in which they joined. */
  get members(): readonly EmqxNode[] {
    return [...this.joined];
  }

  /** Live connections of all members. */
  get liveConnections(): number {
    let count = 0;
    for (const node of this.joined) count += node.sessions.live.size;
    return count;
  }

  /** Members as the given one lists them: the others, newest first, and itself. */
  membersSeenBy(node: EmqxNode): EmqxNode[] {
    const others = [...this.joined].filter((member) => member !== node).reverse();
    return this.joined.has(node) ? [...others, node] : others;
  }

  /** Nodes, of those given, that may get sessions: they are members and are not being evacuated. */
  available(names: readonly string[]): string[] {
    return names.filter((name) => {
      const node = this.nodes.get(name);
      return node !== undefined && this.joined.has(node) && !node.refusesClients;
    });
  }

  recipients(of: string, migrateTo: readonly string[] | undefined): readonly string[] {
    const node = this.nodes.get(of);
    const candidates = migrateTo ?? (node ? this.membersSeenBy(node).map(({ name }) => name) : []);
    return this.available(candidates.filter((name) => name !== of));
  }

  moveSession(from: NodeSessions, recipients: readonly string[], skip: number): 'moved' | 'unreachable' | 'none' {
    const session = from.evictable.peek(skip);
    if (!session) return 'none';
    const recipient = this.nodes.get(this.random.pick(recipients) ?? '');
    if (!recipient?.isListening || recipient.responsiveness.isFrozen) return 'unreachable';
    this.registry.move(session, recipient.sessions);
    return 'moved';
  }

  join(node: EmqxNode): void {
    this.joined.add(node);
  }

  leave(node: EmqxNode): void {
    this.joined.delete(node);
    if (this.joined.size === 0) this.registry.forgetKept();
  }
}
