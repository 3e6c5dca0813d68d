import type { SimulatedClock } from '../clock';
import type { Random } from '../random';
import { type DurableOptions, DurableStorage } from './durable/durable-storage';
import { ManagementApi } from './http/management-api';
import { ManagementApiV5 } from './http/v5/management-api';
import { EVALUATION_SESSIONS, License, type LicenseType } from './license';
import { EmqxNode, type NodeCluster } from './node';
import type { NodeOptions } from './node-options';
import type { NodeSessions } from './node-sessions';
import type { ClusterObserver } from './observer';
import { generationOf, type Profile, type ProfileName, profileOf } from './profiles';
import { SessionRegistry } from './session-registry';

export interface EmqxClusterOptions {
  clock: SimulatedClock;
  random: Random;
  /** The build that all nodes are. @default 'enterprise' */
  profile?: ProfileName;
  /** The limit of the license: connections, and sessions from 5.8.5 on. @default - no limit */
  licensedConnections?: number;
  /**
   * Whether sessions that outlive their connection are durable (EMQX 5 and 6), and how they are stored.
   * @default - they are in memory
   */
  durableSessions?: DurableOptions;
  observer?: ClusterObserver;
}

/** What moving one shard takes: of 4 shards on 5.8.9, and of 52 on 6.2.0, as measured. */
const SHARD_MOVE_MS: Record<Profile['storageFormat'], number> = { tables: 1450, database: 900 };

/**
 * A simulated EMQX cluster, of nodes of 4.4 or of nodes of EMQX 5 and 6: who is in it, the sessions of all its nodes, and the routes
 * between them. It is synchronous and runs on the simulated clock.
 *
 * Public API of this folder:
 * - `EmqxCluster`: `addNode(options)`, `removeNode(name)`, `node(name)`, `members`, `liveConnections`,
 *   `registry.find(clientId)` (where a session is).
 * - `EmqxNode`: `boot(listening?)`, `shutdown(ended?)`, `kill()`, `phase`, `isListening`,
 *   `connect(request, connection)` (`types.ts`: ConnectRequest, Connection, ConnectAnswer, Channel),
 *   `handle({ method, path, headers, body })` for the management API, `publish(message)`, and to inspect:
 *   `sessions` (counts, metrics), `evacuation` (state, stats), `refusesClients`.
 * - `forceLeave(name)`, `setLicense`, `makeUnmovable(clientId)`, `storage('tables' | 'database')` for EMQX 5 and 6.
 * - `SimulatedEmqxTransport`: the port `EmqxTransport` on these nodes.
 * - `ClusterObserver`: evictions, moves, losses and changes of state as they happen.
 * - `DataDir`: what survives on the volume of a node; give the same object to the node that gets the volume.
 *
 * Simplified: a group that shares a subscription takes turns, where EMQX draws lots; kept messages live as long as any node does.
 *
 * EMQX 5 and 6 differ from 4.4 in their management API, in the wait for health checks, in roles (stopped cores stay listed,
 * replicants vanish), in durable sessions, and in licenses. All of that is as measured on 5.8.9 and 6.2.0, but for what says
 * otherwise. The loss of API keys by 6.3.0 is as its issue describes it (emqx#18851).
 *
 * Not modelled: rebalance (there is never something to balance), QoS 2 handshakes (granted QoS is at most 1), retries of
 * unacknowledged messages on a live connection, keep-alive, connection rate limits of listeners, partitions, gateways; of EMQX 5 and
 * 6: an eviction of sessions that stands still while a recipient is frozen, dashboard users and their tokens, scopes of API keys, the expiry of a license.
 */
