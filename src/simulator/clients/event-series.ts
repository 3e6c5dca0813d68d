/**
 * Times of events of one kind, in whole milliseconds from some zero, added in the order of time. Events of the same
 * millisecond share one entry, so the bursts of a simulated node cost next to nothing.
 */
export class EventSeries {
  private readonly times: number[] = [];
  private readonly counts: number[] = [];
  private sum = 0;

  /** How many events there are. */
  get total(): number {
    return this.sum;
  }

  /** @param atMs not before the event added last. */
  add(atMs: number): void {
    const last = this.times.length - 1;
    if (this.times[last] === atMs) this.counts[last]!++;
    else {
      this.times.push(atMs);
      this.counts.push(1);
    }
    this.sum++;
  }

  clear(): void {
    this.times.length = 0;
    this.counts.length = 0;
    this.sum = 0;
  }

  /** The most events in any window `[t, t + windowMs)`, wherever it starts. */
  peakOfAnyWindow(windowMs: number): number {
    const { times, counts } = this;
    let peak = 0;
    let inside = 0;
    let oldest = 0;
    for (let newest = 0; newest < times.length; newest++) {
      inside += counts[newest]!;
      while (times[oldest]! <= times[newest]! - windowMs) inside -= counts[oldest++]!;
      if (inside > peak) peak = inside;
    }
    return peak;
  }

  /**
   * Events of each bucket `[originMs + k·bucketMs, originMs + (k + 1)·bucketMs)`, k = 0, 1, … up to the bucket of the
   * last event. Events before the origin are not counted.
   */
  perBucket(bucketMs: number, originMs: number): number[] {
    const { times, counts } = this;
    const buckets: number[] = [];
    for (let i = 0; i < times.length; i++) {
      const index = Math.floor((times[i]! - originMs) / bucketMs);
      if (index < 0) continue;
      while (buckets.length <= index) buckets.push(0);
      buckets[index]! += counts[i]!;
    }
    return buckets;
  }

  /** The most events of one aligned bucket, looking at all events, those before the origin too. */
  peakOfBuckets(bucketMs: number, originMs: number): number {
    const phase = ((originMs % bucketMs) + bucketMs) % bucketMs;
    return this.perBucket(bucketMs, phase - bucketMs).reduce((a, b) => Math.max(a, b), 0);
  }

  /**
   * Where in a period (0 ≤ result < `periodMs`) the events are furthest away: the middle of the longest stretch of the
   * period, taken as a circle, in whose milliseconds the fewest events fell. 0 without events.
   */
  quietestPhase(periodMs: number): number {
    const { times, counts } = this;
    const byPhase = new Uint32Array(periodMs);
    for (let i = 0; i < times.length; i++) byPhase[times[i]! % periodMs]! += counts[i]!;
    const fewest = byPhase.reduce((a, b) => Math.min(a, b));
    const afterBusy = byPhase.findIndex((count) => count > fewest) + 1;
    if (afterBusy === 0) return 0;
    let bestStart = 0;
    let bestLength = 0;
    // Once around, from behind a busier millisecond, so that a stretch across the end of the period is seen whole.
    let start = afterBusy;
    for (let i = afterBusy; i < afterBusy + periodMs; i++) {
      if (byPhase[i % periodMs]! > fewest) start = i + 1;
      else if (i + 1 - start > bestLength) {
        bestStart = start;
        bestLength = i + 1 - start;
      }
    }
    return (bestStart + Math.floor(bestLength / 2)) % periodMs;
  }
}
