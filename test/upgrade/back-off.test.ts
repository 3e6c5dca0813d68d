import fc from 'fast-check';
import { backOffMs } from '../../src/upgrade';

describe('the wait before the next attempt', () => {
  test.each([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [5, 16_000],
    [6, 30_000],
    [1_000, 30_000],
  ])('after %i failures in a row is %i ms, or up to a quarter less', (failures, ms) => {
    fc.assert(
      fc.property(fc.string(), (who) => {
        const wait = backOffMs(failures, who);
        expect(wait).toBeLessThanOrEqual(ms);
        expect(wait).toBeGreaterThanOrEqual(0.75 * ms);
      }),
    );
  });

  test('is another one for each who waits, and the same each time', () => {
    const waits = Array.from({ length: 100 }, (_, index) => backOffMs(6, `ann@laptop ${index}`));
    expect(new Set(waits).size).toBeGreaterThan(95);
    expect(waits.map((_, index) => backOffMs(6, `ann@laptop ${index}`))).toEqual(waits);
  });
});