export class EmqxCluster implements NodeCluster {
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly observer: ClusterObserver;
  readonly registry: SessionRegistry;
  license: License | undefined;
  /** A license that was set over the API, which nodes that join get; undefined: each has that of its own configuration. */
  sharedLicense: LicenseType | undefined;
  /** The API keys are stored in the form of 6.3.0, which nodes of 6.2 cannot read. */
  private newKeyHashes = false;
  /** Keys that were made in the dashboard, as `id:secret`. They are in the database of the cluster, and not in its bootstrap file. */
  private readonly ownKeys = new Set<string>();
  /** Secrets by the names of their keys, as they stood in the bootstrap files of the cores that have booted. */
  private readonly fileKeys = new Map<string, string>();
  private readonly storages: Record<Profile['storageFormat'], DurableStorage>;
  private readonly profile: ProfileName;
  private readonly nodes = new Map<string, EmqxNode>();
  /** Names that were those of a node once: an Erlang node never forgets an atom. */
  private readonly names = new Set(['', 'emqx', 'undefined']);
  /** In the order in which they joined. */
  private readonly joined = new Set<EmqxNode>();
  /** Cores of EMQX 5 and 6 that are down: they belong to the cluster until they are forced out of it. */
  private readonly stopped = new Set<string>();

  constructor(options: EmqxClusterOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.observer = options.observer ?? {};
    this.profile = options.profile ?? 'enterprise';
    this.registry = new SessionRegistry(options.clock, this.observer);
    this.storages = { tables: this.newStorage('tables', options), database: this.newStorage('database', options) };
    const limit = options.licensedConnections;
    if (limit !== undefined) this.limit(limit);
  }

  /** The license is changed over the API: nodes that join get it as well. */
  setLicense(type: LicenseType): void {
    this.sharedLicense = type;
    if (type === 'evaluation') this.limit(EVALUATION_SESSIONS);
  }

  /** The durable storage of nodes that store in this format. */
  storage(format: Profile['storageFormat']): DurableStorage {
    return this.storages[format];
  }

  /** The session of a client will be refused by each recipient. */
  makeUnmovable(clientId: string): void {
    const session = this.registry.find(clientId);
    if (!session) throw new Error(`client ${clientId} has no session`);
    session.unmovable = true;
  }

