import type { SimulatedClock } from '../clock';
import type { Random } from '../random';
import { type Metrics, newMetrics } from './metrics';
import type { Profile } from './profiles';
import type { Session, SessionHome, ShutdownReason } from './session';
import { EVICTABLE, LIVE, type SessionRows } from './session-rows';
import { ShuffledBag } from './shuffled-bag';
import { Statistics } from './statistics';

/** The sessions that live on one node since its boot, and their figures. */
export class NodeSessions implements SessionHome {
  /** Those with a connection, by their rows. */
  readonly live: ShuffledBag;
  /** Those that an evacuation counts and moves. */
  readonly evictable: ShuffledBag;
  readonly metrics: Metrics = newMetrics();
  readonly statistics: Statistics;
  readonly shutdowns = new Map<ShutdownReason, number>();
  /** Their number where clients of crowds are connected to them; 0 where none is. See `CrowdSessions`. */
  slot = 0;
  private channelCount = 0;
  private movedCount = 0;
  private subscriptionCount = 0;

  constructor(
    readonly nodeName: string,
    private readonly clock: SimulatedClock,
    random: Random,
    private readonly profile: Profile,
    rows: SessionRows,
  ) {
    this.live = new ShuffledBag(random, rows.table, LIVE);
    this.evictable = new ShuffledBag(random, rows.table, EVICTABLE);
    this.statistics = new Statistics(clock.now(), () => ({
      channels: this.channelCount,
      liveConnections: this.live.size + (profile.movedSessionsCountAsLive ? this.movedCount : 0),
      subscriptions: this.subscriptionCount,
    }));
  }

  /** All sessions, with and without a connection: `connections` of `/nodes`. */
  get channels(): number {
    return this.channelCount;
  }

  /** Sessions whose client connected to this node: `current_conns` of its listener. */
  get ownChannels(): number {
    return this.channelCount - this.movedCount;
  }

  enter(session: Session): void {
    this.statistics.beforeChange(this.clock.now());
    session.home = this;
    this.channelCount++;
    this.subscriptionCount += session.subscriptions?.length ?? 0;
    if (session.moved) this.movedCount++;
    if (session.channel) this.live.add(session.row);
    if (!session.cleanStart || this.profile.evacuatesCleanStartSessions) this.evictable.add(session.row);
  }

  leave(session: Session, reason: ShutdownReason | undefined): void {
    this.statistics.beforeChange(this.clock.now());
    this.channelCount--;
    this.subscriptionCount -= session.subscriptions?.length ?? 0;
    if (session.moved) this.movedCount--;
    else if (reason) this.shutdowns.set(reason, (this.shutdowns.get(reason) ?? 0) + 1);
    this.live.delete(session.row);
    this.evictable.delete(session.row);
  }

  disconnected(session: Session): void {
    this.statistics.beforeChange(this.clock.now());
    this.live.delete(session.row);
    this.metrics['client.disconnected']++;
  }

  /** Clean sessions without anything but their connections. @param first is added to each of `rows` */
  enterRows(rows: readonly number[], first: number): void {
    this.statistics.beforeChange(this.clock.now());
    this.channelCount += rows.length;
    const { evacuatesCleanStartSessions } = this.profile;
    for (let index = 0; index < rows.length; index++) {
      const row = first + rows[index]!;
      this.live.add(row);
      if (evacuatesCleanStartSessions) this.evictable.add(row);
    }
  }

  /** The same end with their connections. */
  leaveRows(rows: readonly number[], first: number, reason: ShutdownReason): void {
    this.statistics.beforeChange(this.clock.now());
    this.channelCount -= rows.length;
    this.metrics['client.disconnected'] += rows.length;
    this.shutdowns.set(reason, (this.shutdowns.get(reason) ?? 0) + rows.length);
    for (let index = 0; index < rows.length; index++) {
      const row = first + rows[index]!;
      this.live.delete(row);
      this.evictable.delete(row);
    }
  }

  subscriptionsChanged(by: number): void {
    this.statistics.beforeChange(this.clock.now());
    this.subscriptionCount += by;
  }
}
