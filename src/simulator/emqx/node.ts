import { type EmqxResponse, TransportError } from '../../emqx/transport';
import type { SimulatedClock, Timer } from '../clock';
import type { Random } from '../random';
import { AcceptLimit } from './accept-limit';
import type { DurableStorage } from './durable/durable-storage';
import { type DataDir, Evacuation, type EvacuationState } from './evacuation';
import type { ApiRequest } from './http/api-request';
import type { License, LicenseType } from './license';
import { DEFAULT_TIMINGS, type NodeOptions, type NodeRole, type NodeTimings } from './node-options';
import { NodeSessions } from './node-sessions';
import type { ClusterObserver } from './observer';
import type { Profile } from './profiles';
import { Responsiveness } from './responsiveness';
import { expiryOf } from './session';
import type { SessionRegistry } from './session-registry';
import type { Admission, ConnectAnswer, Connection, ConnectRequest, Crowd, Message } from './types';

/**
 * - `joining`: the process runs and is in the cluster from `joinMs` on; nothing listens.
 * - `starting`: MQTT and HTTP listen, but the evacuation applications do not run yet: `/load_rebalance/…` is 404, and a
 *   node that is to be evacuating accepts clients.
 * - `running`.
 * - `stopping`: got SIGTERM; all connections are closed, nothing listens, and for a moment the cluster still lists it.
 */
export type NodePhase = 'stopped' | 'joining' | 'starting' | 'running' | 'stopping';

/** The boot of a node that its license does not let join ends this long after it joined. */
const REFUSED_BOOT_MS = 1600;

/** The cluster of a node, as the node and its management API see it. */
export interface NodeCluster {
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly observer: ClusterObserver;
  readonly registry: SessionRegistry;
  readonly license: License | undefined;
  readonly sharedLicense: LicenseType | undefined;
  /** Sessions of all members, and those of the durable storage. */
  readonly allSessions: number;
  /** Cores of EMQX 5 and 6 that are down and have not been forced out. */
  readonly stoppedCores: readonly string[];
  storage(format: Profile['storageFormat']): DurableStorage;
  forceLeave(name: string): string | undefined;
  setLicense(type: LicenseType): void;
  /** Whether the license lets a node join the others. */
  admitsNode(node: EmqxNode): boolean;
  /** The node has come up. */
  listens(node: EmqxNode): void;
  /** Nodes that are in the cluster now, in the order in which they joined. */
  readonly members: readonly EmqxNode[];
  node(name: string): EmqxNode | undefined;
  /** Whether this is, or was, the name of a node. */
  isKnownName(name: string): boolean;
  /** Members as the given one lists them: the others, newest first, and itself. */
  membersSeenBy(node: EmqxNode): EmqxNode[];
  /** Nodes, of those given, that may get sessions. */
  available(names: readonly string[]): string[];
  /** Nodes that may get the sessions of one that is being evacuated. */
  recipients(of: string, migrateTo: readonly string[] | undefined): readonly string[];
  moveSession(from: NodeSessions, recipients: readonly string[], skip: number): 'moved' | 'unreachable' | 'none';
  join(node: EmqxNode): void;
  leave(node: EmqxNode): void;
}

/** What answers the HTTP requests to a node. */
export interface NodeApi {
  handle(request: ApiRequest): EmqxResponse | Promise<EmqxResponse>;
}

/** One simulated EMQX node. */
export class EmqxNode {
  readonly name: string;
  readonly version: string;
  readonly role: NodeRole;
  /** The license in its own configuration. */
  readonly apiKeys: NodeOptions['apiKeys'];
  readonly license: LicenseType;
  readonly timings: NodeTimings;
  readonly dataDir: DataDir;
  /** New when the process ends, and when it begins to listen. */
  sessions: NodeSessions;
  /** New with the sessions. */
  evacuation: Evacuation;
  /** New with the process. */
  responsiveness: Responsiveness;
  /** Of its listener for devices. */
  readonly acceptLimit: AcceptLimit;
  private currentPhase: NodePhase = 'stopped';
  private timer: Timer | undefined;
  private bootTime = 0;
  private refuses = false;
  private crashed = false;
  private readonly api: NodeApi;

  /** Use `EmqxCluster.addNode`. */
  constructor(
    readonly cluster: NodeCluster,
    readonly profile: Profile,
    options: NodeOptions,
    apiOf: (node: EmqxNode) => NodeApi,
  ) {
    this.name = options.name;
    this.version = options.version;
    this.role = options.role ?? 'core';
    this.license = options.license ?? 'official';
    this.apiKeys = options.apiKeys;
    this.timings = { ...DEFAULT_TIMINGS, ...options.timings };
    this.dataDir = options.dataDir ?? {};
    this.sessions = this.newSessions();
    this.evacuation = this.newEvacuation();
    this.responsiveness = new Responsiveness(cluster.clock);
    const phaseMs = cluster.random.fork(`listener of ${this.name}`).below(1_000);
    this.acceptLimit = new AcceptLimit(cluster.clock, profile.closesAboveConnRate, options.maxConnRate, phaseMs);
    this.api = apiOf(this);
  }

