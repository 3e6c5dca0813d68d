import { devicesAway } from './devices-away';
import type { Journal } from './journal';
import { devicesOn } from './known-load';
import { greenOf, type Observation } from './observation';

/** Shorter times say little: nodes evict in bursts each second. */
const WINDOW_MS = 1_900;
/** The mean of offline devices is that of this time, ms. */
const MEAN_MS = 3_000;
/** How long before a halt counting begins: what made it was seen a little later, ms. */
const BEFORE_HALT_MS = 1_000;
/** Older counts are dropped, ms. */
const KEPT_MS = 30_000;

/** What of the reconnects was counted until now; undefined where they were not observed for long enough. */
export interface SeenReconnects {
  /** Devices that reconnected per second in the last two seconds. */
  perSecond: number | undefined;
  /** Devices that were offline in the last three seconds, on average. */
  meanAway: number | undefined;
  /**
   * The most that reconnected per second, on average from the halt, and from a second before it, until any later moment: what the other
   * set can take. The first knows nothing of what it took before; the second is counted for longer. Absent without a halt.
   */
  taken?: { sinceHalt: number; sinceBefore: number } | undefined;
}

/** What was counted at one moment. */
interface Count {
  at: number;
  /** On the set that takes devices. */
  devices: number;
  away: number;
}

/** What reconnects, by counts of the last half minute. */
export class ReconnectCounts {
  private counts: Count[] = [];

  add(count: Count): void {
    this.counts = [...this.counts.filter(({ at }) => count.at - at <= KEPT_MS), count];
  }

  /** @param haltedAt since when no more devices are disconnected. @default - they are */
  seen(haltedAt?: number): SeenReconnects {
    const last = this.counts.at(-1);
    const first = this.counts.findLast(({ at }) => last !== undefined && last.at - at >= WINDOW_MS);
    return {
      perSecond: between(first, last),
      meanAway: this.meanAway(),
      ...(haltedAt !== undefined && { taken: this.takenSince(haltedAt) }),
    };
  }

  private meanAway(): number | undefined {
    const last = this.counts.at(-1);
    if (!last || last.at - this.counts[0]!.at < MEAN_MS) return undefined;
    const counts = this.counts.filter(({ at }) => last.at - at <= MEAN_MS);
    return counts.reduce((sum, { away }) => sum + away, 0) / counts.length;
  }

  private takenSince(haltedAt: number): SeenReconnects['taken'] {
    const [sinceHalt, sinceBefore] = [haltedAt, haltedAt - BEFORE_HALT_MS].map((from) => this.mostFrom(from));
    return sinceHalt === undefined || sinceBefore === undefined ? undefined : { sinceHalt, sinceBefore };
  }

  private mostFrom(from: number): number | undefined {
    const first = this.counts.findLast(({ at }) => at <= from);
    const rates = this.counts.flatMap((last) => between(first, last) ?? []);
    return rates.length > 0 ? Math.max(...rates) : undefined;
  }
}

/** The same of a run. What it knows ends with the process. */
export class ReconnectMeter {
  private set = '';
  private counts = new ReconnectCounts();

  seen({ adaptive }: Journal): SeenReconnects {
    return this.counts.seen(adaptive?.haltedAt);
  }

  observe(observation: Observation, journal: Journal): void {
    const set = (journal.aborted ? journal.from.set : greenOf(observation.cluster, journal)?.name) ?? '';
    if (set !== this.set) this.counts = new ReconnectCounts();
    this.set = set;
    const { at } = observation;
    this.counts.add({ at, devices: devicesOn(observation, set), away: devicesAway({ observation, journal }) });
  }
}

/** Reconnects per second between two counts; undefined where that time is too short. */
function between(first: Count | undefined, last: Count | undefined): number | undefined {
  if (!last || !first || last.at - first.at < WINDOW_MS) return undefined;
  return Math.max(0, ((last.devices - first.devices) * 1_000) / (last.at - first.at));
}
