import { mqtt31Of, sampleDevices } from './device-sample';
import { IncidentDetector } from './incident-detector';
import type { Evacuation, Journal } from './journal';
import { fleetOf } from './known-load';
import { greenOf, type Observation } from './observation';
import { paceAfter } from './pace';
import type { NodeShare } from './pacing';
import { Peak } from './peak';
import { SeriesRecorder } from './series-recorder';
import { setsOf } from './stages';
import type { UpgradeContext } from './upgrade-context';

/** The journal names no more processes than this, the first ones. */
const MOST_DRIVERS = 20;

/** What a process observes of a run, for the report. What was not written to the journal is lost when the process dies. */
export class RunRecorder {
  private readonly peak = new Peak();
  private readonly mishaps = new IncidentDetector();
  private readonly series = new SeriesRecorder();
  /** The last device counts of the nodes, by pod: at the end they are no longer queried. */
  private readonly live = new Map<string, number>();

  /** @param context its `holder` is the process that drives the run */
  constructor(private readonly context: Pick<UpgradeContext, 'clock' | 'emqx' | 'holder'>) {}

  /** The API server did not answer. */
  failed(at: number): void {
    this.mishaps.failed(at);
  }

  /** To be called after each observation. @returns whether something was seen that is to be written to the journal at once */
  observe(observation: Observation, journal: Journal): boolean {
    const green = greenOf(observation.cluster, journal)?.name ?? '';
    if (journal.driver === 'pilot') this.peak.observe(observation, journal.aborted ? green : journal.from.set);
    this.mishaps.observe(observation, journal);
    this.series.observe(observation, journal);
    for (const { pod, live } of observation.nodes.values()) if (live !== undefined) this.live.set(pod, live);
    return this.mishaps.hasNew || this.series.isDue;
  }

  /** The journal with the observations was written. */
  written(): void {
    this.mishaps.written();
    this.series.written();
  }

  /**
   * The observations, for the journal that is about to be written.
   *
   * @param last the observation that the change is based on, where there is one: a run that ends is reported with it
   */
  async additions(
    before: Journal,
    after: Journal,
    at: number,
    last: Observation | undefined,
    signal?: AbortSignal,
  ): Promise<Partial<Journal>> {
    const peak = Math.max(before.peakPerSecond ?? 0, this.peak.value);
    const incidents = this.mishaps.withNew(after.incidents);
    const series = this.series.withNew(before.series);
    const sets = setsOf(after, after.aborted ? 'from' : 'to');
    return {
      pace: paceAfter(before, after, at),
      ...(after.evacuation && after.shares && { evacuation: withShares(after.evacuation, after.shares) }),
      ...(peak > 0 && { peakPerSecond: peak }),
      ...(incidents && { incidents }),
      ...(series && { series }),
      drivers: [...new Set([...(before.drivers ?? []), this.context.holder])].slice(0, MOST_DRIVERS),
      ...(last && after.phase === 'done' && { end: fleetOf(this.counted(last), sets) }),
      ...(last && after.phase === 'done' && before.mqtt31 && (await this.mqtt31In(before.mqtt31, last, signal))),
    };
  }

  /** Only of a run that began with a sample. */
  private async mqtt31In(
    mqtt31: NonNullable<Journal['mqtt31']>,
    last: Observation,
    signal: AbortSignal | undefined,
  ): Promise<Pick<Journal, 'mqtt31'>> {
    const after = mqtt31Of(await sampleDevices(this.context, last, signal));
    return { mqtt31: { ...mqtt31, ...(after && { after }) } };
  }

  /**
   * Of the two counts of connections the lower one: that of the statistics includes moved sessions, and the other one
   * includes devices that have reconnected since the sessions were counted. Earlier counts of a node that does not answer say nothing
   * about the end.
   */
  private counted(observation: Observation): Observation {
    const nodes = [...observation.nodes].map(([pod, node]) => {
      const live = Math.min(node.live ?? this.live.get(pod) ?? node.connections, node.connections);
      return [pod, { ...node, live, ...(node.unreachable !== undefined && { seenAt: undefined }) }] as const;
    });
    return { ...observation, nodes: new Map(nodes) };
  }
}

/** Notes the most that each node had: shares dealt anew are of fewer nodes, and of those without devices only the least. */
function withShares(evacuation: Evacuation, dealt: readonly NodeShare[]): Evacuation {
  const most = new Map(evacuation.shares?.map((part) => [part.pod, part]));
  for (const part of dealt) {
    const { connectionsPerSecond, sessionsPerSecond } = most.get(part.pod) ?? part;
    most.set(part.pod, {
      ...part,
      connectionsPerSecond: Math.max(connectionsPerSecond, part.connectionsPerSecond),
      sessionsPerSecond: Math.max(sessionsPerSecond, part.sessionsPerSecond),
    });
  }
  return { ...evacuation, shares: [...most.values()] };
}