  /** Makes a node, which is not booted yet. */
  addNode(options: NodeOptions): EmqxNode {
    if (this.nodes.has(options.name)) throw new Error(`there is a node ${options.name} already`);
    const profile = profileOf(options.openSource ? 'open-5' : this.profile, options.version);
    const other = [...this.nodes.values()].find((node) => node.profile.generation !== generationOf(options.version));
    if (other) throw new Error(`${options.version} cannot be in a cluster with ${other.version}`);
    const node = new EmqxNode(this, profile, options, (made) =>
      profile.generation === 5
        ? new ManagementApiV5(made, (id, secret) => {
            if (this.ownKeys.has(`${id}:${secret}`)) return true;
            if (!this.readsKeys(made)) return false;
            return options.apiKeys ? this.fileKeys.get(id) === secret : options.credentials(id, secret);
          })
        : new ManagementApi(made, options.credentials),
    );
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

  /** Sessions of all members, and those of the durable storage. */
  get allSessions(): number {
    const { tables, database } = this.storages;
    let count = tables.sleepers.count + database.sleepers.count;
    for (const node of this.joined) count += node.sessions.channels;
    return count;
  }

  /** Cores that are down, in the order of their names. */
  get stoppedCores(): readonly string[] {
    return [...this.stopped].sort();
  }

  /**
   * Makes the cluster forget a core.
   *
   * @returns why not, as EMQX says it; undefined when it is done
   */
  forceLeave(name: string): string | undefined {
    if (this.stopped.delete(name)) return undefined;
    const node = this.nodes.get(name);
    if (!node || !this.joined.has(node)) return 'node_not_in_cluster';
    this.joined.delete(node);
    return undefined;
  }

  /** The bootstrap file is read again, at the boot of a core or by `emqx eval`: the keys are stored as that core's version does it. */
  readBootstrapFile(node: EmqxNode): void {
    this.newKeyHashes = node.version === '6.3.0';
    for (const line of node.apiKeys?.() ?? []) {
      const [id = '', ...secret] = line.split(':');
      this.fileKeys.set(id, secret.join(':'));
    }
  }

  /** Makes an API key in the dashboard. */
  addKey(id: string, secret: string): void {
    this.ownKeys.add(`${id}:${secret}`);
  }

  /** Whether the license lets a node join the others. */
  admitsNode(node: EmqxNode): boolean {
    const own = node.license ?? (node.profile.communityLicense ? 'community' : 'official');
    return (this.sharedLicense ?? own) !== 'community' || !node.profile.communityLicense || this.joined.size <= 1;
  }

  /** Members as the given one lists them: the others, newest first, and itself; of EMQX 5 and 6 by their names. */
  membersSeenBy(node: EmqxNode): EmqxNode[] {
    if (node.profile.generation === 5) return [...this.joined].sort((a, b) => (a.name < b.name ? -1 : 1));
    const others = [...this.joined].filter((member) => member !== node).reverse();
    return this.joined.has(node) ? [...others, node] : others;
  }

  /** Nodes, of those given, that may get sessions: they are members and are not being evacuated. */
  available(names: readonly string[]): string[] {
    return names.filter((name) => {
      const node = this.nodes.get(name);
      return node !== undefined && this.joined.has(node) && !node.isEvacuating && node.canReceive;
    });
  }

  recipients(of: string, migrateTo: readonly string[] | undefined): readonly string[] {
    const node = this.nodes.get(of);
    const given = node?.profile.generation === 5 ? migrateTo?.toReversed() : migrateTo;
    const candidates = given ?? (node ? this.membersSeenBy(node).map(({ name }) => name) : []);
    return this.available(candidates.filter((name) => name !== of));
  }

  moveSession(from: NodeSessions, recipients: readonly string[], skip: number): 'moved' | 'unreachable' | 'none' {
    const row = from.evictable.peek(skip);
    const session = row === undefined ? undefined : this.registry.at(row);
    if (!session) return 'none';
    const recipient = this.nodes.get(this.random.pick(recipients) ?? '');
    if (!recipient?.isListening || recipient.responsiveness.isFrozen) return 'unreachable';
    if (session.unmovable) {
      if (!this.nodes.get(from.nodeName)?.profile.discardsUnmovableSessions) return 'unreachable';
      this.registry.discardUnmovable(session);
      return 'moved';
    }
    this.registry.move(session, recipient.sessions);
    return 'moved';
  }

  join(node: EmqxNode): void {
    this.joined.add(node);
    this.stopped.delete(node.name);
  }

  listens(node: EmqxNode): void {
    if (node.profile.generation !== 5 || node.role !== 'core') return;
    this.readBootstrapFile(node);
    node.dataDir.site = this.storages[node.profile.storageFormat].enroll(node.name, node.dataDir.site);
    this.registry.drainDurable();
  }

  leave(node: EmqxNode): void {
    if (this.joined.delete(node) && node.profile.generation === 5 && node.role === 'core') this.stopped.add(node.name);
    if (this.joined.size === 0) this.registry.forgetKept();
  }
  private newStorage(format: Profile['storageFormat'], { durableSessions }: EmqxClusterOptions): DurableStorage {
    const host = {
      clock: this.clock,
      random: this.random.fork(`storage ${format}`),
      isRunning: (name: string) => this.isMember(name) && this.nodes.get(name)?.isListening === true,
      isMember: (name: string) => this.stopped.has(name) || this.isMember(name),
    };
    const { storages } = profileOf('enterprise', format === 'tables' ? '5.8.0' : '6.0.0');
    return new DurableStorage(host, durableSessions ? storages : [], {
      shardMoveMs: SHARD_MOVE_MS[format],
      ...durableSessions,
    });
  }

  private limit(sessions: number): void {
    this.license = new License(sessions, this.clock, () =>
      this.members[0]?.profile.licenseCounts === 'sessions' ? this.allSessions : this.liveConnections,
    );
  }

  private isMember(name: string): boolean {
    const node = this.nodes.get(name);
    return node !== undefined && this.joined.has(node);
  }

  private readsKeys(node: EmqxNode): boolean {
    return !this.newKeyHashes || !node.version.startsWith('6.2.');
  }
}