  get phase(): NodePhase {
    return this.currentPhase;
  }

  /** Whether the MQTT and HTTP ports accept connections. */
  get isListening(): boolean {
    return this.currentPhase === 'starting' || this.currentPhase === 'running';
  }

  /** Whether it answers other nodes about its evacuation. */
  get hasRebalance(): boolean {
    return this.currentPhase === 'running' && !this.crashed;
  }

  /** Whether sessions can be moved to it; a node of 4.4 is asked as soon as it is in the cluster. */
  get canReceive(): boolean {
    return this.profile.generation === 4 || this.hasRebalance;
  }

  /** Whether the eviction agent refuses new clients. */
  get refusesClients(): boolean {
    return this.refuses;
  }

  /** Whether its health check fails because it is to be emptied; it may accept clients still. */
  get isEvacuating(): boolean {
    return this.refuses || this.evacuation.state !== 'disabled';
  }

  /** The durable storage it reads and writes; undefined where durable sessions are disabled. */
  get durable(): DurableStorage | undefined {
    if (this.profile.generation === 4) return undefined;
    const storage = this.cluster.storage(this.profile.storageFormat);
    return storage.isEnabled ? storage : undefined;
  }

  /** How many durable sessions nobody uses in the whole cluster, as this node last counted: every 5 s. */
  get sleepers(): number {
    return this.durable?.sleepers.countSeenSince(this.bootTime) ?? 0;
  }

  /** Sessions that an evacuation counts: its own, and the sleepers of the whole cluster. */
  get countedSessions(): number {
    return this.sessions.evictable.size + this.sleepers;
  }

  /** When the process was started, ms since the epoch. */
  get bootedAt(): number {
    return this.bootTime;
  }

  /**
   * Starts the process.
   *
   * @param listening is called once clients can connect
   * @param refused is called when the boot ends before that, with the reason that the node logs
   */
  boot(listening: () => void = () => {}, refused: (reason: string) => void = () => {}): void {
    if (this.currentPhase !== 'stopped') throw new Error(`node ${this.name} is ${this.currentPhase}`);
    const { joinMs, listenMs, pluginsMs } = this.timings;
    this.bootTime = this.cluster.clock.now();
    this.currentPhase = 'joining';
    this.after(joinMs, () => {
      this.cluster.join(this);
      if (!this.cluster.admitsNode(this)) {
        this.after(REFUSED_BOOT_MS, () => {
          this.kill();
          refused('SINGLE_NODE_LICENSE');
        });
        return;
      }
      this.after(listenMs - joinMs, () => {
        if (this.profile.generation === 5) {
          this.currentPhase = 'running';
          this.begin();
          this.evacuation.resume();
          this.cluster.listens(this);
          listening();
          return;
        }
        this.currentPhase = 'starting';
        this.begin();
        listening();
        this.after(pluginsMs, () => {
          this.currentPhase = 'running';
          this.evacuation.resume();
        });
      });
    });
  }

  /** SIGTERM. `ended` is called when the process has ended. */
  shutdown(ended: () => void = () => {}): void {
    if (this.currentPhase === 'stopped' || this.currentPhase === 'stopping') return;
    this.end('stopping');
    const { shutdownMs } = this.timings;
    const leaveMs = this.cluster.random.below(Math.min(this.timings.leaveMs, shutdownMs) + 1);
    this.after(leaveMs, () => {
      this.cluster.leave(this);
      this.after(shutdownMs - leaveMs, () => {
        this.currentPhase = 'stopped';
        ended();
      });
    });
  }

  /** SIGKILL, or the loss of the machine. */
  kill(): void {
    if (this.currentPhase === 'stopped') return;
    this.cluster.leave(this);
    this.end('stopped');
  }

  /**
   * A CONNECT packet of a new connection.
   *
   * @throws TransportError `refused` when nothing listens: see {@link isListening}
   */
  connect(request: ConnectRequest, connection: Connection): ConnectAnswer {
    this.requireListening();
    const { metrics } = this.sessions;
    metrics['client.connect']++;
    metrics['client.connack']++;
    if (this.exceedsLicense(request.clientId)) return { accepted: false, reasonCode: 0x97 };
    if (this.refuses) {
      const serverReference = this.evacuation.running?.serverReference;
      return { accepted: false, reasonCode: 0x9c, ...(serverReference ? { serverReference } : {}) };
    }
    const { durable } = this;
    if (durable?.canOpen(request.clientId) === false && expiryOf(request) > 0)
      return { accepted: false, reasonCode: 0x88 };
    return { accepted: true, ...this.cluster.registry.open(this.sessions, request, connection, durable) };
  }

