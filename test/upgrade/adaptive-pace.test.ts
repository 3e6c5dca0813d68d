import fc from 'fast-check';
import { CONTROLLERS } from '../../bench/pace-controllers';
import { type Plant, paced } from '../../bench/pace-plant';
import { firstRate, nextRate, type Reconnects } from '../../src/upgrade/adaptive-pace';
import type { AdaptiveRate } from '../../src/upgrade/adaptive-rate';

const at = 100_000;
const rate = (change: Partial<AdaptiveRate> = {}): AdaptiveRate => ({
  perSecond: 100,
  at: at - 10_000,
  limit: { perSecond: 105, at: at - 60_000 },
  raises: 0,
  ...change,
});
/** Devices reconnect after 1.2 s, and all of them do. */
const seen = (change: Partial<Reconnects> = {}): Reconnects => ({
  at,
  cap: 400,
  least: 3,
  away: 120,
  meanAway: 120,
  perSecond: 100,
  returnMs: 1_200,
  ...change,
});

describe('the first rate', () => {
  test.each([
    [400, 400, 3, 50],
    [10, 10, 3, 3],
    [2, 2, 2, 2],
    // Listeners accept no more.
    [400, 300, 3, 50],
    [400, 60, 3, 30],
  ])('with a cap of %i/s, of which %i/s may be tried, on %i nodes is %i/s', (cap, most, least, perSecond) => {
    expect(firstRate(at, cap, most, least)).toEqual({ perSecond, at, raises: 0 });
  });

  test('is doubled, then raised by half, while all devices reconnect; how long they take is learned from it', () => {
    const first: AdaptiveRate = { perSecond: 50, at: at - 6_500, raises: 0 };
    const next = nextRate(first, seen({ away: 80, meanAway: 60, perSecond: 50, returnMs: undefined }));
    expect(next).toEqual({ rate: { perSecond: 100, at, kept: 50, raises: 1 }, returnMs: 1_200 });
    expect(nextRate({ ...next!.rate, at: at - 6_500 }, seen())?.rate).toMatchObject({ perSecond: 150, kept: 100 });
  });

  test('stays while slow devices have not reconnected yet', () => {
    const first: AdaptiveRate = { perSecond: 50, at: at - 6_500, raises: 0 };
    expect(nextRate(first, seen({ away: 300, meanAway: 250, perSecond: 10, returnMs: undefined }))).toBeUndefined();
  });
});

describe('a rate whose devices all reconnect', () => {
  test.each<[string, Partial<AdaptiveRate>, Partial<Reconnects>, number | undefined]>([
    ['stays for 6 s', { at: at - 6_499 }, {}, undefined],
    ['stays near a limit that was just found', { limit: { perSecond: 105, at: at - 19_000 } }, {}, undefined],
    ['is raised to the most of such a limit', { limit: { perSecond: 120, at: at - 19_000 } }, {}, 114],
    ['is raised beyond an old one in small steps', {}, {}, 105],
    ['and in larger ones after that', { raises: 2 }, {}, 130],
    ['but never beyond the cap', { raises: 3 }, { cap: 110 }, 110],
    ['stays while more devices than usual are offline', {}, { meanAway: 140 }, undefined],
    ['stays while fewer reconnect', {}, { perSecond: 70 }, undefined],
    ['stays while too little was observed', {}, { meanAway: undefined }, undefined],
  ])('%s', (_, before, now, perSecond) => {
    expect(nextRate(rate(before), seen(now))?.rate.perSecond).toBe(perSecond);
  });
});

describe('too many devices offline', () => {
  test.each<[string, Partial<AdaptiveRate>, Partial<Reconnects>]>([
    ['at this moment', {}, { away: 161 }],
    ['on average', {}, { meanAway: 161 }],
    ['behind a node that does not answer', {}, { isSilent: true }],
  ])('%s halt the eviction', (_, before, now) => {
    expect(nextRate(rate(before), seen(now))?.rate.haltedAt).toBe(at);
  });

  const halted = { haltedAt: at - 3_000, at: at - 9_000 };
  const half = { sinceHalt: 50, sinceBefore: 60 };
  test.each<[string, Partial<AdaptiveRate>, Partial<Reconnects>, number | undefined]>([
    ['they are not back', halted, { away: 60, taken: half }, undefined],
    ['it is not known how many reconnect', halted, { away: 10 }, undefined],
    ['the rate is new', { ...halted, at: at - 7_000 }, { away: 10, taken: half }, undefined],
    ['the other set has become slower', halted, { away: 10, taken: half }, 43],
    ['it has not', halted, { away: 10, taken: { sinceHalt: 80, sinceBefore: 95 } }, 90],
    [
      'a raise was too much',
      { ...halted, kept: 90, raises: 1 },
      { away: 10, taken: { sinceHalt: 60, sinceBefore: 80 } },
      86,
    ],
    ['those that are missing are only slow', halted, { away: 60, perSecond: 5, taken: half }, 43],
    ['a node does not answer', { ...halted, isSilent: true }, { away: 10, isSilent: true }, undefined],
    ['it answers again', { ...halted, isSilent: true, kept: 90, raises: 1 }, { away: 10 }, 86],
  ])('%s', (_, before, now, perSecond) => {
    const next = nextRate(rate(before), seen(now));
    expect(next?.rate.haltedAt === undefined ? next?.rate.perSecond : undefined).toBe(perSecond);
  });
});

