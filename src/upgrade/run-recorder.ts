import { IncidentDetector } from './incident-detector';
import type { Journal } from './journal';
import { fleetOf } from './known-load';
import { greenOf, type Observation } from './observation';
import { paceAfter } from './pace';
import { Peak } from './peak';

/** What a process sees of a run beside what it does: it becomes the report. What was not written down when the process dies is lost. */
export class RunRecorder {
  private readonly peak = new Peak();
  private readonly mishaps = new IncidentDetector();
  /** What nodes counted of their devices last, by pod: at the end nobody asks for it any more. */
  private readonly live = new Map<string, number>();

  /** The API server did not answer. */
  failed(at: number): void {
    this.mishaps.failed(at);
  }

  /** To be called after each look. @returns whether something was seen that is to be written down at once */
  observe(observation: Observation, journal: Journal): boolean {
    const green = greenOf(observation.cluster, journal)?.name ?? '';
    if (journal.driver === 'pilot') this.peak.observe(observation, journal.aborted ? green : journal.from.set);
    this.mishaps.observe(observation, journal);
    for (const { pod, live } of observation.nodes.values()) if (live !== undefined) this.live.set(pod, live);
    return this.mishaps.hasNew;
  }

  /** What was noted is in the cluster. */
  written(): void {
    this.mishaps.written();
  }

  /**
   * What was seen, for the journal that is about to be written.
   *
   * @param last the look that the change follows from, where there is one: when the run ends, it ends with that
   */
  additions(before: Journal, after: Journal, at: number, last: Observation | undefined): Partial<Journal> {
    const peak = Math.max(before.peakPerSecond ?? 0, this.peak.value);
    const incidents = this.mishaps.withNew(after.incidents);
    const set = after.aborted ? after.from.set : after.to.set;
    return {
      pace: paceAfter(before, after, at),
      ...(peak > 0 && { peakPerSecond: peak }),
      ...(incidents && { incidents }),
      ...(last && after.phase === 'done' && { end: fleetOf(this.counted(last), set ?? '') }),
    };
  }

  /**
   * Of the two counts of connections the lesser one: that of the statistics counts sessions that were moved, too, and the other one
   * counts devices that have come back since the sessions were counted. What a node that does not answer said before says nothing of
   * the end.
   */
  private counted(observation: Observation): Observation {
    const nodes = [...observation.nodes].map(([pod, node]) => {
      const live = Math.min(node.live ?? this.live.get(pod) ?? node.connections, node.connections);
      return [pod, { ...node, live, ...(node.unreachable !== undefined && { seenAt: undefined }) }] as const;
    });
    return { ...observation, nodes: new Map(nodes) };
  }
}