  /** The same for clients of a crowd. */
  admit(crowd: Crowd, clients: readonly number[]): Admission {
    this.requireListening();
    const { metrics } = this.sessions;
    metrics['client.connect'] += clients.length;
    metrics['client.connack'] += clients.length;
    // At one moment the license says the same to all.
    if (this.cluster.license && this.exceedsLicense(crowd.clientId(clients[0]!))) return 0x97;
    if (this.refuses) return 0x9c;
    this.cluster.registry.admit(this.sessions, crowd, clients);
    return 'accepted';
  }

  /** Of EMQX 5 and 6 a client that has a session always comes back. */
  private exceedsLicense(clientId: string): boolean {
    const { license, registry } = this.cluster;
    if (!license || license.admits()) return false;
    return this.profile.generation === 4 || registry.find(clientId) === undefined;
  }

  get answersAtOnce(): boolean {
    return this.acceptLimit.perSecond === undefined && this.responsiveness.isPrompt;
  }

  /** Whether its listener keeps one more connection; the others are closed at once. */
  accepts(): boolean {
    return this.acceptLimit.accepts();
  }

  /** What has been sent to a process that has ended meanwhile is never answered. */
  answersLater(answer: () => void, lost?: () => void): boolean {
    const { responsiveness } = this;
    const ifItLives = (then: () => void) => () => {
      if (this.isListening && this.responsiveness === responsiveness) then();
      else lost?.();
    };
    const process = ifItLives(answer);
    const accepted = ifItLives(() => {
      if (!responsiveness.later(process)) answer();
    });
    return this.acceptLimit.later(accepted) || responsiveness.later(process);
  }

  /** A message from the node itself, as its HTTP API publishes them. */
  publish(message: Message): void {
    this.requireListening();
    this.cluster.registry.publish(this.sessions, message);
  }

  /**
   * One HTTP exchange with the management API. A promise is returned when the node needs simulated time to answer; it
   * rejects with a TransportError `reset` when the node ends before.
   *
   * @throws TransportError `refused` when nothing listens: see {@link isListening}
   */
  handle(request: ApiRequest): EmqxResponse | Promise<EmqxResponse> {
    this.requireListening();
    const late = this.responsiveness.whenAnswering();
    return late ? late.then(() => this.answer(request)) : this.answer(request);
  }

  private answer(request: ApiRequest): EmqxResponse | Promise<EmqxResponse> {
    this.requireListening();
    return this.api.handle(request);
  }

  private requireListening(): void {
    if (!this.isListening)
      throw new TransportError('refused', `connection refused: node ${this.name} is ${this.currentPhase}`);
  }

  private end(phase: 'stopping' | 'stopped'): void {
    this.timer?.cancel();
    this.currentPhase = phase;
    this.evacuation.kill();
    this.cluster.registry.drop(this.sessions);
    this.begin();
  }

  /** Nothing of what was in memory is left. */
  private begin(): void {
    this.sessions = this.newSessions();
    this.evacuation = this.newEvacuation();
    this.responsiveness = new Responsiveness(this.cluster.clock);
    this.acceptLimit.clear();
    this.refuses = false;
    this.crashed = false;
  }

  private after(delayMs: number, run: () => void): void {
    this.timer = this.cluster.clock.schedule(delayMs, run);
  }

  private newSessions(): NodeSessions {
    const { clock, random, registry } = this.cluster;
    return new NodeSessions(this.name, clock, random.fork(this.name), this.profile, registry.rows);
  }

  private newEvacuation(): Evacuation {
    const { cluster, dataDir } = this;
    const sessions = this.sessions;
    const sleepers = () => this.sleepers;
    return new Evacuation({
      clock: cluster.clock,
      dataDir,
      leastWaitSeconds: this.profile.generation === 4 ? 1 : 0,
      sessionMoveMs: this.timings.sessionMoveMs,
      get liveConnections() {
        return sessions.live.size;
      },
      get evictableSessions() {
        return sessions.evictable.size + sleepers();
      },
      evictConnections: (count, serverReference) => {
        cluster.registry.evict(sessions, count, serverReference);
      },
      recipients: (migrateTo) => cluster.recipients(this.name, migrateTo),
      moveSession: (recipients, skip) => cluster.moveSession(sessions, recipients, skip),
      evacuationState: (state: EvacuationState) => {
        this.refuses = state !== 'disabled' && state !== 'waiting_health_check';
        cluster.observer.evacuationState?.(this.name, state);
      },
      evacuationCrashed: () => {
        this.refuses = true;
        this.crashed = true;
      },
    });
  }
}