test('whatever is seen, the rate is a whole number from the least to the cap, and is raised at most every 6 s', () => {
  const count = fc.nat(5_000);
  const anything = fc.record({
    perSecond: fc.integer({ min: 1, max: 1_000 }),
    age: fc.nat(60_000),
    raises: fc.nat(5),
    kept: fc.option(count, { nil: undefined }),
    limit: fc.option(count, { nil: undefined }),
    haltedFor: fc.option(fc.nat(20_000), { nil: undefined }),
    isHaltSilent: fc.boolean(),
    seen: fc.record({
      cap: fc.integer({ min: 1, max: 1_000 }),
      away: count,
      meanAway: fc.option(count, { nil: undefined }),
      perSecond: fc.option(count, { nil: undefined }),
      taken: fc.option(fc.record({ sinceHalt: count, sinceBefore: count }), { nil: undefined }),
      returnMs: fc.option(fc.nat(15_000), { nil: undefined }),
      isSilent: fc.boolean(),
    }),
  });
  fc.assert(
    fc.property(anything, ({ perSecond, age, raises, kept, limit, haltedFor, isHaltSilent, seen: given }) => {
      const before: AdaptiveRate = {
        perSecond: Math.min(perSecond, given.cap),
        at: at - age,
        raises,
        kept,
        ...(limit !== undefined && { limit: { perSecond: limit, at: at - age } }),
        ...(haltedFor !== undefined && { haltedAt: at - haltedFor, isSilent: isHaltSilent }),
      };
      const least = Math.min(3, given.cap);
      const next = nextRate(before, { at, least, ...given });
      if (!next) return;
      const { rate: after } = next;
      expect(Number.isInteger(after.perSecond)).toBe(true);
      expect(after.perSecond).toBeLessThanOrEqual(given.cap);
      if (after.haltedAt !== undefined) return;
      expect(after.perSecond).toBeGreaterThanOrEqual(least);
      expect(age).toBeGreaterThanOrEqual(6_500);
      if (before.haltedAt !== undefined && before.perSecond >= least) {
        expect(after.perSecond).toBeLessThanOrEqual(Math.max(before.perSecond, kept ?? 0));
      }
    }),
    { numRuns: 2_000 },
  );
});

describe('three nodes that take 1,000 devices per second', () => {
  const plant: Plant = { seed: 1, devices: 100_000, capacity: [[0, 1_000]], closes: false, wait: [1, 1.25] };
  const of = (name: string, change: Partial<Plant> = {}, cap = 4_000) =>
    paced({ ...plant, ...change }, cap, CONTROLLERS[name]!(cap));
  const ours = 'returns';

  test.each([1, 2, 3])('at a cap four times too high are used well, and few devices are offline (seed %i)', (seed) => {
    const [mine, fixed] = [of(ours, { seed }), of('fixed', { seed })];
    expect(mine.used).toBeGreaterThan(0.85);
    expect(fixed.deviceSeconds / mine.deviceSeconds).toBeGreaterThan(2.8);
    expect(mine.peak).toBeLessThanOrEqual(1.7);
  });

  test.each([1, 2, 3])(
    'and become half as fast: the rate follows within 10 s, and back within a minute (seed %i)',
    (seed) => {
      const { rates } = of(ours, {
        seed,
        capacity: [
          [0, 1_000],
          [60, 500],
          [120, 1_000],
        ],
      });
      expect(rates[70]).toBeLessThanOrEqual(0.55 * Math.max(...rates.slice(50, 60)));
      expect(rates.slice(120, 180).some((each) => each >= 0.9 * 0.95)).toBe(true);
    },
  );
});
