import fc from 'fast-check';
import { EventSeries } from '../../../src/simulator/clients/event-series';

function series(times: readonly number[]): EventSeries {
  const result = new EventSeries();
  for (const time of times) result.add(time);
  return result;
}

const someTimes = fc
  .array(fc.integer({ min: 0, max: 6000 }), { minLength: 1, maxLength: 60 })
  .map((times) => times.sort((a, b) => a - b));

/** 3 nodes, a third of a second apart, one burst each second. */
const staggered = [0, 333, 667, 1000, 1333, 1667, 2000, 2333, 2667];

describe('EventSeries', () => {
  it('counts windows half-open: events exactly one window apart never count together', () => {
    expect(series([0, 1000]).peakOfAnyWindow(1000)).toBe(1);
    expect(series([0, 999]).peakOfAnyWindow(1000)).toBe(2);
    expect(series([5, 5, 5]).peakOfAnyWindow(1)).toBe(3);
    expect(series([]).peakOfAnyWindow(1000)).toBe(0);
  });

  it('finds the worst window wherever it starts', () => {
    fc.assert(
      fc.property(someTimes, fc.integer({ min: 1, max: 1500 }), (times, window) => {
        const naive = Math.max(...times.map((from) => times.filter((t) => t >= from && t < from + window).length));
        expect(series(times).peakOfAnyWindow(window)).toBe(naive);
      }),
    );
  });

  it('counts buckets from the origin on, and leaves out what was before', () => {
    expect(series([100, 499, 500, 1499, 1500, 3600]).perBucket(1000, 500)).toEqual([2, 1, 0, 1]);
    expect(series([]).perBucket(1000, 0)).toEqual([]);
  });

  it('takes the worst aligned bucket over all events, whichever of its boundaries is given as the origin', () => {
    fc.assert(
      fc.property(someTimes, fc.integer({ min: -9000, max: 9000 }), (times, origin) => {
        const buckets = new Map<number, number>();
        for (const t of times) {
          const bucket = Math.floor((t - origin) / 1000);
          buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
        }
        expect(series(times).peakOfBuckets(1000, origin)).toBe(Math.max(...buckets.values()));
      }),
    );
  });

  it('an aligned peak is never above the sliding one', () => {
    fc.assert(
      fc.property(someTimes, fc.integer({ min: 0, max: 999 }), (times, origin) => {
        const all = series(times);
        expect(all.peakOfBuckets(1000, origin)).toBeLessThanOrEqual(all.peakOfAnyWindow(1000));
      }),
    );
  });

  it('puts the quietest phase half-way between the bursts of staggered nodes', () => {
    expect(series(staggered).quietestPhase(1000)).toBe(500);
    expect(series(staggered.map((t) => t + 900)).quietestPhase(1000)).toBe(400);
    expect(series([250, 1250, 2250]).quietestPhase(1000)).toBe(750);
    expect(series([0, 10, 990]).quietestPhase(1000)).toBe(500);
  });

  it('has phase 0 as the quietest without events, or where all phases are alike', () => {
    expect(series([]).quietestPhase(1000)).toBe(0);
    expect(series([0, 1, 2]).quietestPhase(3)).toBe(0);
  });

  it('puts the quietest phase as far from any event as can be', () => {
    const distance = (times: readonly number[], phase: number) =>
      Math.min(...times.map((t) => Math.min((t - phase + 10_000) % 1000, (phase - t + 10_000) % 1000)));
    fc.assert(
      fc.property(someTimes, (times) => {
        const found = distance(times, series(times).quietestPhase(1000));
        const best = Math.max(...Array.from({ length: 1000 }, (_, phase) => distance(times, phase)));
        expect(found).toBe(best);
      }),
      { numRuns: 50 },
    );
  });

  it('chooses the least busy stretch when no phase is free', () => {
    // Of a period of 5 ms, phases 0…4 hold 3, 1, 1, 1, 3 events.
    expect(series([0, 0, 0, 1, 2, 3, 4, 4, 4]).quietestPhase(5)).toBe(2);
  });

  it('starts over after clear', () => {
    const used = series(staggered);
    used.clear();
    used.add(3);
    expect(used.total).toBe(1);
    expect(used.perBucket(1000, 0)).toEqual([1]);
  });
});
