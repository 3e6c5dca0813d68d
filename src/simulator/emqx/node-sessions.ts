import type { SimulatedClock } from '../clock';
import type { Random } from '../random';
import { type Metrics, newMetrics } from './metrics';
import type { Profile } from './profiles';
import type { Session, SessionHome, ShutdownReason } from './session';
import { ShuffledBag } from './shuffled-bag';
import { Statistics } from './statistics';

/** The sessions that live on one node since its boot, and their figures. */
export class NodeSessions implements SessionHome {
  readonly live: ShuffledBag<Session>;
  /** Those that an evacuation counts and moves. */
  readonly evictable: ShuffledBag<Session>;
  readonly metrics: Metrics = newMetrics();
  readonly statistics: Statistics;
  readonly shutdowns = new Map<ShutdownReason, number>();
  private channelCount = 0;
  private movedCount = 0;
  private subscriptionCount = 0;

  constructor(
    readonly nodeName: string,
    private readonly clock: SimulatedClock,
    random: Random,
    private readonly profile: Profile,
  ) {
    this.live = new ShuffledBag<Session>(random, 'livePosition');
    this.evictable = new ShuffledBag<Session>(random, 'evictablePosition');
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
    if (session.channel) this.live.add(session);
    if (!session.cleanStart || this.profile.evacuatesCleanStartSessions) this.evictable.add(session);
  }

  leave(session: Session, reason: ShutdownReason | undefined): void {
    this.statistics.beforeChange(this.clock.now());
    this.channelCount--;
    this.subscriptionCount -= session.subscriptions?.length ?? 0;
    if (session.moved) this.movedCount--;
    else if (reason) this.shutdowns.set(reason, (this.shutdowns.get(reason) ?? 0) + 1);
    this.live.delete(session);
    this.evictable.delete(session);
  }

  disconnected(session: Session): void {
    this.statistics.beforeChange(this.clock.now());
    this.live.delete(session);
    this.metrics['client.disconnected']++;
  }

  subscriptionsChanged(by: number): void {
    this.statistics.beforeChange(this.clock.now());
    this.subscriptionCount += by;
  }
}
