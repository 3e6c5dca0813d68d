/** What `/stats` and the Prometheus text report of one node. */
export interface Gauges {
  /** Channels: clients that are connected, and sessions that wait for theirs. */
  channels: number;
  liveConnections: number;
  subscriptions: number;
}

/** EMQX refreshes these figures every 2 s (its timer of 1 s counts down from one, and fires below). */
const REFRESH_MS = 2000;

/**
 * The figures of `/stats`: up to 2 s old, with the highest value seen at a refresh.
 *
 * There is no timer: code that changes a figure calls `beforeChange` first, which then takes the values of the last refresh.
 */
export class Statistics {
  readonly last: Gauges = { channels: 0, liveConnections: 0, subscriptions: 0 };
  readonly max: Gauges = { channels: 0, liveConnections: 0, subscriptions: 0 };
  private period = 0;

  /**
   * @param since when the broker was started: refreshes come every 2 s from then
   * @param read the figures of this moment
   */
  constructor(
    private readonly since: number,
    private readonly read: () => Gauges,
  ) {}

  /** To be called before a figure changes, and before `last` or `max` are read. */
  beforeChange(now: number): void {
    const period = Math.floor((now - this.since) / REFRESH_MS);
    if (period <= this.period) return;
    this.period = period;
    const gauges = this.read();
    for (const name of Object.keys(gauges) as (keyof Gauges)[]) {
      this.last[name] = gauges[name];
      this.max[name] = Math.max(this.max[name], gauges[name]);
    }
  }
}
