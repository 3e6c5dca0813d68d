import type { SimulatedClock, Timer } from '../../clock';
import type { Random } from '../../random';
import type { Queued } from '../routed-message';
import type { DurableHome } from '../session';
import { Shard } from './shard';
import { Sleepers } from './sleepers';

export interface DurableOptions {
  /** Shards of each storage. @default 16 */
  shards?: number;
  /** How many sites there must be before shards are placed. @default 1: all of them are on the first core */
  sites?: number;
  /** Replicas of each shard, where there are as many sites. @default 3 */
  replicationFactor?: number;
  /** What changing the replicas of one shard takes; one is changed after the other. @default - 1450 ms, of EMQX 6 900 ms */
  shardMoveMs?: number;
}

/** What it has to know of the cluster. */
export interface StorageHost {
  readonly clock: SimulatedClock;
  readonly random: Random;
  /** Whether a node of this name runs. */
  isRunning(node: string): boolean;
  /** Whether a node of this name is in the cluster, running or not. */
  isMember(node: string): boolean;
}

/**
 * The durable storage of a cluster: its sites (one on each core), its storages, and which sites hold their shards.
 *
 * Measured (5.8.9 and 6.2.0): all shards are on the first core by default; `PUT …/replicas` and its refusals; once the last replica
 * of a shard is gone, messages are still acknowledged and neither kept nor delivered, and what was stored comes back with the site;
 * of EMQX 6 sessions cannot be opened meanwhile, either. Four shards moved in 6.0 to 6.7 s on 5.8.9, 52 in 35 to 58 s on 6.2.0.
 *
 * Modelled: shards are moved one after the other at an even pace; a shard of several replicas needs a majority of them; more sites
 * than replicas are spread round robin. Not modelled: shards of message queues and streams, retention, replication lag.
 */
export class DurableStorage implements DurableHome {
  readonly sleepers: Sleepers;
  private readonly shardsOf = new Map<string, readonly Shard[]>();
  private readonly nodes = new Map<string, string>();
  private timer: Timer | undefined;
  private placed = false;

  /**
   * @param storages names of the databases; none where durable sessions are disabled
   * @param options `shardMoveMs` is given
   */
  constructor(
    private readonly host: StorageHost,
    storages: readonly string[],
    private readonly options: DurableOptions & { shardMoveMs: number },
  ) {
    this.sleepers = new Sleepers(host.clock);
    const ids = Array.from({ length: options.shards ?? 16 }, (_, index) => String(index));
    for (const storage of storages) {
      this.shardsOf.set(
        storage,
        ids.map((id) => new Shard(storage, id, (site) => this.isUp(site))),
      );
    }
  }

  /** Whether durable sessions are enabled. */
  get isEnabled(): boolean {
    return this.shardsOf.size > 0;
  }

  get storages(): readonly string[] {
    return [...this.shardsOf.keys()];
  }

  get sites(): readonly string[] {
    return [...this.nodes.keys()].sort();
  }

  shards(storage: string): readonly Shard[] | undefined {
    return this.shardsOf.get(storage);
  }

  /** The node of a site; undefined of an unknown site. */
  nodeOf(site: string): string | undefined {
    return this.nodes.get(site);
  }

  /** `lost` is a site whose node was forced out of the cluster. */
  statusOf(site: string): 'up' | 'down' | 'lost' {
    const node = this.nodes.get(site) ?? '';
    if (this.host.isRunning(node)) return 'up';
    return this.host.isMember(node) ? 'down' : 'lost';
  }

  /**
   * A core has come up.
   *
   * @returns its site, which is new where the volume has none
   */
  enroll(node: string, site: string | undefined): string {
    const own = site ?? this.newSite();
    this.nodes.set(own, node);
    if (!this.placed && this.nodes.size >= (this.options.sites ?? 1)) {
      this.placed = true;
      for (const shards of this.shardsOf.values()) this.spread(shards, this.sites);
      for (const shard of this.all()) shard.settle();
    }
    return own;
  }

  /** Sites that hold a storage, those that are to among them. */
  replicasOf(storage: string): readonly string[] {
    const shards = this.shardsOf.get(storage) ?? [];
    return [...new Set(shards.flatMap(({ replicas, target }) => target ?? replicas))].sort();
  }

  /**
   * Has the shards of a storage moved to these sites; returns why not, or undefined. The move takes time: see the transitions.
   */
  assign(storage: string, sites: readonly string[]): string | undefined {
    const unknown = sites.filter((site) => !this.nodes.has(site));
    if (unknown.length > 0) return `Unknown sites: ${unknown.join(', ')}`;
    if (sites.length === 0) return 'Replica sets would become too small';
    this.spread(this.shardsOf.get(storage) ?? [], sites);
    this.move();
    return undefined;
  }

  /** A message as it is kept for durable sessions; undefined where it is lost, although its publisher gets an acknowledgement. */
  store(message: Queued): Queued | undefined {
    const shard = this.shardFor('messages', message.from ?? '');
    return shard?.isAvailable ? { ...message, shard } : undefined;
  }

  /** Whether a client's session can be opened now. */
  canOpen(clientId: string): boolean {
    const shard = this.shardFor('sessions', clientId);
    return shard === undefined || shard.isAvailable;
  }

  private shardFor(storage: string, key: string): Shard | undefined {
    const shards = this.shardsOf.get(storage);
    return shards?.[hash(key) % shards.length];
  }

  private isUp(site: string): boolean {
    return this.host.isRunning(this.nodes.get(site) ?? '');
  }

  private all(): Shard[] {
    return [...this.shardsOf.values()].flat();
  }

  private spread(shards: readonly Shard[], sites: readonly string[]): void {
    const { replicationFactor = 3 } = this.options;
    shards.forEach((shard, index) => {
      const replicas = sites.map((_, step) => sites[(index + step) % sites.length]!).slice(0, replicationFactor);
      shard.retarget([...replicas].sort().reverse());
    });
  }

  /** Lets the shards that are to change do so, one after the other. */
  private move(): void {
    if (this.timer || !this.all().some(({ target }) => target)) return;
    this.timer = this.host.clock.schedule(this.options.shardMoveMs, () => {
      this.timer = undefined;
      this.all()
        .find((shard) => shard.target && shard.canMove)
        ?.settle();
      this.move();
    });
  }

  private newSite(): string {
    return Array.from({ length: 16 }, () => this.host.random.below(16).toString(16).toUpperCase()).join('');
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619);
  return value >>> 0;
}
